//! The ways to declare a part of the scenario's format.
//!
//! A part is declared once and gives the type, its reader and its JSON Schema: the three cannot disagree.

/// Declares a mapping. A key may be left out if it has a default here, or its type has one. A key that is no
/// good name for a field is put beside it: `lasts("for"): Duration`.
macro_rules! shape {
    ($(#[doc = $doc:literal])* $vis:vis $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident $(($key:literal))?: $type:ty $(= $default:expr)?,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $crate::scenario::read::decode::Decode for $name {
            fn decode(
                node: &$crate::scenario::read::decode::Node<'_>,
                mistakes: &mut $crate::scenario::read::decode::Mistakes,
            ) -> Option<Self> {
                let known = [$($crate::scenario::read::declare::key!($field $($key)?)),*];
                let fields = node.fields(&known, mistakes)?;
                $(let $field = fields.read::<$type>(
                    $crate::scenario::read::declare::key!($field $($key)?),
                    $crate::scenario::read::declare::default!($($default)?),
                    mistakes,
                );)*
                Some(Self { $($field: $field?,)* })
            }

            fn schema(
                definitions: &mut $crate::scenario::read::decode::Definitions,
            ) -> serde_json::Value {
                use $crate::scenario::read::decode::{define, described, property, required};
                define(stringify!($name), definitions, |definitions| {
                    let mut properties = serde_json::Map::new();
                    let mut needed: Vec<&str> = Vec::new();
                    $({
                        let key = $crate::scenario::read::declare::key!($field $($key)?);
                        let default: Option<fn() -> $type> =
                            $crate::scenario::read::declare::default!($($default)?);
                        if required::<$type>(default.is_some()) {
                            needed.push(key);
                        }
                        let words = [$($field_doc),*];
                        property::<$type>(&mut properties, stringify!($name), key, &words, definitions);
                    })*
                    let object = serde_json::json!({
                        "type": "object",
                        "properties": properties,
                        "required": needed,
                        "additionalProperties": false,
                    });
                    described(object, &[$($doc),*])
                })
            }
        }
    };
}

/// The key of a field.
macro_rules! key {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// A default, as an argument of `Fields::read`.
macro_rules! default {
    () => {
        None
    };
    ($default:expr) => {
        Some(|| $default)
    };
}

/// Declares a fixed set of words.
macro_rules! choice {
    ($(#[doc = $doc:literal])* $vis:vis $name:ident {
        $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[doc = $variant_doc])* $variant,)*
        }

        impl $name {
            /// The word that stands for it in a scenario.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::scenario::read::decode::Decode for $name {
            fn decode(
                node: &$crate::scenario::read::decode::Node<'_>,
                mistakes: &mut $crate::scenario::read::decode::Mistakes,
            ) -> Option<Self> {
                const WORDS: &[&str] = &[$($word),*];
                match node.value.as_str() {
                    $(Some($word) => Some(Self::$variant),)*
                    _ => node.expected(mistakes, &format!("one of `{}`", WORDS.join("`, `"))),
                }
            }

            fn schema(_: &mut $crate::scenario::read::decode::Definitions) -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),*] })
            }
        }
    };
}

/// Declares that a type is written as another is, and then checked further by `TryInto`-like `check`.
macro_rules! checked {
    ($name:ty, $raw:ty) => {
        impl $crate::scenario::read::decode::Decode for $name {
            fn decode(
                node: &$crate::scenario::read::decode::Node<'_>,
                mistakes: &mut $crate::scenario::read::decode::Mistakes,
            ) -> Option<Self> {
                let raw = <$raw as $crate::scenario::read::decode::Decode>::decode(node, mistakes)?;
                raw.check(node, mistakes)
            }

            fn schema(
                definitions: &mut $crate::scenario::read::decode::Definitions,
            ) -> serde_json::Value {
                <$raw as $crate::scenario::read::decode::Decode>::schema(definitions)
            }
        }
    };
}

pub(crate) use {checked, choice, default, key, shape};
