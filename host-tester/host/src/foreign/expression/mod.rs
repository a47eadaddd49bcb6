//! `expr_create`, `expr_evaluate`, `expr_delete`: CEL over Envoy's attributes.
//!
//! The crates for CEL bring a parser generator's runtime with them, so the little that filters write is read here:
//! attributes, literals, lists, arithmetic, comparison, `in`, `&&`, `||`, `!`, `?:`, `has`, `size`, `int`, `string`,
//! `startsWith`, `endsWith`, `contains`, `matches`. Anything else does not compile, which is [`Status::BadArgument`] as
//! for any expression that Envoy cannot compile.

mod attribute;
mod evaluate;
mod lexer;
mod parser;
mod value;

use crate::abi::Status;
use crate::vm::Guest;
use hashbrown::HashMap;
use parser::Expr;
use std::rc::Rc;

/// The expressions that a plugin has compiled.
#[derive(Debug, Default)]
pub struct Expressions {
    next: u32,
    known: HashMap<u32, Rc<Expr>>,
}

/// Compiles one; its number.
pub(super) fn create(guest: &mut Guest, text: &[u8]) -> Result<Vec<u8>, Status> {
    let text = std::str::from_utf8(text).map_err(|_| Status::BadArgument)?;
    let compiled = parser::parse(text).ok_or(Status::BadArgument)?;
    let room = guest.process.limits.callouts;
    let known = of_plugin(guest);
    if known.known.len() >= room {
        return Err(Status::InternalFailure);
    }
    let token = known.next;
    known.next = token.wrapping_add(1);
    known.known.insert(token, Rc::new(compiled));
    Ok(token.to_le_bytes().to_vec())
}

/// Evaluates one about the stream; its value as properties are handed over.
pub(super) fn evaluate(guest: &mut Guest, token: &[u8]) -> Result<Vec<u8>, Status> {
    let token = number(token)?;
    let compiled = of_plugin(guest).known.get(&token).cloned().ok_or(Status::NotFound)?;
    let value = evaluate::evaluate(guest, &compiled).ok_or(Status::InternalFailure)?;
    value.into_bytes().ok_or(Status::SerializationFailure)
}

/// Forgets one, or nothing.
pub(super) fn delete(guest: &mut Guest, token: &[u8]) -> Result<Vec<u8>, Status> {
    let token = number(token)?;
    of_plugin(guest).known.remove(&token);
    Ok(Vec::new())
}

fn of_plugin(guest: &mut Guest) -> &mut Expressions {
    let root = guest.root_id();
    guest.expressions.entry(root).or_default()
}

fn number(token: &[u8]) -> Result<u32, Status> {
    token.try_into().map(u32::from_le_bytes).map_err(|_| Status::BadArgument)
}

#[cfg(test)]
mod tests;
