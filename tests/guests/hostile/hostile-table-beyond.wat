;; Calls through an index that the table does not have. The VM fails.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (table 1 funcref)
  (type $void (func))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call_indirect (type $void) (i32.const 1000))
    (i32.const 0)))
