//! The two ways to declare a part of the schema.
//!
//! A shape is declared once and gives the struct, its decoder and (with the feature `schema`) its
//! JSON Schema: the three cannot disagree.

/// Declares a mapping: the struct, its decoder, its schema. A key may be missing if its field is an
/// `Option`.
macro_rules! shape {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::decode::Decode for $name {
            fn decode(
                &mut self,
                value: &serde_json::Value,
                at: &$crate::decode::Path<'_>,
                errors: &mut $crate::decode::error::Errors,
            ) {
                use $crate::decode::{Decode, Key, key, mapping};
                const KEYS: &[Key] = &[$(Key {
                    name: key(stringify!($field)),
                    optional: <$type as Decode>::OPTIONAL,
                },)*];
                mapping(KEYS, value, at, errors, &mut |wanted, value, at, errors| {
                    let mut number = 0..;
                    $(if number.next() == Some(wanted) {
                        return self.$field.decode(value, at, errors);
                    })*
                });
            }
        }
    };
}

/// Declares a fixed set of words: the enum, its decoder, its schema. The first is the default.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident {
        $(#[$first_doc:meta])* $first:ident = $first_word:literal,
        $($(#[$doc:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            #[cfg_attr(feature = "schema", schemars(rename = $first_word))]
            $first,
            $($(#[$doc])* #[cfg_attr(feature = "schema", schemars(rename = $word))] $variant,)*
        }

        impl $name {
            /// The word that stands for it in a rollout.
            pub fn as_str(self) -> &'static str {
                match self { Self::$first => $first_word, $(Self::$variant => $word,)* }
            }
        }

        impl $crate::decode::Decode for $name {
            fn decode(
                &mut self,
                value: &serde_json::Value,
                at: &$crate::decode::Path<'_>,
                errors: &mut $crate::decode::error::Errors,
            ) {
                const ALL: &[$name] = &[$name::$first, $($name::$variant,)*];
                let found = ALL.iter().find(|one| value.as_str() == Some(one.as_str()));
                match found {
                    Some(found) => *self = *found,
                    None => {
                        let words = concat!("one of `", $first_word, "`" $(, " `", $word, "`")*);
                        at.expected::<()>(errors, words, value);
                    }
                }
            }
        }
    };
}

pub(crate) use {choice, shape};
