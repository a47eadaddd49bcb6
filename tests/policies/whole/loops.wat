;; Never comes to an end, in no evaluation.
(module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 32))
  (func (export "serinus:policy/promotion@1.0.0#evaluate") (param $snapshot i32) (result i32) (local $n i32)
    (loop $on
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 31)) (i32.const 7)))
      (br $on))
    (unreachable)))
