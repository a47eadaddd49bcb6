;; What every policy needs. The snapshot's layout is that of the canonical ABI: `unix-seconds` at 16, `memory` at 88.
(memory (export "memory") 2)
(global $next (mut i32) (i32.const 4096))

;; A decision at 64: hold, "as it should", no evidence, no memory.
(data (i32.const 64) "\01\00\00\00" "\80\00\00\00" "\0c\00\00\00")
(data (i32.const 128) "as it should")

(func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  ;; next = (next + align - 1) & -align, then grown by size
  (local.set $at
    (i32.and
      (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (local.get $at))

;; `ok` at 32, where nothing but zeros is.
(func (export "serinus:policy/promotion@1.0.0#validate") (param i32 i32) (result i32) (i32.const 32))

(func (export "serinus:policy/promotion@1.0.0#evaluate") (param $snapshot i32) (result i32)
  (if (result i32) (i32.wrap_i64 (i64.and (i64.load offset=16 (local.get $snapshot)) (i64.const 1)))
    (then (i32.const 64))
    (else (call $misbehave (local.get $snapshot)))))
