;; Holds, and keeps count of its evaluations in its memory: the first byte of it, up to 9, is the last character of the
;; reason, too.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 64) "\01\00\00\00" "\80\00\00\00" "\0f\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\01\00\00" "\01\00\00\00")
  (data (i32.const 128) "evaluation no 0")
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 32))
  (func (export "serinus:policy/promotion@1.0.0#evaluate") (param $snapshot i32) (result i32) (local $n i32)
    (if (i32.load offset=92 (local.get $snapshot))
      (then (local.set $n (i32.load8_u (i32.load offset=88 (local.get $snapshot))))))
    (if (i32.lt_u (local.get $n) (i32.const 9)) (then (local.set $n (i32.add (local.get $n) (i32.const 1)))))
    (i32.store8 (i32.const 256) (local.get $n))
    (i32.store8 (i32.const 142) (i32.add (local.get $n) (i32.const 48)))
    (i32.const 64)))
