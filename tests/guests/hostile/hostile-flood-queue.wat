;; Puts 20,000 items of 1 KiB into a queue that nobody reads.
(module
  (import "env" "proxy_register_shared_queue" (func $register_shared_queue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_enqueue_shared_queue" (func $enqueue_shared_queue (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "key")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $register_shared_queue (i32.const 64) (i32.const 3) (i32.const 128)))
    (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $n i32)
    (loop $again
      (drop (call $enqueue_shared_queue (i32.load (i32.const 128)) (i32.const 1024) (i32.const 1024)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 20000))))
    (i32.const 0)))
