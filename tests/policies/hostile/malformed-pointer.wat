;; The decision lies where there is no memory.
(func $misbehave (param i32) (result i32) (i32.const -4))
