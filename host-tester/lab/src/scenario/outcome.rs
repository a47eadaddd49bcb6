//! What came of a scenario.

use super::Scenario;
use super::file::ScenarioError;
use super::judge::ExpectationResult;
use std::path::PathBuf;
use std::time::Duration;

/// What came of a scenario that ran.
///
/// ```
/// use serinus_lab::scenario::{Options, Runner, Scenario, Source};
///
/// # let folder = std::env::temp_dir().join(format!("serinus-doc-outcome-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let module = folder.join("mine.wasm");
/// # std::fs::write(&module, serinus_host::example::FILTER)?;
/// # let options = Options { filter: Some(module), ..Options::default() };
/// let scenario = Scenario::parse(Source::new("mine.yaml", "
/// scenario: one is right, and one is not
/// plugins: [{ name: mine }]
/// steps:
///   - request: { path: / }
///     expect: { status: 200, body: welcome }
/// "))?;
/// let outcome = Runner::new()?.run(&scenario, &options, &mut ())?;
/// assert!(!outcome.passed());
/// assert_eq!((outcome.failures(), outcome.results.len(), outcome.requests), (1, 2, 1));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Of everything that was drawn.
    pub seed: u64,
    /// The module of plugins that name none, where the command said one.
    pub filter: Option<PathBuf>,
    /// How long it lasted on its own clock.
    pub simulated: Duration,
    /// How long it took. Not part of anything that is compared.
    pub wall: Duration,
    /// How many requests were over, those of steps included.
    pub requests: u64,
    /// Every expectation, in the order of the file.
    pub results: Vec<ExpectationResult>,
}

impl Outcome {
    /// Whether every expectation holds.
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.passed)
    }

    /// How many expectations do not hold.
    pub fn failures(&self) -> usize {
        self.results.iter().filter(|result| !result.passed).count()
    }
}

/// What came of a file.
#[derive(Debug)]
pub enum RunResult {
    /// The scenario ran.
    Completed(Box<Scenario>, Outcome),
    /// The file says no sound scenario.
    Invalid(String, ScenarioError),
    /// The scenario could not be run.
    NotRun {
        /// Its file.
        file: String,
        /// Its name.
        name: String,
        /// Why, with what would help.
        why: String,
        /// Whether the filter is at fault.
        fell_short: bool,
    },
}

impl RunResult {
    /// The file.
    pub fn file(&self) -> &str {
        match self {
            Self::Completed(_, outcome) => &outcome.file,
            Self::Invalid(file, _) | Self::NotRun { file, .. } => file,
        }
    }

    /// The scenario's name, or that of its file.
    pub fn name(&self) -> &str {
        match self {
            Self::Completed(_, outcome) => &outcome.name,
            Self::Invalid(file, _) => file,
            Self::NotRun { name, .. } => name,
        }
    }
}
