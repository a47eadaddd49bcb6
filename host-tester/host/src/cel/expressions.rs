//! The expressions that a plugin has compiled, by number.

use super::parser::Expr;
use hashbrown::HashMap;
use std::rc::Rc;

/// The expressions that a plugin has compiled.
#[derive(Debug, Default)]
pub struct Expressions {
    next: u32,
    known: HashMap<u32, Rc<Expr>>,
}

impl Expressions {
    /// Keeps an expression; its number, or `None` if there are as many as `room` already.
    pub fn keep(&mut self, compiled: Expr, room: usize) -> Option<u32> {
        if self.known.len() >= room {
            return None;
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.known.insert(number, Rc::new(compiled));
        Some(number)
    }

    /// The expression of a number.
    pub fn get(&self, number: u32) -> Option<Rc<Expr>> {
        self.known.get(&number).cloned()
    }

    /// Forgets the expression of a number, if there is one.
    pub fn forget(&mut self, number: u32) {
        self.known.remove(&number);
    }
}
