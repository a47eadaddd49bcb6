//! Whether the Serinus filter took a rollout that was found sound.
//!
//! It gives everyone the baseline if it did not, rather than end Envoy, and says so in the log. Nothing that is seen then
//! tells of the rollout. The usual reason is that the rollout has a policy and the filter is the build that runs none.

use serinus_core::contract::log;

/// The filter did not take a rollout.
///
/// ```
/// use serinus_lab::not_taken::NotTakenError;
///
/// let why = "policy: this filter has no policy interpreter; use serinus-filter-policies.wasm".to_owned();
/// let refused = NotTakenError { plugin: "checkout".to_owned(), why };
/// assert!(refused.to_string().starts_with("plugin `checkout`: the filter does not take the rollout: policy: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{plugin}`: the filter does not take the rollout: {why}")]
pub struct NotTakenError {
    /// Which plugin.
    pub plugin: String,
    /// What the filter says.
    pub why: String,
}

/// Reads what was logged at the start, as pairs of a plugin's name and a line, of the plugins that were `given` a sound rollout.
///
/// # Errors
/// The first that complained.
pub fn taken<'a>(
    mut logged: impl Iterator<Item = (&'a str, &'a str)>,
    given: impl Fn(&str) -> bool,
) -> Result<(), NotTakenError> {
    let complaint = logged.find_map(|(plugin, text)| {
        let why = log::read_config_error(plugin, text).filter(|_| given(plugin))?;
        Some(NotTakenError { plugin: plugin.to_owned(), why: why.to_owned() })
    });
    complaint.map_or(Ok(()), Err)
}
