//! What `policies/wit/policy.wit` generates.

wasmtime::component::bindgen!({ path: "wit", world: "policy" });
