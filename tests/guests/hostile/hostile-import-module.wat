;; Imports from a module that no host has. The module does not link.
(module
  (import "wbindgen" "__wbindgen_throw" (func (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const 0)))
