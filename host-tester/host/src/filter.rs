//! A compiled filter.

pub use crate::abi::AbiVersion;
use crate::abi::table::{self, HostFunction, Ty};
use crate::engine::Engine;
use crate::hostcalls;
use crate::state::HostState;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use wasmparser::{KnownCustom, Parser, Payload};
use wasmtime::{ExternType, InstancePre, Module, ValType};

/// Why a module is no filter that Envoy would load.
///
/// ```
/// use serinus_host::engine::{Engine, EngineOptions};
/// use serinus_host::filter::{Filter, LoadError};
///
/// let engine = Engine::new(&EngineOptions::default())?;
/// let error = Filter::compile(&engine, &wat::parse_str("(module)")?).unwrap_err();
/// assert!(matches!(error, LoadError::NoAbiVersion));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The module's file cannot be read.
    #[error("{file} cannot be read: {error}")]
    File {
        /// The file, as it was named.
        file: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// The bytes are no WebAssembly module, or no sound one.
    #[error("not a valid WebAssembly module: {0}")]
    Invalid(String),
    /// The module does not say which ABI it speaks.
    #[error("exports no proxy_abi_version_0_1_0, _0_2_0 or _0_2_1: not a Proxy-Wasm filter")]
    NoAbiVersion,
    /// The module has no allocator, so the host could hand nothing over.
    #[error("exports neither malloc nor proxy_on_memory_allocate, one of which Envoy needs")]
    NoAllocator,
    /// The module has no memory that the host could reach.
    #[error("exports no memory named \"memory\": Envoy crashes on the first call of such a module")]
    NoMemory,
    /// The module's debug names are no name section, and Envoy reads it itself.
    #[error("has a corrupt name section, and Envoy refuses such a module")]
    Names,
    /// The module imports what no host of its ABI version provides.
    #[error("imports what Envoy does not provide:{}", list(.0))]
    Imports(Vec<ImportProblem>),
    /// The module exports a callback with a signature that the ABI does not know.
    #[error("exports {name} with a signature that is not the ABI's")]
    ExportSignature {
        /// The callback's name.
        name: &'static str,
    },
}

/// An import that cannot be linked.
///
/// ```
/// use serinus_host::engine::{Engine, EngineOptions};
/// use serinus_host::filter::{Filter, LoadError};
///
/// let engine = Engine::new(&EngineOptions::default())?;
/// let module = wat::parse_str(r#"(module
///     (import "env" "abort" (func (param i32 i32 i32 i32)))
///     (memory (export "memory") 1)
///     (func (export "proxy_abi_version_0_2_1"))
///     (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#)?;
/// let Err(LoadError::Imports(problems)) = Filter::compile(&engine, &module) else {
///     unreachable!("Envoy has no `abort`");
/// };
/// assert_eq!((problems[0].module.as_str(), problems[0].name.as_str()), ("env", "abort"));
/// assert!(!problems[0].differs);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportProblem {
    /// The module that the import names, such as `env`.
    pub module: String,
    /// The import's name within that module.
    pub name: String,
    /// Whether Envoy has a function of that name, with another signature or for another ABI version.
    pub differs: bool,
}

fn list(problems: &[ImportProblem]) -> String {
    let line = |problem: &ImportProblem| {
        let differs = if problem.differs { " (Envoy's is another)" } else { "" };
        format!("\n  {}.{}{differs}", problem.module, problem.name)
    };
    problems.iter().map(line).collect()
}

/// A filter, compiled and ready to be instantiated. Cheap to clone.
///
/// ```
/// use serinus_host::{example, proxy::*, upstream::*};
/// use serinus_host::filter::Filter;
/// use serinus_host::proxy::{Plugin, Proxy};
///
/// let filter: Filter = example::filter()?;
/// let twice = Proxy::builder()
///     .plugin(Plugin::new(&filter).name("first"))
///     .plugin(Plugin::new(&filter).name("second"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Filter(Arc<Compiled>);

struct Compiled {
    engine: Engine,
    pre: InstancePre<HostState>,
    abi: AbiVersion,
    digest: u64,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter(Proxy-Wasm {})", self.0.abi)
    }
}

impl Filter {
    /// Compiles the filter in a file.
    ///
    /// # Errors
    /// If Envoy would not load it either.
    ///
    /// ```
    /// use serinus_host::engine::{Engine, EngineOptions};
    /// use serinus_host::filter::{Filter, LoadError};
    ///
    /// let engine = Engine::new(&EngineOptions::cached())?;
    /// match Filter::load(&engine, "target/wasm32-unknown-unknown/release/mine.wasm") {
    ///     Ok(filter) => println!("speaks {}", filter.abi_version()),
    ///     Err(LoadError::File { file, .. }) => println!("build it first: {}", file.display()),
    ///     Err(error) => println!("Envoy would not load it: {error}"),
    /// }
    /// # Ok::<(), serinus_host::engine::EngineError>(())
    /// ```
    pub fn load(engine: &Engine, file: impl AsRef<Path>) -> Result<Self, LoadError> {
        let file = file.as_ref();
        let bytes = std::fs::read(file)
            .map_err(|error| LoadError::File { file: file.to_owned(), error })?;
        Self::compile(engine, &bytes)
    }

