//! Why a module imports what no Envoy has, and what to do about it.
//!
//! The names tell which tool put the import there; the remedy follows from the tool.

use wasmparser::Import;

/// Where an import that nobody serves comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    WasmBindgen,
    GoForJavaScript,
    AssemblyScript,
    Emscripten,
    DynamicLinking,
    OtherWasi,
    WasiFunction,
    OtherAbi,
    ProxyFunction,
    Undefined,
    Other,
}

/// Prefixes of modules, or of modules and names, each with what it shows. The first that fits counts.
const SIGNS: &[(&str, &str, Origin)] = &[
    ("__wbindgen", "", Origin::WasmBindgen),
    ("wbg", "", Origin::WasmBindgen),
    ("", "__wbindgen", Origin::WasmBindgen),
    ("", "__wbg_", Origin::WasmBindgen),
    ("gojs", "", Origin::GoForJavaScript),
    ("go", "", Origin::GoForJavaScript),
    ("http_handler", "", Origin::OtherAbi),
    ("GOT.", "", Origin::DynamicLinking),
    ("env", "__memory_base", Origin::DynamicLinking),
    ("env", "__table_base", Origin::DynamicLinking),
    ("env", "__stack_pointer", Origin::DynamicLinking),
    ("env", "abort", Origin::AssemblyScript),
    ("env", "seed", Origin::AssemblyScript),
    ("env", "trace", Origin::AssemblyScript),
    ("env", "console.", Origin::AssemblyScript),
    ("env", "emscripten_", Origin::Emscripten),
    ("env", "_embind_", Origin::Emscripten),
    ("env", "_emval_", Origin::Emscripten),
    ("env", "_emscripten_", Origin::Emscripten),
    ("env", "invoke_", Origin::Emscripten),
    ("env", "__syscall", Origin::Emscripten),
    ("env", "__cxa_", Origin::Emscripten),
    ("env", "__assert_fail", Origin::Emscripten),
    ("env", "_abort_js", Origin::Emscripten),
    ("env", "proxy_", Origin::ProxyFunction),
    ("env", "", Origin::Undefined),
    ("wasi_snapshot_preview1", "", Origin::WasiFunction),
    ("wasi_unstable", "", Origin::WasiFunction),
    ("wasi", "", Origin::OtherWasi),
];

impl Origin {
    pub(super) fn of(import: &Import<'_>) -> Self {
        let fits = |(module, name, _): &&(&str, &str, Self)| {
            import.module.starts_with(module) && import.name.starts_with(name)
        };
        SIGNS.iter().find(fits).map_or(Self::Other, |(_, _, origin)| *origin)
    }

    /// What is wrong.
    pub(super) const fn problem(self) -> &'static str {
        match self {
            Self::WasmBindgen => "imports JavaScript through wasm-bindgen",
            Self::GoForJavaScript => "imports the JavaScript runtime of Go",
            Self::AssemblyScript => "imports the default environment of AssemblyScript",
            Self::Emscripten => "imports the JavaScript runtime of Emscripten",
            Self::DynamicLinking => "is a library for dynamic linking",
            Self::OtherWasi => "imports a WASI other than preview 1",
            Self::WasiFunction => "imports WASI functions that no Envoy has",
            Self::OtherAbi => "is written for the http-wasm ABI, not for proxy-wasm",
            Self::ProxyFunction => "imports proxy functions that no Envoy has",
            Self::Undefined => "imports symbols that the linker left undefined",
            Self::Other => "imports what no proxy-wasm host has",
        }
    }

    /// What would be right.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::WasmBindgen => {
                "find the crate that asks for it with `cargo tree --target wasm32-unknown-unknown -i wasm-bindgen`; \
                 often it is a feature: `wasmbind` of chrono, `js` or `wasm_js` of getrandom and uuid; \
                 built for wasm32-wasip1, most crates do without"
            }
            Self::GoForJavaScript => {
                "build with GOOS=wasip1 GOARCH=wasm and -buildmode=c-shared (Go 1.24 or newer), not with GOOS=js"
            }
            Self::AssemblyScript => {
                "compile with `--use abort=abort_proc_exit`, which the proxy-runtime has; \
                 leave out Math.random, trace and console"
            }
            Self::Emscripten => {
                "build with `-s STANDALONE_WASM`, without exceptions and without embind, as the C++ SDK does"
            }
            Self::DynamicLinking => "link it statically: without -fPIC, -shared and SIDE_MODULE",
            Self::OtherWasi => "build for wasm32-wasip1 or wasm32-unknown-unknown",
            Self::WasiFunction => {
                "leave out what needs them: Envoy has no processes, and its files and sockets are stubs"
            }
            Self::OtherAbi => "use a proxy-wasm SDK",
            Self::ProxyFunction => "check the name, and for which host the SDK was made",
            Self::Undefined => {
                "define them, or drop the `extern` declarations; without --allow-undefined the linker names them"
            }
            Self::Other => "leave out the code that calls them",
        }
    }
}
