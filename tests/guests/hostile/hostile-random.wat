;; Continues, pauses, replies or traps, by a random number. A host says the same every time for the
;; same seed.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $send_local_response (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "key")
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $n i32)
    (drop (call $random (i32.const 128) (i32.const 4)))
    (local.set $n (i32.rem_u (i32.load (i32.const 128)) (i32.const 3)))
    (if (i32.eq (local.get $n) (i32.const 1)) (then
      (drop (call $send_local_response (i32.const 299) (i32.const 64) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 64) (i32.const 0) (i32.const -1)))))
    (if (i32.eq (local.get $n) (i32.const 2)) (then unreachable))
    (i32.const 0)))