    /// Compiles the bytes of a module into a filter.
    ///
    /// # Errors
    /// If Envoy would not load it either.
    ///
    /// ```
    /// use serinus_host::engine::{Engine, EngineOptions};
    /// use serinus_host::filter::Filter;
    ///
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let module = wat::parse_str(r#"(module
    ///     (memory (export "memory") 1)
    ///     (func (export "proxy_abi_version_0_2_1"))
    ///     (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#)?;
    /// let filter = Filter::compile(&engine, &module)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, LoadError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(LoadError::Invalid("it does not begin as one".to_owned()));
        }
        let module = Module::from_binary(&engine.engine, bytes)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        check_names(bytes)?;
        let abi = abi_version(&module).ok_or(LoadError::NoAbiVersion)?;
        let linker = hostcalls::linker(&engine.engine, abi)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        check_imports(&module, abi)?;
        check_exports(&module)?;
        let pre = linker
            .instantiate_pre(&module)
            .map_err(|error| LoadError::Invalid(format!("{error:#}")))?;
        let digest = digest(bytes);
        Ok(Self(Arc::new(Compiled { engine: engine.clone(), pre, abi, digest })))
    }

    /// The ABI version that Envoy takes the module for: the first that it exports.
    ///
    /// ```
    /// use serinus_host::{example, proxy::*, upstream::*};
    /// use serinus_host::filter::AbiVersion;
    ///
    /// assert_eq!(example::filter()?.abi_version(), AbiVersion::V0_2_1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn abi_version(&self) -> AbiVersion {
        self.0.abi
    }

    /// What tells two filters apart, with their VM's settings: Envoy shares VMs by it.
    pub(crate) fn digest(&self) -> u64 {
        self.0.digest
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.0.engine.engine
    }

    pub(crate) fn instance_pre(&self) -> &InstancePre<HostState> {
        &self.0.pre
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.0.engine.deadline
    }
}

fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// The first that is exported, as Envoy takes it.
fn abi_version(module: &Module) -> Option<AbiVersion> {
    module.exports().find_map(|export| {
        AbiVersion::ALL.iter().copied().find(|version| version.export() == export.name())
    })
}

/// The runtime does not look at names; Envoy does.
fn check_names(bytes: &[u8]) -> Result<(), LoadError> {
    for payload in Parser::new(0).parse_all(bytes).flatten() {
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Name(mut names) = section.as_known()
            && names.any(|name| name.is_err())
        {
            return Err(LoadError::Names);
        }
    }
    Ok(())
}

fn check_exports(module: &Module) -> Result<(), LoadError> {
    let is_function = |name| matches!(module.get_export(name), Some(ExternType::Func(_)));
    let allocates = is_function("malloc") || is_function("proxy_on_memory_allocate");
    if !allocates {
        return Err(LoadError::NoAllocator);
    }
    let memory = matches!(module.get_export("memory"), Some(ExternType::Memory(_)));
    if memory { Ok(()) } else { Err(LoadError::NoMemory) }
}

/// All of them at once; the runtime would name the first.
fn check_imports(module: &Module, abi: AbiVersion) -> Result<(), LoadError> {
    let problem = |import: wasmtime::ImportType<'_>| {
        let known = table::host_function(import.module(), import.name());
        let fits = |function: &HostFunction| match import.ty() {
            ExternType::Func(wanted) => {
                function.abis.contains(&abi)
                    && wanted.params().map(ty).eq(function.params.iter().copied())
                    && wanted.results().map(ty).eq(function.results.iter().copied())
            }
            _ => false,
        };
        (!known.is_some_and(fits)).then(|| ImportProblem {
            module: import.module().to_owned(),
            name: import.name().to_owned(),
            differs: known.is_some(),
        })
    };
    let problems: Vec<_> = module.imports().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(LoadError::Imports(problems)) }
}

fn ty(value: ValType) -> Ty {
    match value {
        ValType::I32 => Ty::I32,
        ValType::I64 => Ty::I64,
        ValType::F32 => Ty::F32,
        ValType::F64 => Ty::F64,
        ValType::V128 | ValType::Ref(_) => Ty::Other,
    }
}

#[cfg(test)]
mod tests;
