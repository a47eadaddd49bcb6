;; Rolls back, whatever it is told.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 64) "\02\00\00\00" "\80\00\00\00" "\0a\00\00\00" "\c0\00\00\00" "\01\00\00\00")
  (data (i32.const 128) "stop that!answer")
  ;; "answer" = 42, threshold 7.5
  (data (i32.const 192) "\8a\00\00\00" "\06\00\00\00" "\00\00\00\00\00\00\45\40" "\01\00\00\00\00\00\00\00" "\00\00\00\00\00\00\1e\40")
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 32))
  (func (export "serinus:policy/promotion@1.0.0#evaluate") (param i32) (result i32) (i32.const 64)))
