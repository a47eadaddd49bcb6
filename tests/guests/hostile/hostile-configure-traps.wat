;; proxy_on_configure traps: the configuration is refused.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) unreachable))
