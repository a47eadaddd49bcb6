;; Never returns from proxy_on_request_headers. Envoy has no limit: its thread hangs for good. This
;; host ends it when the fuel is gone, and names the callback.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (loop $again (br $again))
    (i32.const 0)))
