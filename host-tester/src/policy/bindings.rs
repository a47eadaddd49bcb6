//! What `policies/wit/policy.wit` generates.

wasmtime::component::bindgen!({ path: "../policies/wit", world: "policy" });
