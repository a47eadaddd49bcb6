(func $misbehave (param i32) (result i32) (unreachable))
