;; Imports its memory instead of exporting one. Envoy links a memory of its own to it.
(module
  (import "env" "memory" (memory 1))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const 0)))
