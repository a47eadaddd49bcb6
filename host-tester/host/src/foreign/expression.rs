//! `expr_create`, `expr_evaluate`, `expr_delete`: expressions in [CEL](crate::cel) about the stream.

use crate::abi::Status;
use crate::cel::{self, Expressions};
use crate::properties;
use crate::state::HostState;

/// Compiles an expression; its number. An expression that does not compile is [`Status::BadArgument`], as in Envoy.
pub(super) fn create(host: &mut HostState, text: &[u8]) -> Result<Vec<u8>, Status> {
    let text = std::str::from_utf8(text).map_err(|_| Status::BadArgument)?;
    let compiled = cel::parse(text).ok_or(Status::BadArgument)?;
    let room = host.process.limits.callouts;
    let number = of_plugin(host).keep(compiled, room).ok_or(Status::InternalFailure)?;
    Ok(number.to_le_bytes().to_vec())
}

/// Evaluates an expression about the stream; its value in the form of a property.
pub(super) fn evaluate(host: &mut HostState, token: &[u8]) -> Result<Vec<u8>, Status> {
    let compiled = of_plugin(host).get(number(token)?).ok_or(Status::NotFound)?;
    let attributes = |path: &[u8]| properties::get(host, path).ok();
    let value = cel::evaluate(&attributes, &compiled).ok_or(Status::InternalFailure)?;
    value.into_bytes().ok_or(Status::SerializationFailure)
}

/// Forgets an expression, if there is one of that number.
pub(super) fn delete(host: &mut HostState, token: &[u8]) -> Result<Vec<u8>, Status> {
    of_plugin(host).forget(number(token)?);
    Ok(Vec::new())
}

fn of_plugin(host: &mut HostState) -> &mut Expressions {
    let root = host.root_id();
    host.expressions.entry(root).or_default()
}

fn number(token: &[u8]) -> Result<u32, Status> {
    token.try_into().map(u32::from_le_bytes).map_err(|_| Status::BadArgument)
}
