;; Promotes, and panics when it is told that the promotion was read.
(func $misbehave (param i32) (result i32) (i32.const 1024))
(func (export "cabi_post_serinus:policy/promotion@1.0.0#evaluate") (param i32)
  (if (i32.eq (local.get 0) (i32.const 1024)) (then (unreachable))))
