;; Calls a function of the table as one of another type. The VM fails.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (table 1 funcref)
  (type $void (func))
  (func $other (param i64) (result i64) (local.get 0))
  (elem (i32.const 0) $other)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call_indirect (type $void) (i32.const 0))
    (i32.const 0)))
