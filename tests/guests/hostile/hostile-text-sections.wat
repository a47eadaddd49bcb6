;; A custom section whose name and a name section whose content are no UTF-8 and no section. Envoy
;; reads that one itself, and refuses the module.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (@custom "name" "\00\ff\ff\ff\ff\0f")
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const 0)))
