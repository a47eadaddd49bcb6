//! The real filter with a fuse: a request with the header [`TRAP`] kills the VM that gets it.
//!
//! The filter itself has no such switch, and must not have one. So the module is rewritten: in
//! front of its `proxy_on_request_headers` goes a check for the header, with an `unreachable`
//! behind it. All else is the filter's own code.

use std::fs;

use anyhow::{Context, Result};
use serinus_rig::filter_path;
use tempfile::TempDir;
use walrus::ir::{UnaryOp, Value};
use walrus::{ConstExpr, DataKind, FunctionBuilder, Module, ValType};

/// The request header that kills.
pub const TRAP: &str = "x-test-trap";

const CALLBACK: &str = "proxy_on_request_headers";
const PAGE: u64 = 64 << 10;
const REQUEST_HEADERS: i32 = 0;

/// Writes the module with the fuse to a directory that lives as long as the result.
pub fn module() -> Result<(TempDir, std::path::PathBuf)> {
    let mut module = Module::from_file(filter_path()?)?;
    let page = scratch_page(&mut module)?;
    fit_fuse(&mut module, page)?;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("trap.wasm");
    fs::write(&path, module.emit_wasm())?;
    Ok((dir, path))
}

/// A page of memory that nobody else uses, because it lies beyond what the linker laid out and before what is allocated
/// by growing. It begins with the header's name.
fn scratch_page(module: &mut Module) -> Result<i32> {
    let id = module.get_memory_id()?;
    let memory = module.memories.get_mut(id);
    let start = i32::try_from(memory.initial * PAGE)?;
    memory.initial += 1;
    memory.maximum = memory.maximum.map(|pages| pages + 1);
    let kind = DataKind::Active { memory: id, offset: ConstExpr::Value(Value::I32(start)) };
    let data = module.data.add(kind, TRAP.into());
    module.memories.get_mut(id).data_segments.insert(data);
    Ok(start)
}

/// `if get_header_map_value(...) == OK { unreachable }; original(context, headers, end_of_stream)`
fn fit_fuse(module: &mut Module, page: i32) -> Result<()> {
    let get_header = module
        .imports
        .get_func("env", "proxy_get_header_map_value")
        .context("the filter reads headers one by one")?;
    let original = module.exports.get_func(CALLBACK)?;
    let parameters = [ValType::I32; 3];
    let arguments: Vec<_> = parameters.iter().map(|ty| module.locals.add(*ty)).collect();
    let mut fuse = FunctionBuilder::new(&mut module.types, &parameters, &[ValType::I32]);
    let (out, out_len) = (page + 256, page + 260);
    let mut body = fuse.func_body();
    for argument in [REQUEST_HEADERS, page, i32::try_from(TRAP.len())?, out, out_len] {
        body.i32_const(argument);
    }
    body.call(get_header).unop(UnaryOp::I32Eqz).if_else(
        None,
        |present| {
            present.unreachable();
        },
        |_| {},
    );
    for argument in &arguments {
        body.local_get(*argument);
    }
    body.call(original);
    let fuse = fuse.finish(arguments, &mut module.funcs);
    module.exports.remove(CALLBACK)?;
    module.exports.add(CALLBACK, fuse);
    Ok(())
}
