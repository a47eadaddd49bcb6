;; Answers false to proxy_on_done of a stream, which Envoy ignores: the stream ends.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "deleted")
  (func (export "proxy_on_done") (param i32) (result i32)
    nop
    (i32.const 0))
  (func (export "proxy_on_delete") (param i32)
    (drop (call $log (i32.const 2) (i32.const 64) (i32.const 7)))))
