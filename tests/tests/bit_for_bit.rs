//! The statistics give the same bits natively and as wasm, with the optimiser that the filter has.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serinus_rig::workspace_root;
use wasmtime::{Engine, Instance, Module, Store};

/// The module of `tests/numbers`, built as the filter is.
fn module() -> Result<Vec<u8>> {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(workspace_root().join("setup/cargo-wasm"));
        command.current_dir(workspace_root()).args(arguments).output()
    };
    let built =
        run(&["build", "--quiet", "--locked", "--profile", "wasm", "-p", "serinus-numbers"])?;
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let folder = String::from_utf8(run(&["target-dir"])?.stdout)?;
    let path = workspace_root().join(folder.trim()).join("wasm/serinus_numbers.wasm");
    std::fs::read(&path).with_context(|| path.display().to_string())
}

/// The answers of the module.
fn as_wasm(module: &[u8]) -> wasmtime::Result<Vec<u64>> {
    let engine = Engine::default();
    let module = Module::new(&engine, module)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let count = instance.get_typed_func::<(), u32>(&mut store, "answers")?.call(&mut store, ())?;
    let answer = instance.get_typed_func::<u32, u64>(&mut store, "answer")?;
    (0..count).map(|i| answer.call(&mut store, i)).collect()
}

#[test]
fn native_and_wasm_agree_bit_for_bit() -> Result<()> {
    let native = serinus_numbers::all();
    let wasm = as_wasm(&module()?).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    ensure!(wasm.len() == native.len(), "{} as wasm, {} natively", wasm.len(), native.len());
    for (i, (found, expected)) in wasm.iter().zip(&native).enumerate() {
        let (a, b) = (f64::from_bits(*found), f64::from_bits(*expected));
        ensure!(found == expected, "answer {i}: {a:?} as wasm, {b:?} natively");
    }
    println!("{} answers agree", native.len());
    // A list of zeros would agree as well.
    let distinct: BTreeSet<&u64> = native.iter().collect();
    ensure!(distinct.len() > native.len() / 3, "{} of {}", distinct.len(), native.len());
    Ok(())
}
