;; proxy_on_tick traps: the VM of that thread fails, without a request in sight.
(module
  (import "env" "proxy_set_tick_period_milliseconds" (func $set_tick_period_milliseconds (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $set_tick_period_milliseconds (i32.const 50)))
    (i32.const 1))
  (func (export "proxy_on_tick") (param i32) unreachable))
