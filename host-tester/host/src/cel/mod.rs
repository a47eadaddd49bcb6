//! CEL over Envoy's attributes: the little of the language that filters write.
//!
//! The crates for CEL bring a parser generator's runtime with them, so this one reads for itself: attributes, literals,
//! lists, arithmetic, comparison, `in`, `&&`, `||`, `!`, `?:`, `has`, `size`, `int`, `string`, `startsWith`, `endsWith`,
//! `contains`, `matches`. Anything else does not compile.

mod attribute;
mod evaluate;
mod expressions;
mod lexer;
mod parser;
mod value;

pub use evaluate::evaluate;
pub use expressions::Expressions;
pub use parser::parse;

#[cfg(test)]
mod tests;
