(func $misbehave (param i32) (result i32)
  (i32.add (call $misbehave (local.get 0)) (i32.const 1)))
