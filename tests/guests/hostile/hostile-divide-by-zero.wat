;; Divides by zero. The VM fails.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (i32.div_u (i32.const 1) (i32.const 0)))
    (i32.const 0)))
