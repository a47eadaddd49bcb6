;; Does not like its parameters: `validate` says so, in two mistakes.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 64) "\01\00\00\00" "\80\00\00\00" "\02\00\00\00")
  (data (i32.const 128) "\a0\00\00\00" "\12\00\00\00" "\b2\00\00\00" "\17\00\00\00")
  (data (i32.const 160) "slo: must be givenfast: no such parameter")
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 64))
  (func (export "serinus:policy/promotion@1.0.0#evaluate") (param i32) (result i32) (unreachable)))
