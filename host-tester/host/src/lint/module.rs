//! What stands in a module. It was validated before, so indices are in bounds; still nothing here panics if one is not.
//!
//! Everything borrows from the bytes, and what is collected is bounded by their number: counts that a section claims
//! are never used to reserve memory.

use crate::abi::table::Ty;
use std::fmt;
use wasmparser::types::Types;
use wasmparser::{
    ConstExpr, Data, Element, ElementItems, Export, ExternalKind, FunctionBody, Import, MemoryType,
    Operator, Parser, Payload, TypeRef, ValType,
};

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signature {
    text: String,
}

impl Signature {
    pub(super) fn new(params: &[Ty], results: &[Ty]) -> Self {
        let list = |types: &[Ty]| types.iter().map(Ty::to_string).collect::<Vec<_>>().join(", ");
        Self { text: format!("({}) -> ({})", list(params), list(results)) }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A module that was read.
pub(super) struct Module<'a> {
    pub(super) sizes: Sizes,
    pub(super) imports: Vec<Import<'a>>,
    pub(super) exports: Vec<Export<'a>>,
    /// Those that the module itself makes.
    pub(super) memories: Vec<MemoryType>,
    pub(super) start: Option<u32>,
    /// Functions that are in tables or in globals: a call through a pointer may reach them.
    pub(super) pointed_at: Vec<u32>,
    pub(super) data: Vec<Data<'a>>,
    bodies: Vec<FunctionBody<'a>>,
    function_imports: Vec<usize>,
    types: Types,
}

/// Bytes, by what they are for.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    pub(super) module: usize,
    pub(super) code: usize,
    pub(super) data: usize,
    /// The `name` section, from which Envoy takes the names in a backtrace.
    pub(super) names: usize,
    /// Custom sections that Envoy does not read.
    pub(super) unread: Vec<(String, usize)>,
}

impl<'a> Module<'a> {
    /// Reads a module that has these types.
    pub(super) fn read(bytes: &'a [u8], types: Types) -> wasmparser::Result<Self> {
        let mut module = Self {
            sizes: Sizes { module: bytes.len(), ..Sizes::default() },
            imports: Vec::new(),
            exports: Vec::new(),
            memories: Vec::new(),
            start: None,
            pointed_at: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            function_imports: Vec::new(),
            types,
        };
        for payload in Parser::new(0).parse_all(bytes) {
            module.take(payload?)?;
        }
        Ok(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import?);
                }
            }
            Payload::MemorySection(section) => extend(&mut self.memories, section)?,
            Payload::GlobalSection(section) => {
                for global in section {
                    self.point(&global?.init_expr)?;
                }
            }
            Payload::ExportSection(section) => extend(&mut self.exports, section)?,
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element?)?;
                }
            }
            Payload::CodeSectionStart { range, .. } => self.sizes.code = range.len(),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(section) => {
                self.sizes.data = section.range().len();
                extend(&mut self.data, section)?;
            }
            Payload::CustomSection(section) => {
                self.sizes.custom(section.name(), section.range().len())
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'a>) {
        if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
            self.function_imports.push(self.imports.len());
        }
        self.imports.push(import);
    }

    fn element(&mut self, element: Element<'a>) -> wasmparser::Result<()> {
        match element.items {
            ElementItems::Functions(functions) => extend(&mut self.pointed_at, functions),
            ElementItems::Expressions(_, expressions) => {
                expressions.into_iter().try_for_each(|expression| self.point(&expression?))
            }
        }
    }

    fn point(&mut self, expression: &ConstExpr<'a>) -> wasmparser::Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.pointed_at.push(function_index);
            }
        }
        Ok(())
    }

    /// How many functions there are, the imported ones first.
    pub(super) fn functions(&self) -> usize {
        self.function_imports.len() + self.bodies.len()
    }

    /// The functions that it imports, each with its index.
    pub(super) fn imported(&self) -> impl Iterator<Item = (u32, &Import<'a>)> {
        let imports = self.function_imports.iter().filter_map(|at| self.imports.get(*at));
        (0..).zip(imports)
    }

    /// The import that a function is, if it is one.
    pub(super) fn import_at(&self, function: u32) -> Option<&Import<'a>> {
        self.imports.get(*self.function_imports.get(function as usize)?)
    }

    /// The body of a function that the module defines.
    pub(super) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get((function as usize).checked_sub(self.function_imports.len())?)
    }

    /// How many arguments a function takes, and how many results it has.
    pub(super) fn arity(&self, function: u32) -> Option<(usize, usize)> {
        let function = self.function_type(function)?;
        Some((function.params().len(), function.results().len()))
    }

    /// The type of a function.
    pub(super) fn signature(&self, function: u32) -> Option<Signature> {
        let function = self.function_type(function)?;
        let types = |types: &[ValType]| types.iter().copied().map(ty).collect::<Vec<_>>();
        Some(Signature::new(&types(function.params()), &types(function.results())))
    }

    fn function_type(&self, function: u32) -> Option<&wasmparser::FuncType> {
        if function as usize >= self.functions() {
            return None;
        }
        let types = self.types.as_ref();
        let id = types.core_function_at(function);
        match &self.types[id].composite_type.inner {
            wasmparser::CompositeInnerType::Func(function) => Some(function),
            _ => None,
        }
    }

    /// The function that is exported by this name.
    pub(super) fn exported(&self, name: &str) -> Option<u32> {
        self.exported_functions().find(|(export, _)| *export == name).map(|(_, index)| index)
    }

    /// Every exported function.
    pub(super) fn exported_functions(&self) -> impl Iterator<Item = (&'a str, u32)> {
        let functions = self.exports.iter();
        functions
            .filter(|export| matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact))
            .map(|export| (export.name, export.index))
    }

    /// How many memories Envoy can see.
    pub(super) fn visible_memories(&self) -> usize {
        let exported = self.exports.iter().filter(|e| e.kind == ExternalKind::Memory).count();
        let imported = self.imports.iter().filter(|i| matches!(i.ty, TypeRef::Memory(_))).count();
        exported.max(imported.min(1))
    }

    /// The bytes of memory at the start, those that it imports too.
    pub(super) fn memory_bytes(&self) -> u64 {
        let imported = self.imports.iter().filter_map(|import| match &import.ty {
            TypeRef::Memory(memory) => Some(memory),
            _ => None,
        });
        let bytes = |memory: &MemoryType| {
            let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
            memory.initial.saturating_mul(page)
        };
        imported.chain(&self.memories).map(bytes).fold(0, u64::saturating_add)
    }
}

impl Sizes {
    fn custom(&mut self, name: &str, bytes: usize) {
        let read_or_tiny = ["producers", "target_features", "signature_wasmsign"];
        if name == "name" {
            self.names += bytes;
        } else if !read_or_tiny.contains(&name) && !name.contains("precompiled_") {
            self.unread.push((super::finding::shown(name), bytes));
        }
    }
}

fn ty(ty: ValType) -> Ty {
    match ty {
        ValType::I32 => Ty::I32,
        ValType::I64 => Ty::I64,
        ValType::F32 => Ty::F32,
        ValType::F64 => Ty::F64,
        ValType::V128 | ValType::Ref(_) => Ty::Other,
    }
}

fn extend<T>(
    all: &mut Vec<T>,
    section: impl IntoIterator<Item = wasmparser::Result<T>>,
) -> wasmparser::Result<()> {
    section.into_iter().try_for_each(|item| item.map(|item| all.push(item)))
}
