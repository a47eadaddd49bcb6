;; A promotion whose reason is not UTF-8.
(func $misbehave (param i32) (result i32)
  (i32.store (i32.const 1028) (i32.const 1056))
  (i32.store (i32.const 1032) (i32.const 2))
  (i32.store16 (i32.const 1056) (i32.const 0xfeff))
  (i32.const 1024))
