;; Sends a local response and then answers Continue: the request does not go on.
(module
  (import "env" "proxy_send_local_response" (func $send_local_response (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "key")
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $send_local_response (i32.const 299) (i32.const 64) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 64) (i32.const 0) (i32.const -1)))
    (i32.const 0)))
