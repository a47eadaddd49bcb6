//! Reads and writes values of the contract by nothing but its text: what a generated binding would do.

use serde_json::{Map, Value, json};
use std::path::Path;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind, TypeId};

pub struct Contract {
    resolve: Resolve,
    sizes: SizeAlign,
}

impl Contract {
    pub fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/wit/policy.wit");
        let mut resolve = Resolve::default();
        resolve.push_file(path).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        Self { resolve, sizes }
    }

    fn named(&self, name: &str) -> Type {
        let mut types = self.resolve.types.iter();
        let found = types.find(|(_, def)| def.name.as_deref() == Some(name));
        Type::Id(found.unwrap().0)
    }

    /// What `validate` returns.
    fn validated(&self) -> Type {
        let (_, interface) = self.resolve.interfaces.iter().next().unwrap();
        interface.functions["validate"].result.unwrap()
    }

    fn size(&self, ty: &Type) -> usize {
        self.sizes.size(ty).size_wasm32()
    }

    fn align(&self, ty: &Type) -> usize {
        self.sizes.align(ty).align_wasm32()
    }

    fn layout_of(&self, ty: &Type) -> (usize, usize) {
        (self.size(ty), self.align(ty))
    }

    pub fn layout(&self, name: &str) -> (usize, usize) {
        self.layout_of(&self.named(name))
    }

    pub fn validated_layout(&self) -> (usize, usize) {
        self.layout_of(&self.validated())
    }

    pub fn signatures(&self) -> Vec<String> {
        let (_, interface) = self.resolve.interfaces.iter().next().unwrap();
        let list = |types: &[WasmType]| {
            let name = |ty: &WasmType| match ty {
                WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
                _ => "other",
            };
            types.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let mut all: Vec<String> = (interface.functions.values())
            .map(|f| {
                let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, f);
                format!(
                    "{}: ({}) -> ({})",
                    f.name,
                    list(&signature.params),
                    list(&signature.results)
                )
            })
            .collect();
        all.sort();
        all
    }

    /// The value of the named type at an address.
    pub fn read(&self, name: &str, memory: &[u8], at: usize) -> Value {
        self.read_type(&self.named(name), memory, at)
    }

    pub fn read_list(&self, name: &str, memory: &[u8], address: u32, len: u32) -> Value {
        self.elements(&self.named(name), memory, address as usize, len as usize)
    }

    fn elements(&self, ty: &Type, memory: &[u8], address: usize, len: usize) -> Value {
        assert_eq!(address % self.align(ty), 0);
        (0..len).map(|i| self.read_type(ty, memory, address + i * self.size(ty))).collect()
    }

    fn read_type(&self, ty: &Type, memory: &[u8], at: usize) -> Value {
        assert_eq!(at % self.align(ty), 0, "{ty:?}");
        let word = |at: usize| u32::from_le_bytes(*memory[at..].first_chunk().unwrap()) as usize;
        let long = |at: usize| u64::from_le_bytes(*memory[at..].first_chunk().unwrap());
        match ty {
            Type::U8 => json!(memory[at]),
            Type::U32 => json!(word(at)),
            Type::U64 => json!(long(at)),
            Type::F64 => json!(f64::from_bits(long(at))),
            Type::Bool => json!(memory[at] == 1),
            Type::String => {
                let bytes = &memory[word(at)..word(at) + word(at + 4)];
                json!(std::str::from_utf8(bytes).unwrap())
            }
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(ty) => self.read_type(ty, memory, at),
                TypeDefKind::List(ty) => self.elements(ty, memory, word(at), word(at + 4)),
                TypeDefKind::Record(record) => {
                    let fields = self.fields(record).into_iter();
                    let read =
                        |(name, ty, offset)| (name, self.read_type(&ty, memory, at + offset));
                    Value::Object(fields.map(read).collect())
                }
                TypeDefKind::Enum(cases) => {
                    json!(cases.cases[usize::from(memory[at])].name.replace('-', "_"))
                }
                TypeDefKind::Variant(variant) => {
                    let payload = self.payload(variant.cases.iter().map(|c| c.ty.as_ref()));
                    let case = &variant.cases[usize::from(memory[at])];
                    self.read_type(&case.ty.unwrap(), memory, at + payload)
                }
                other => panic!("not in what a policy is given: {other:?}"),
            },
            other => panic!("not in the contract: {other:?}"),
        }
    }

    fn fields(&self, record: &wit_parser::Record) -> Vec<(String, Type, usize)> {
        let offsets = self.sizes.field_offsets(record.fields.iter().map(|f| &f.ty));
        let names = record.fields.iter().map(|f| f.name.replace('-', "_"));
        names.zip(offsets).map(|(name, (at, ty))| (name, *ty, at.size_wasm32())).collect()
    }

    fn payload<'a>(&self, cases: impl IntoIterator<Item = Option<&'a Type>>) -> usize {
        self.sizes.payload_offset(wit_parser::Int::U8, cases).size_wasm32()
    }

    /// Writes a value of the named type at the end of memory; its address.
    pub fn write(&self, name: &str, value: &Value, memory: &mut Vec<u8>) -> u32 {
        self.write_type(&self.named(name), value, memory)
    }

    pub fn write_validated(&self, value: &Value, memory: &mut Vec<u8>) -> u32 {
        self.write_type(&self.validated(), value, memory)
    }

    fn write_type(&self, ty: &Type, value: &Value, memory: &mut Vec<u8>) -> u32 {
        let at = allocate(memory, self.layout_of(ty), 1);
        self.write_at(ty, value, memory, at);
        at as u32
    }

    fn write_at(&self, ty: &Type, value: &Value, memory: &mut Vec<u8>, at: usize) {
        match ty {
            Type::U8 => memory[at] = value.as_u64().unwrap() as u8,
            Type::Bool => memory[at] = u8::from(value.as_bool().unwrap()),
            Type::F64 => put(memory, at, &value.as_f64().unwrap().to_le_bytes()),
            Type::String => {
                let text = value.as_str().unwrap().as_bytes();
                let address = allocate(memory, (1, 1), text.len());
                put(memory, address, text);
                put_pair(memory, at, address, text.len());
            }
            Type::Id(id) => self.write_defined(*id, value, memory, at),
            other => panic!("not in what a policy answers: {other:?}"),
        }
    }

    fn write_defined(&self, id: TypeId, value: &Value, memory: &mut Vec<u8>, at: usize) {
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(ty) => self.write_at(ty, value, memory, at),
            TypeDefKind::List(ty) => {
                let items = value.as_array().unwrap();
                let address = allocate(memory, self.layout_of(ty), items.len());
                for (i, item) in items.iter().enumerate() {
                    self.write_at(ty, item, memory, address + i * self.size(ty));
                }
                put_pair(memory, at, address, items.len());
            }
            TypeDefKind::Record(record) => {
                for (name, ty, offset) in self.fields(record) {
                    let empty = Map::new();
                    let object = value.as_object().unwrap_or(&empty);
                    let field = object.get(&name).unwrap_or(&Value::Null);
                    self.write_at(&ty, field, memory, at + offset);
                }
            }
            TypeDefKind::Enum(cases) => {
                let is = |case: &wit_parser::EnumCase| value == &json!(case.name);
                memory[at] = cases.cases.iter().position(is).unwrap() as u8;
            }
            TypeDefKind::Option(ty) => {
                memory[at] = u8::from(!value.is_null());
                if !value.is_null() {
                    let payload = self.payload([None, Some(ty)]);
                    self.write_at(ty, value, memory, at + payload);
                }
            }
            TypeDefKind::Variant(variant) => {
                let payload = self.payload(variant.cases.iter().map(|c| c.ty.as_ref()));
                let case = if value.is_number() {
                    "number"
                } else if value.is_string() {
                    "text"
                } else {
                    "flag"
                };
                let case = variant.cases.iter().position(|c| c.name == case).unwrap();
                memory[at] = case as u8;
                self.write_at(&variant.cases[case].ty.unwrap(), value, memory, at + payload);
            }
            TypeDefKind::Result(result) => {
                let payload = self.payload([result.ok.as_ref(), result.err.as_ref()]);
                memory[at] = u8::from(value.get("err").is_some());
                if let Some(err) = value.get("err") {
                    self.write_at(&result.err.unwrap(), err, memory, at + payload);
                }
            }
            other => panic!("not in what a policy answers: {other:?}"),
        }
    }
}

fn allocate(memory: &mut Vec<u8>, (size, align): (usize, usize), count: usize) -> usize {
    let at = memory.len().next_multiple_of(align);
    memory.resize(at + size * count, 0x55);
    at
}

fn put(memory: &mut [u8], at: usize, bytes: &[u8]) {
    memory[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put_pair(memory: &mut [u8], at: usize, address: usize, len: usize) {
    put(memory, at, &(address as u32).to_le_bytes());
    put(memory, at + 4, &(len as u32).to_le_bytes());
}
