//! What the code does, as far as it shows without running it.
//!
//! Three questions are answered, each erring on one known side:
//!
//! - *Can* this function be reached? Every function that is exported, in a table or in a global counts as called, so a
//!   yes may be wrong, a no is not. It makes the imports of an SDK, which are there whether used or not, no evidence.
//! - *Must* it be called? Only what stands before the first branch is followed, so a yes holds for every run that
//!   does not trap first.
//! - Does it do *nothing*? Only bodies without memory, globals, branches and host calls count, so a yes is right. A
//!   callback of the Rust SDK looks up its context through a table and calls it through a pointer: what that does
//!   cannot be told here, and is not guessed.

use super::module::Module;
use wasmparser::{FunctionBody, Operator};

/// Operators that the search for certain calls, or for nothing, reads at most: a chain of functions that call each
/// other twice would take for ever otherwise.
const OPERATORS: usize = 10_000;
/// How deep calls are followed.
const DEPTH: usize = 32;

/// The direct calls of every function.
pub(super) struct Calls(Vec<Vec<u32>>);

impl Calls {
    pub(super) fn of(module: &Module<'_>) -> Self {
        let functions = 0..u32::try_from(module.functions()).unwrap_or(u32::MAX);
        Self(functions.map(|index| module.body(index).map_or_else(Vec::new, called)).collect())
    }

    /// For every function, whether anything may call it.
    pub(super) fn reachable(&self, module: &Module<'_>) -> Vec<bool> {
        let mut reached = vec![false; self.0.len()];
        let exported = module.exported_functions().map(|(_, index)| index);
        let mut next: Vec<u32> =
            exported.chain(module.start).chain(module.pointed_at.iter().copied()).collect();
        while let Some(function) = next.pop() {
            let Some(seen) = reached.get_mut(function as usize) else { continue };
            if !std::mem::replace(seen, true) {
                next.extend(self.0.get(function as usize).into_iter().flatten());
            }
        }
        reached
    }
}

/// The functions that a body calls, or takes the address of.
fn called(body: &FunctionBody<'_>) -> Vec<u32> {
    let mut called: Vec<u32> = operators(body).filter_map(|operator| target(&operator)).collect();
    called.sort_unstable();
    called.dedup();
    called
}

fn target(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::Call { function_index }
        | Operator::ReturnCall { function_index }
        | Operator::RefFunc { function_index } => Some(*function_index),
        _ => None,
    }
}

/// The operators of a body, up to one that cannot be read.
pub(super) fn operators<'a>(
    body: &FunctionBody<'a>,
) -> impl Iterator<Item = Operator<'a>> + use<'a> {
    let reader = body.get_operators_reader().ok();
    reader.into_iter().flatten().map_while(Result::ok)
}

/// What happens whenever a function is called.
#[derive(Debug, Default)]
pub(super) struct Certain {
    /// The imports that it calls.
    pub(super) imports: Vec<u32>,
    /// Whether it ends in a trap.
    pub(super) traps: bool,
}

/// What happens whenever `function` is called, unless it traps before.
pub(super) fn certain(module: &Module<'_>, function: u32) -> Certain {
    let mut walk = Walk { module, left: OPERATORS };
    let mut certain = Certain::default();
    let end = walk.certain(function, DEPTH, &mut certain.imports);
    certain.traps = end == End::Trap;
    certain.imports.sort_unstable();
    certain.imports.dedup();
    certain
}

/// How far a body could be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// To its end: it returns.
    Returns,
    /// To a trap.
    Trap,
    /// To a branch: it probably returns.
    Branch,
    /// As far as was allowed.
    GivenUp,
}

/// What a function that does nothing returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returns {
    /// Nothing.
    Void,
    /// Always this.
    Constant(i32),
    /// Something that depends on its arguments, or on what is not followed.
    Varying,
}

/// What `function` returns, if it does nothing else.
pub(super) fn idle(module: &Module<'_>, function: u32) -> Option<Returns> {
    Walk { module, left: OPERATORS }.idle(function, DEPTH)
}

struct Walk<'m, 'a> {
    module: &'m Module<'a>,
    left: usize,
}

impl Walk<'_, '_> {
    fn spend(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        Some(())
    }

    fn certain(&mut self, function: u32, depth: usize, imports: &mut Vec<u32>) -> End {
        let Some(body) = self.module.body(function) else {
            imports.push(function);
            return End::Returns;
        };
        let mut sure = true;
        for operator in operators(body) {
            if depth == 0 || self.spend().is_none() {
                return End::GivenUp;
            }
            match operator {
                Operator::Unreachable if sure => return End::Trap,
                Operator::Call { function_index } => {
                    match self.certain(function_index, depth - 1, imports) {
                        End::Returns => {}
                        End::Branch => sure = false,
                        end => return end,
                    }
                }
                operator if branches(&operator) => return End::Branch,
                _ => {}
            }
        }
        if sure { End::Returns } else { End::Branch }
    }

    fn idle(&mut self, function: u32, depth: usize) -> Option<Returns> {
        let depth = depth.checked_sub(1)?;
        let mut stack = Vec::new();
        for operator in operators(self.module.body(function)?) {
            self.spend()?;
            match operator {
                Operator::LocalGet { .. } | Operator::I64Const { .. } => {
                    stack.push(Returns::Varying)
                }
                Operator::I32Const { value } => stack.push(Returns::Constant(value)),
                Operator::Drop | Operator::LocalSet { .. } => drop(stack.pop()?),
                Operator::Nop | Operator::LocalTee { .. } => {}
                Operator::Call { function_index } => {
                    self.idle_call(function_index, depth, &mut stack)?;
                }
                Operator::Return | Operator::End => return self.result(function, &mut stack),
                _ => return None,
            }
        }
        None
    }

    fn idle_call(&mut self, function: u32, depth: usize, stack: &mut Vec<Returns>) -> Option<()> {
        let returns = self.idle(function, depth)?;
        let (params, _) = self.module.arity(function)?;
        stack.truncate(stack.len().checked_sub(params)?);
        if returns != Returns::Void {
            stack.push(returns);
        }
        Some(())
    }

    fn result(&self, function: u32, stack: &mut Vec<Returns>) -> Option<Returns> {
        match self.module.arity(function)?.1 {
            0 => Some(Returns::Void),
            1 => stack.pop(),
            _ => None,
        }
    }
}

/// Whether what follows may be skipped. An `end` is none: a branch to it would have stopped the walk before.
fn branches(operator: &Operator<'_>) -> bool {
    !matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::End
            | Operator::Nop
            | Operator::Drop
            | Operator::Select
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::GlobalGet { .. }
            | Operator::GlobalSet { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::I32Add
            | Operator::I32Sub
            | Operator::I32And
            | Operator::I32Or
            | Operator::I32Eqz
            | Operator::I32Load { .. }
            | Operator::I32Load8U { .. }
            | Operator::I64Load { .. }
            | Operator::I32Store { .. }
            | Operator::I32Store8 { .. }
            | Operator::I64Store { .. }
    )
}
