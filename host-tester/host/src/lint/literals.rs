//! Which of some words a module has as string literals of their own.
//!
//! That the bytes of a word stand in the data says little: compilers pack literals without anything between them, so
//! `route_name` is in the middle of `x-route_names`, and in every sentence that mentions it. A word counts only if
//! something delimits it:
//!
//! - C and C++ end a literal with NUL; proxy-wasm paths are joined by NUL: there is one before it and one behind it.
//! - AssemblyScript writes UTF-16 and puts the length in bytes before it.
//! - Rust, Go and `string_view` keep a pointer and a length: the pair is in the data, or the code has the exact address
//!   and the exact length as constants in one function.
//!
//! What is missed: paths that are computed, literals in passive segments or at relocated addresses. What is wrongly
//! found: a literal that has another use, such as a key of a configuration. So it is a hint, and reported as one.

use super::code::operators;
use super::module::Module;
use std::collections::{BTreeSet, HashMap};
use wasmparser::{ConstExpr, Data, DataKind, FunctionBody, Operator};

/// How many places are followed up; a module may repeat a word for megabytes.
const PLACES: usize = 4096;

/// Those of `words` that are literals. Each word is shorter than 64 bytes.
pub(super) fn literals(module: &Module<'_>, words: &[&'static str]) -> BTreeSet<&'static str> {
    let mut search = Search { words, found: BTreeSet::new(), places: HashMap::new() };
    for data in &module.data {
        search.delimited(data);
    }
    if !search.places.is_empty() {
        module.data.iter().for_each(|data| search.pairs(data));
        let functions = 0..u32::try_from(module.functions()).unwrap_or(u32::MAX);
        functions.filter_map(|index| module.body(index)).for_each(|body| search.constants(body));
    }
    search.found
}

struct Search<'w> {
    words: &'w [&'static str],
    found: BTreeSet<&'static str>,
    /// Addresses where a word stands.
    places: HashMap<u32, &'static str>,
}

impl Search<'_> {
    /// Finds what delimits itself, and remembers where else words stand.
    fn delimited(&mut self, data: &Data<'_>) {
        let base = address(data);
        for (at, tail) in tails(data.data) {
            let Some(before) = data.data.get(..at) else { continue };
            for word in self.words {
                if let Some(after) = tail.strip_prefix(word.as_bytes()) {
                    if ends_with_nul(before) && after.first() == Some(&0) {
                        self.found.insert(word);
                    } else if let Some(address) = base.and_then(|base| base.checked_add(at as u32))
                        && self.places.len() < PLACES
                    {
                        self.places.insert(address, word);
                    }
                } else if is_utf16(before, tail, word) {
                    self.found.insert(word);
                }
            }
        }
    }

    /// A pointer and a length side by side in the data.
    fn pairs(&mut self, data: &Data<'_>) {
        let skip = address(data).map_or(0, |base| base.wrapping_neg() as usize % 4);
        let words = data.data.get(skip..).unwrap_or_default().as_chunks::<4>().0;
        for pair in words.windows(2) {
            if let [pointer, length] = pair {
                self.pair(u32::from_le_bytes(*pointer), u32::from_le_bytes(*length));
            }
        }
    }

    /// A pointer and a length among the constants of one function.
    fn constants(&mut self, body: &FunctionBody<'_>) {
        let mut pointers = Vec::new();
        let mut lengths = 0_u64;
        for operator in operators(body) {
            match operator {
                Operator::I32Const { value } => {
                    let value = value.cast_unsigned();
                    lengths |= 1_u64.checked_shl(value).unwrap_or(0);
                    pointers.extend(self.places.get(&value).copied());
                }
                Operator::I64Const { value } => {
                    self.pair(value as u32, (value >> 32) as u32);
                }
                _ => {}
            }
        }
        self.found.extend(pointers.iter().filter(|word| lengths >> word.len() & 1 == 1));
    }

    fn pair(&mut self, pointer: u32, length: u32) {
        if let Some(word) = self.places.get(&pointer)
            && word.len() == length as usize
        {
            self.found.insert(word);
        }
    }
}

/// The data from each of its bytes on.
fn tails(data: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    (0..data.len()).filter_map(|at| data.get(at..).map(|tail| (at, tail)))
}

/// Where a segment comes to stand, if the module says so.
fn address(data: &Data<'_>) -> Option<u32> {
    match &data.kind {
        DataKind::Active { memory_index: 0, offset_expr } => constant(offset_expr),
        _ => None,
    }
}

fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    match expression.get_operators_reader().read().ok()? {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        Operator::I64Const { value } => u32::try_from(value).ok(),
        _ => None,
    }
}

fn ends_with_nul(before: &[u8]) -> bool {
    before.last().is_none_or(|byte| *byte == 0)
}

/// Whether `word` stands here as AssemblyScript writes it.
fn is_utf16(before: &[u8], tail: &[u8], word: &str) -> bool {
    let length = (word.len() as u32 * 2).to_le_bytes();
    before.ends_with(&length) && tail.len() >= word.len() * 2 && {
        let units = tail.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        word.encode_utf16().eq(units.take(word.len()))
    }
}
