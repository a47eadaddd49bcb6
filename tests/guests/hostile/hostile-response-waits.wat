;; Pauses the response for good, and never resumes: only a timeout of the client or the host ends
;; it.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const 1)))
