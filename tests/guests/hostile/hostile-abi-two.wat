;; Names two ABI versions. Envoy takes the first that is exported, here 0.1.0, in which header
;; callbacks have two arguments: the one here has three, so it is refused.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_1_0"))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    nop
    (i32.const 0)))
