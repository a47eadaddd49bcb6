;; Exports a global under the name of a callback, which is as good as none.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (global (export "proxy_on_request_headers") i32 (i32.const 7)))
