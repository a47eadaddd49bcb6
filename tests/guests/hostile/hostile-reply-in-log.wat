;; Sends a local response when all is over. In Envoy this ends the stream again, which logs it
;; again, and so on until it dies; a host ignores it.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $send_local_response (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "key")
  (data (i32.const 1024) "reply ??")
  ;; Logs a text whose last two bytes become the status.
  (func $report (param $at i32) (param $size i32) (param $status i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (i32.store8 (i32.sub (local.get $end) (i32.const 2))
      (i32.add (i32.const 48) (i32.div_u (local.get $status) (i32.const 10))))
    (i32.store8 (i32.sub (local.get $end) (i32.const 1))
      (i32.add (i32.const 48) (i32.rem_u (local.get $status) (i32.const 10))))
    (drop (call $log (i32.const 2) (local.get $at) (local.get $size))))
  (func (export "proxy_on_log") (param i32)
    (call $report (i32.const 1024) (i32.const 8)
      (call $send_local_response (i32.const 299) (i32.const 64) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 64) (i32.const 0) (i32.const -1)))))
