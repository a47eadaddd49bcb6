;; Only proxy_on_memory_allocate, the allocator's second name: as good as malloc.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get_header_map_value (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "key:methodok")
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $get_header_map_value (i32.const 0) (i32.const 67) (i32.const 7) (i32.const 128) (i32.const 132)))
    (drop (call $log (i32.const 2) (i32.const 74) (i32.const 2)))
    (i32.const 0)))
