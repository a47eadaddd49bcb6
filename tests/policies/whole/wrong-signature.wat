;; `evaluate` takes two numbers. What can be asked about parameters is as it should be.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 32))
  (func (export "serinus:policy/promotion@1.0.0#evaluate") (param i32 i32) (result i32) (i32.const 64)))
