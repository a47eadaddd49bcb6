;; A promotion with an evidence that is not a number.
(func $misbehave (param i32) (result i32)
  (i32.store (i32.const 1036) (i32.const 1056))
  (i32.store (i32.const 1040) (i32.const 1))
  (f64.store (i32.const 1064) (f64.const nan))
  (i32.const 1024))
