;; As an allocator does that is refused more: it gives up.
(func $misbehave (param i32) (result i32)
  (loop $more
    (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  (unreachable))
