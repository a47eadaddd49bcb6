//! The arguments of `serinus lint`.

use super::Format;
use clap::Args;
use serinus_host::lint::Versions;

const HELP: &str = "\
Examples:
  serinus lint filter.wasm
  serinus lint filter.wasm --envoy 1.36             # one version, as your proxies run it
  serinus lint filter.wasm --envoy 1.32..1.38
  serinus lint build/*.wasm --strict --format json  # a warning fails, for CI

What is found (the codes of `--format json`):
  Envoy does not load the module, or crashes:
    not-wasm component invalid-module unsupported-feature
    missing-import newer-import other-abi-import import-signature imported-tag
    no-abi-version unknown-abi-version no-allocator no-memory export-signature
    traps-at-start denied-at-start host-call-in-start-section always-refuses
  It loads it, and something is not as its author may want:
    newer-feature         V8 of the older versions may refuse it
    several-abi-versions  the first that is exported counts
    several-memories      the last that is exported counts
    start-ignored         `_start` or `main` is never run
    no-callbacks, unknown-callback
    no-answer             asks the host, without the callback for the answer
    idle-callback         called for every stream, and does nothing
    removed-property      names a property that Envoy 1.33 took away (a hint)
  Worth knowing:
    no-start no-context-create uncalled-callback every-callback imported-table unread-sections

What cannot be seen: what a filter does with a request. A header that is not UTF-8, for one, traps
a filter of the Rust SDK that reads it as a string.

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1, \"envoy\": \"1.32..1.40\",
    \"files\": [ { \"file\": \"filter.wasm\",
                 \"result\": \"good\" | \"fell-short\" | \"unreadable\", \"error\": null,
                 \"module\": { \"abi\": \"0.2.1\", \"bytes\": 171200, \"code_bytes\": 130000,
                             \"data_bytes\": 30000, \"name_bytes\": 0, \"memory_bytes\": 1114112 },
                 \"findings\": [ { \"severity\": \"error\" | \"warning\" | \"note\",
                                 \"code\": \"missing-import\", \"problem\": \"...\",
                                 \"names\": [\"env.abort\"], \"count\": 1,
                                 \"why\": \"...\", \"remedy\": \"...\", \"envoy\": \"1.32..1.40\" } ] } ] }
  `error` says why a file is unreadable; `module` is null where it is no valid module, `abi` where it
  declares none; `names` are the first 12 of `count`; `remedy` is null where there is none; `envoy` is
  a version or a range, of those asked for.

Exit codes:
  0  every module is good; there may be warnings and notes
  1  an error, or with --strict a warning
  2  wrong usage, or a file that cannot be read";

/// Looks at any proxy-wasm filter: what in it will not load, will trap or misbehave, on which Envoy.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct LintArgs {
    /// Modules as they are built; `-` is the standard input.
    #[arg(required = true, value_name = "FILTER.wasm")]
    pub files: Vec<String>,

    /// For a version of Envoy, or for a range.
    #[arg(long, value_name = "VERSIONS", default_value_t = Versions::KNOWN)]
    pub envoy: Versions,

    /// A warning is a failure.
    #[arg(long)]
    pub strict: bool,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
