;; Exports proxy_on_request_headers with the wrong type. Envoy refuses the module.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i64) (result i64) (i64.const 0)))
