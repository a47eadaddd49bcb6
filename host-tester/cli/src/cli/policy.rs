//! The arguments of `serinus policy`.

use super::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

const HELP: &str = "\
From nothing to a policy in a rollout:
  serinus policy new error-rate && cd error-rate
  serinus policy test
  serinus policy build
  serinus render rollout.yaml --target envoy --policy target/error-rate.component.wasm";

const NEW_HELP: &str = "\
Examples:
  serinus policy new error-rate
  serinus policy new policies/error-rate --sdk ../serinus/policies/sdk

Exit codes:
  0  the crate is there
  2  the name is none, the folder exists, or the SDK cannot be found";

const BUILD_HELP: &str = "\
Examples:
  serinus policy build                            # the crate here
  serinus policy build policies/* --out dist
  serinus policy build few_failures.wasm          # a module of another language, made with its wit-bindgen
  SERINUS_WASM_CARGO=../serinus/setup/cargo-wasm serinus policy build    # with another cargo

Writes NAME.component.wasm, which rollouts name and all commands read, and NAME.core.wasm, the module in it
that the filter carries. What `check` finds fails the build.

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1,
    \"policies\": [ { \"folder\": \".\", \"result\": \"good\" | \"fell-short\" | \"unusable\", \"error\": null,
                    \"findings\": [ as of `serinus policy check` ],
                    \"policy\": { \"name\": \"error-rate\", \"component\": \"target/error-rate.component.wasm\",
                                \"component_bytes\": 38000, \"core\": \"...\", \"core_bytes\": 36000, \"sha256\": \"...\",
                                \"fuel\": { \"wasmtime\": 9000, \"interpreter\": 30000 }, \"failure\": null } } ] }
  `sha256` is of the core module; `fuel` is of one evaluation of a typical snapshot, and the interpreter's is what
  `policy.fuel` of a rollout limits. `fuel.wasmtime` is null in a build without the feature `run`. `failure` says
  how that evaluation failed, as of `serinus policy eval`.

Exit codes:
  0  every policy is built
  1  one does not compile, or is not acceptable
  2  a folder without a crate, no compiler for wasm32-unknown-unknown, or a file that cannot be written";

const CHECK_HELP: &str = "\
Examples:
  serinus policy check target/error-rate.component.wasm
  serinus policy check dist/*.component.wasm --format json

What is found (the codes of `--format json`):
  not-wasm core-module invalid    no component, or not a valid one
  imports                         a policy imports nothing: no clock, no randomness, no I/O
  modules                         more or fewer core modules than one
  world version signature         another world, another version, or other types under the right name
  proposal                        SIMD or another part of WebAssembly that the filter's interpreter lacks
  too-large memory                the core module, or the memory that it begins with
  describe                        it does not say who it is
  interpreter                     the filter's interpreter refuses it for another reason

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1,
    \"files\": [ { \"file\": \"x.wasm\", \"result\": \"good\" | \"fell-short\" | \"unreadable\", \"error\": null,
                 \"findings\": [ { \"code\": \"imports\", \"problem\": \"...\", \"names\": [\"...\"], \"remedy\": \"...\" } ],
                 \"policy\": { \"core_bytes\": 36000, \"sha256\": \"...\", \"about\": {
                   \"name\": \"...\", \"version\": \"...\", \"description\": \"...\",
                   \"params\": [ { \"name\": \"...\", \"description\": \"...\", \"default\": 0.01 } ] } } } ] }
  `policy` is null for what is not acceptable.

Exit codes:
  0  every component is acceptable
  1  one is not
  2  wrong usage, or a file that cannot be read";

#[cfg(feature = "run")]
const TEST_HELP: &str = "\
Examples:
  serinus policy test                              # builds the crate here, and runs tests/*.json
  serinus policy test policies/*
  serinus policy test --policy x.component.wasm tests    # builds nothing: the tables of a folder

A table, at its smallest:
  { \"base\": { \"rollout\": \"shop\", \"unix_seconds\": 1791100800, \"windows\": [] },
    \"cases\": [ { \"name\": \"nothing seen holds\", \"with\": { \"params\": { \"limit\": \"1%\" } },
                 \"expect\": { \"verdict\": \"hold\", \"reason\": \"a part of it\", \"evidence\": { \"rate\": 0.2 } } } ] }
  `with` is merged into `base` key by key; lists as a whole. Every case runs on both engines, and passes only if
  they agree.

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1,
    \"policies\": [ { \"folder\": \".\", \"result\": \"good\" | \"fell-short\" | \"unusable\", \"error\": null,
                    \"cases\": [ { \"file\": \"tests/table.json\", \"name\": \"...\", \"passed\": true,
                                 \"differences\": [], \"fuel\": { \"wasmtime\": 9000, \"interpreter\": 30000 } } ] } ] }

Exit codes:
  0  every case passes
  1  a case does not, or a policy does not compile or is not acceptable
  2  wrong usage, no table, or one that cannot be read";

#[cfg(feature = "run")]
const EVAL_HELP: &str = "\
Examples:
  serinus policy eval target/error-rate.component.wasm snapshot.json
  serinus policy eval x.component.wasm - < snapshot.json --param limit=0.5% --fuel 200000

A snapshot is what `base` and `with` of a table test come to (see `serinus policy test --help`).

Output of `--format json`, on stdout (keys are added, never changed):
  { \"version\": 1, \"agree\": true,
    \"wasmtime\": { \"decision\": { \"verdict\": \"hold\", \"reason\": \"...\", \"memory\": [],
                                \"evidence\": [ { \"name\": \"...\", \"value\": 0.1, \"threshold\": 0.05 } ] },
                  \"failure\": null, \"fuel\": 9000 },
    \"interpreter\": { the same } }
  `failure` is one of fuel, memory, stack, trap, signature, malformed, too_large, and `decision` is null then.

Exit codes:
  0  a decision, the same on both engines
  1  a failure, or two answers
  2  wrong usage, or a policy or a snapshot that cannot be read";

/// Makes, builds, checks, tests and asks promotion policies.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    New(NewArgs),
    Build(BuildArgs),
    Check(PolicyCheckArgs),
    #[cfg(feature = "run")]
    Test(TestArgs),
    #[cfg(feature = "run")]
    Eval(EvalArgs),
    #[cfg(not(feature = "run"))]
    #[command(flatten)]
    Absent(super::absent::AbsentPolicy),
}

/// Makes the crate of a new policy, which works as it is.
#[derive(Debug, Args)]
#[command(after_help = NEW_HELP)]
pub struct NewArgs {
    /// The crate's name, or a folder that ends in it.
    #[arg(value_name = "NAME")]
    pub folder: PathBuf,

    /// `policies/sdk` of Serinus's source; by default of the source that this command was built from.
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
}

/// Builds the component of a policy, and says what it costs.
#[derive(Debug, Args)]
#[command(after_help = BUILD_HELP)]
pub struct BuildArgs {
    /// Folders of crates, or modules that another toolchain made.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folders: Vec<PathBuf>,

    /// Where the files go; by default FOLDER/target, or beside the module.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Says what keeps a component from being a policy that the filter takes; everything at once.
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub struct PolicyCheckArgs {
    /// Components; `-` is the standard input.
    #[arg(required = true, value_name = "COMPONENT.wasm")]
    pub files: Vec<String>,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Runs the table tests of a policy, on wasmtime and on the filter's interpreter.
#[cfg(feature = "run")]
#[derive(Debug, Args)]
#[command(after_help = TEST_HELP)]
pub struct TestArgs {
    /// Folders of crates, whose tables are in `tests`; with `--policy`, folders of tables.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folders: Vec<PathBuf>,

    /// A component to test instead of building one.
    #[arg(long, value_name = "COMPONENT.wasm")]
    pub policy: Option<String>,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Asks a policy about one snapshot, on wasmtime and on the filter's interpreter.
#[cfg(feature = "run")]
#[derive(Debug, Args)]
#[command(after_help = EVAL_HELP)]
pub struct EvalArgs {
    /// The component.
    #[arg(value_name = "COMPONENT.wasm")]
    pub policy: String,

    /// The snapshot, as JSON; `-` is the standard input.
    #[arg(value_name = "SNAPSHOT.json")]
    pub snapshot: String,

    /// A parameter in place of the snapshot's. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = param)]
    pub param: Vec<(String, String)>,

    /// What it may use, as `policy.fuel` of a rollout.
    #[arg(long, value_name = "N", default_value_t = 1_500_000)]
    pub fuel: u64,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[cfg(feature = "run")]
fn param(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "expected a name and a value, such as limit=0.5%".to_owned())
}
