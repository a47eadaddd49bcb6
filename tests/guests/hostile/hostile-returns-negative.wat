;; Answers -1 to the request's headers, which is no action. Envoy stops the request as for any
;; action but Continue, and nothing resumes it.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const -1)))
