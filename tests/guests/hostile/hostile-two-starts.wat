;; Has _initialize, main and _start: the first two are called, in this order, and _start is not.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (data (i32.const 64) "initializemainstart")
  (func (export "_initialize")
    (drop (call $log (i32.const 2) (i32.const 64) (i32.const 10))))
  (func (export "main") (param i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 74) (i32.const 4)))
    (i32.const 0))
  (func (export "_start")
    (drop (call $log (i32.const 2) (i32.const 78) (i32.const 5)))))
