;; The filter of the documentation's examples. It sends every request to the canary, counts and logs it, and keeps a value:
;;   configuration  `b...` is refused
;;   x-crash        the request's header; the VM dies
;;   x-ask          the request's header; `authz` is asked before the request goes on
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $share (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $count (param i32 i64) (result i32)))
  (import "env" "proxy_record_metric" (func $record (param i32 i64) (result i32)))
  (import "env" "proxy_http_call"
    (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $become (param i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "x-cohort")
  (data (i32.const 32) "canary")
  (data (i32.const 48) "hello")
  (data (i32.const 64) "seen")
  (data (i32.const 80) "hits")
  (data (i32.const 96) "sizes")
  (data (i32.const 112) "x-crash")
  (data (i32.const 128) "x-ask")
  (data (i32.const 144) "authz")
  (data (i32.const 160)
    "\03\00\00\00" "\07\00\00\00\03\00\00\00" "\05\00\00\00\01\00\00\00" "\0a\00\00\00\05\00\00\00"
    ":method\00GET\00" ":path\00/\00" ":authority\00authz\00")
  (global $waiting (mut i32) (i32.const 0))

  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))

  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $define (i32.const 0) (i32.const 80) (i32.const 4) (i32.const 0)))
    (drop (call $define (i32.const 2) (i32.const 96) (i32.const 5) (i32.const 4)))
    (drop (call $buffer (i32.const 7) (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 12)))
    (i32.ne (i32.load8_u (i32.const 1024)) (i32.const 98)))

  (func $has (param $name i32) (param $len i32) (result i32)
    (i32.eqz (call $get
      (i32.const 0) (local.get $name) (local.get $len) (i32.const 8) (i32.const 12))))

  (func (export "proxy_on_request_headers") (param $me i32) (param $count i32) (param i32) (result i32)
    (if (call $has (i32.const 112) (i32.const 7)) (then unreachable))
    (drop (call $count (i32.load (i32.const 0)) (i64.const 1)))
    (drop (call $record (i32.load (i32.const 4)) (i64.extend_i32_u (local.get $count))))
    (drop (call $log (i32.const 2) (i32.const 48) (i32.const 5)))
    (drop (call $share (i32.const 64) (i32.const 4) (i32.const 48) (i32.const 5) (i32.const 0)))
    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 32) (i32.const 6)))
    (if (i32.eqz (call $has (i32.const 128) (i32.const 5))) (then (return (i32.const 0))))
    (global.set $waiting (local.get $me))
    (drop (call $ask
      (i32.const 144) (i32.const 5) (i32.const 160) (i32.const 65)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 8)))
    (i32.const 1))

  (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
    (drop (call $become (global.get $waiting)))
    (drop (call $continue (i32.const 0)))))
