use super::*;
use crate::abi::table::{ENV, WASI, WASI_MODULES};
use crate::engine::EngineOptions;
use std::fmt::Write;

fn import(out: &mut String, module: &str, function: &HostFunction) {
    let types = |types: &[Ty]| types.iter().map(|ty| format!(" {ty}")).collect::<String>();
    let HostFunction { name, params, results, .. } = function;
    let (params, results) = (types(params), types(results));
    writeln!(out, r#"(import "{module}" "{name}" (func (param{params}) (result{results})))"#)
        .unwrap();
}

#[test]
fn every_function_that_envoy_serves_is_served() {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    for abi in AbiVersion::ALL {
        let mut text = String::from("(module ");
        let env = ENV.iter().filter(|function| function.abis.contains(abi));
        env.for_each(|function| import(&mut text, "env", function));
        for module in WASI_MODULES {
            WASI.iter().for_each(|function| import(&mut text, module, function));
        }
        let exports = r#"(memory (export "memory") 1)
            (func (export "malloc") (param i32) (result i32) (i32.const 0))"#;
        write!(text, r#"{exports} (func (export "{}")))"#, abi.export()).unwrap();
        let filter = Filter::compile(&engine, &wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(filter.abi_version(), *abi);
    }
}
