//! Whether the Serinus filter took a rollout that was found sound.
//!
//! It gives everyone the baseline if it did not, rather than end Envoy, and says so in the log. Nothing that is seen then
//! tells of the rollout. The usual reason is that the rollout has a policy and the filter is the build that runs none.

use serinus_host::proxy::Proxy;

/// How such a line of the filter's begins.
const CONFIG_ERROR: &str = "serinus.config_error ";

/// The filter did not take a rollout.
///
/// ```
/// use serinus_lab::scenario::NotTakenError;
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

/// Looks through what was logged at the start, by plugins that were given a sound rollout.
///
/// # Errors
/// The first that complained.
pub fn taken(proxy: &Proxy, given: impl Fn(&str) -> bool) -> Result<(), NotTakenError> {
    let complaint = proxy.logs().into_iter().find_map(|line| {
        let why = line.text.strip_prefix(CONFIG_ERROR).filter(|_| given(&line.plugin))?;
        let why = why.strip_prefix(&format!("plugin={} ", line.plugin)).unwrap_or(why).to_owned();
        Some(NotTakenError { plugin: line.plugin.to_string(), why })
    });
    complaint.map_or(Ok(()), Err)
}
