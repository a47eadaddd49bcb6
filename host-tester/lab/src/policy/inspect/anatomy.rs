//! What a component is made of, at its own level and in the modules within it.

use wasmparser::{Encoding, MemoryType, Parser, Payload};

/// The parts that a policy is judged by.
#[derive(Default)]
pub(super) struct Anatomy<'a> {
    /// What the component itself imports.
    pub(super) imports: Vec<String>,
    /// What the component itself exports.
    pub(super) exports: Vec<String>,
    /// The core modules, at whatever depth.
    pub(super) modules: Vec<&'a [u8]>,
    /// The memory that all modules begin with, bytes.
    pub(super) memory: u64,
}

impl<'a> Anatomy<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> wasmparser::Result<Self> {
        let mut anatomy = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            match &payload {
                Payload::Version { encoding: Encoding::Component | Encoding::Module, .. } => {
                    depth += 1
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
            anatomy.take(payload, bytes, depth == 1)?;
        }
        Ok(anatomy)
    }

    fn take(
        &mut self,
        payload: Payload<'a>,
        bytes: &'a [u8],
        outermost: bool,
    ) -> wasmparser::Result<()> {
        match payload {
            Payload::ComponentImportSection(section) if outermost => {
                for import in section {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if outermost => {
                for export in section {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::ModuleSection { unchecked_range, .. } => {
                self.modules.push(bytes.get(unchecked_range).unwrap_or_default());
            }
            // A module that a component carries and never instantiates may still import: the filter would not take it.
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.imports
                        .push(format!("{}.{} (of the core module)", import.module, import.name));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory = self.memory.saturating_add(size(&memory?));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn size(memory: &MemoryType) -> u64 {
    memory.initial.saturating_mul(1 << memory.page_size_log2.unwrap_or(16))
}
