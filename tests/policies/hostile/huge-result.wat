;; A reason of 64 KiB, all of it inside the memory.
(func $misbehave (param i32) (result i32)
  (i32.store8 (i32.const 1024) (i32.const 0))
  (i32.store (i32.const 1028) (i32.const 0))
  (i32.store (i32.const 1032) (i32.const 65536))
  (i32.const 1024))
