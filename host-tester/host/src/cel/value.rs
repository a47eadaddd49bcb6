//! The values of expressions.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Truth(bool),
    Number(i64),
    Text(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    /// As a module gets it; a list has no such form.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Null => Some(Vec::new()),
            Self::Truth(truth) => Some(vec![truth.into()]),
            Self::Number(number) => Some(number.to_le_bytes().to_vec()),
            Self::Text(text) => Some(text),
            Self::List(_) => None,
        }
    }
}
