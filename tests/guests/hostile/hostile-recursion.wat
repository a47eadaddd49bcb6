;; Calls itself without end: the stack overflows, and the VM fails.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func $down (param i32) (result i32)
    (i32.add (i32.const 1) (call $down (local.get 0))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $down (i32.const 0)))
    (i32.const 0)))
