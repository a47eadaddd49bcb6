;; Defines 20,000 metrics. Envoy never frees one; this host may stop it at a bound.
(module
  (import "env" "proxy_define_metric" (func $define_metric (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 32768))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (local $n i32)
    (loop $again
      ;; Eight letters out of the number.
      (i64.store (i32.const 64) (i64.or (i64.const 0x6161616161616161)
        (i64.and (i64.const 0x0f0f0f0f0f0f0f0f)
          (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 0x0010010010010011)))))
      (drop (call $define_metric (i32.const 0) (i32.const 64) (i32.const 8) (i32.const 128)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 20000))))
    (i32.const 1)))
