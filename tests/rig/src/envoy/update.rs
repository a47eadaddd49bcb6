//! Changing a filter in mid-traffic.

use serde_json::Value;

use super::Envoy;
use super::filter::{Configuration, Filter};
use crate::{Error, Result, eventually};

/// How often Envoy has found a good configuration of a filter, has given one to all workers, has refused one.
struct Verdicts {
    read: u64,
    taken: u64,
    refused: u64,
}

impl Envoy {
    /// Gives a plugin under discovery another configuration, and waits until Envoy has taken it. From then on
    /// every worker has it, as far as was ever seen.
    ///
    /// # Errors
    /// [`Error::Rejected`] if Envoy stays with the old one.
    pub async fn update_config(&self, name: &str, config: Value) -> Result<()> {
        self.update(name, |filter| filter.reconfigure(Configuration::Json(config))).await
    }

    /// [`update_config`](Self::update_config) with any text.
    ///
    /// # Errors
    /// [`Error::Rejected`] if Envoy stays with the old one.
    pub async fn update_config_text(&self, name: &str, config: &str) -> Result<()> {
        self.update(name, |filter| filter.reconfigure(Configuration::Text(config.into()))).await
    }

    /// Replaces a filter under discovery by another of the same name and type.
    ///
    /// # Errors
    /// [`Error::Rejected`] if Envoy stays with the old one.
    pub async fn update_filter(&self, filter: impl Into<Filter>) -> Result<()> {
        let filter = filter.into();
        let name = filter.name.clone();
        self.update(&name, |old| *old = filter).await
    }

    async fn update(&self, name: &str, change: impl FnOnce(&mut Filter)) -> Result<()> {
        let before = self.verdicts(name).await?;
        let old = self.publish(name, change)?;
        let same = self
            .discoveries()
            .get(name)
            .is_some_and(|new| new.filter.typed_config == old.typed_config);
        let decided = |now: &Verdicts| {
            // Envoy does not reload what it has already.
            let taken = if same { now.read > before.read } else { now.taken > before.taken };
            taken || now.refused > before.refused
        };
        let verdict = || async { self.verdicts(name).await.ok().filter(decided) };
        let after = eventually(format!("Envoy to decide on the new `{name}`"), verdict).await?;
        if after.refused == before.refused {
            return Ok(());
        }
        if let Some(discovery) = self.discoveries().get_mut(name) {
            discovery.filter = old;
        }
        Err(Error::Rejected { filter: name.into(), log: self.log_end() })
    }

    /// Writes a changed filter for Envoy to find, and returns the one before.
    fn publish(&self, name: &str, change: impl FnOnce(&mut Filter)) -> Result<Filter> {
        let mut discoveries = self.discoveries();
        let missing = || Error::unexpected(format!("no filter `{name}` under discovery"));
        let discovery = discoveries.get_mut(name).ok_or_else(missing)?;
        let old = discovery.filter.clone();
        change(&mut discovery.filter);
        discovery.write()?;
        Ok(old)
    }

    async fn verdicts(&self, name: &str) -> Result<Verdicts> {
        let stats = self.stats().await?;
        let count = |what: &str| {
            let stat = format!("extension_config_discovery.http_filter.{name}.{what}");
            stats.get(&stat).copied().unwrap_or_default()
        };
        Ok(Verdicts {
            read: count("update_success"),
            taken: count("config_reload"),
            refused: count("config_fail") + count("update_rejected"),
        })
    }
}
