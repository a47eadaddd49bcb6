//! What in a proxy-wasm module will not load, will trap or will misbehave on a range of Envoy versions.
//!
//! Bytes in, findings out: nothing is run, nothing is read but the bytes. Every claim was tried on a real Envoy, or
//! stands in its sources; where a module does not show enough, nothing is said, or that it is a hint is said too. What
//! cannot be seen at all: whether a filter traps on what a request holds, such as a header that is not UTF-8.
//!
//! | module | question it answers |
//! |---|---|
//! | `engine` | does Envoy's V8 compile it? |
//! | `module` | what stands in it? |
//! | `code`, `literals` | what does it do, and which words has it? |
//! | `rules` | what is wrong with that? |
//! | [`Finding`] | how is it told? |

mod code;
mod engine;
mod finding;
mod literals;
mod module;
mod nearest;
mod rules;

pub use crate::abi::envoy::{BadVersions, Version, Versions};
pub use finding::{Finding, Severity};

use crate::abi::AbiVersion;
use module::Module;
use serde::Serialize;

/// What there is to say about a module.
///
/// ```
/// use serinus_host::lint::{Versions, lint};
///
/// let report = lint(b"no module", Versions::KNOWN);
/// assert!(report.facts.is_none() && report.findings.len() == 1);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What the module is; `None` if the bytes are no module.
    pub facts: Option<Facts>,
    /// What is wrong with the module, the worst first.
    pub findings: Vec<Finding>,
}

/// What a module is.
///
/// ```
/// use serinus_host::lint::{Versions, lint};
///
/// let module = wat::parse_str(r#"(module (memory (export "memory") 2) (func (export "proxy_abi_version_0_2_1")))"#)?;
/// let facts = lint(&module, Versions::KNOWN).facts.ok_or("no module")?;
/// assert_eq!((facts.abi.as_deref(), facts.memory_bytes), (Some("0.2.1"), 128 << 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// The ABI version that Envoy takes the module for.
    pub abi: Option<String>,
    /// Bytes of the whole file.
    pub bytes: usize,
    /// Bytes of the code section.
    pub code_bytes: usize,
    /// Bytes of the data section.
    pub data_bytes: usize,
    /// Bytes of the names of its functions, for backtraces.
    pub name_bytes: usize,
    /// Bytes of memory that each of its VMs has at the start.
    pub memory_bytes: u64,
}

/// Looks at a module, for these versions of Envoy.
///
/// ```
/// use serinus_host::lint::{Severity, lint};
///
/// let module = wat::parse_str(r#"(module
///     (import "env" "__wbindgen_throw" (func (param i32 i32)))
///     (memory (export "memory") 1)
///     (func (export "proxy_abi_version_0_2_1"))
///     (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#)?;
/// let report = lint(&module, "1.36..1.40".parse()?);
/// let worst = &report.findings[0];
/// assert_eq!(worst.severity, Severity::Error);
/// println!("{}: {}", worst.problem, worst.why);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lint(bytes: &[u8], envoy: Versions) -> Report {
    let (types, older) = match engine::compile(bytes, envoy) {
        Ok(compiled) => compiled,
        Err(finding) => return Report { facts: None, findings: vec![*finding] },
    };
    let module = match Module::read(bytes, types) {
        Ok(module) => module,
        Err(error) => return Report { facts: None, findings: vec![engine::unread(&error, envoy)] },
    };
    let abi = rules::declared(&module);
    let mut findings: Vec<Finding> = older.into_iter().collect();
    findings.extend(rules::findings(&module, abi, envoy));
    findings.sort_by_key(|finding| finding.severity);
    Report { facts: Some(facts(&module, abi)), findings }
}

fn facts(module: &Module<'_>, abi: Option<AbiVersion>) -> Facts {
    Facts {
        abi: abi.map(|abi| abi.to_string()),
        bytes: module.sizes.module,
        code_bytes: module.sizes.code,
        data_bytes: module.sizes.data,
        name_bytes: module.sizes.names,
        memory_bytes: module.memory_bytes(),
    }
}

#[cfg(test)]
mod tests;
