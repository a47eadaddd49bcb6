//! Which ABI a module speaks.

use std::fmt;

/// A version of Proxy-Wasm that Envoy serves.
///
/// ```
/// use serinus_host::filter::AbiVersion;
///
/// assert!(AbiVersion::V0_1_0 < AbiVersion::V0_2_1);
/// assert_eq!(AbiVersion::V0_2_0.to_string(), "0.2.0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbiVersion {
    /// Version 0.1.0: header callbacks take two arguments; a missing header reads as the empty text.
    V0_1_0,
    /// Version 0.2.0 adds `continue_stream` and `close_stream`.
    V0_2_0,
    /// Version 0.2.1 adds `get_log_level`.
    V0_2_1,
}

impl AbiVersion {
    /// Every version that Envoy serves, the oldest first.
    pub(crate) const ALL: &[Self] = &[Self::V0_1_0, Self::V0_2_0, Self::V0_2_1];

    /// The name of the export by which a module declares it.
    pub(crate) const fn export(self) -> &'static str {
        match self {
            Self::V0_1_0 => "proxy_abi_version_0_1_0",
            Self::V0_2_0 => "proxy_abi_version_0_2_0",
            Self::V0_2_1 => "proxy_abi_version_0_2_1",
        }
    }
}

impl fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0_1_0 => "0.1.0",
            Self::V0_2_0 => "0.2.0",
            Self::V0_2_1 => "0.2.1",
        })
    }
}
