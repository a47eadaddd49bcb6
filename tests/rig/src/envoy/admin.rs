//! What Envoy tells about itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;

use super::Envoy;
use super::bootstrap::LISTENER;
use super::metrics::Metrics;
use crate::{Error, Result};

impl Envoy {
    /// An answer of the admin interface: `envoy.admin("/clusters")`.
    ///
    /// # Errors
    /// If it is not 200.
    pub async fn admin(&self, path: &str) -> Result<String> {
        let reply = self.admin.get(path).send().await?;
        match reply.status {
            200 => Ok(reply.text()),
            status => Err(Error::unexpected(format!(
                "{status} from the admin interface at {path}: {}",
                reply.text()
            ))),
        }
    }

    /// Changes something over the admin interface: `envoy.admin_post("/logging?wasm=debug")`.
    ///
    /// # Errors
    /// If it is not 200.
    pub async fn admin_post(&self, path: &str) -> Result<String> {
        let reply = self.admin.post(path).send().await?;
        match reply.status {
            200 => Ok(reply.text()),
            status => Err(Error::unexpected(format!(
                "{status} from the admin interface at {path}: {}",
                reply.text()
            ))),
        }
    }

    async fn admin_json(&self, path: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.admin(path).await?)?)
    }

    /// All counters and gauges, by Envoy's own names.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn stats(&self) -> Result<BTreeMap<String, u64>> {
        let stats = self.admin_json("/stats?format=json").await?;
        let stats = stats["stats"].as_array().into_iter().flatten();
        Ok(stats
            .filter_map(|stat| Some((stat["name"].as_str()?.into(), stat["value"].as_u64()?)))
            .collect())
    }

    /// One counter or gauge; 0 if there is none of this name.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn stat(&self, name: &str) -> Result<u64> {
        Ok(self.stats().await?.get(name).copied().unwrap_or_default())
    }

    /// The page that Prometheus would scrape. Histograms on it are as old as the last flush, up to 0.5 s.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn metrics(&self) -> Result<Metrics> {
        Ok(Metrics::parse(&self.admin("/stats/prometheus").await?))
    }

    /// The configuration that Envoy believes in.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn config_dump(&self) -> Result<Value> {
        self.admin_json("/config_dump").await
    }

    /// Version, state, command line.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn server_info(&self) -> Result<Value> {
        self.admin_json("/server_info").await
    }

    /// How many connections each worker has accepted so far.
    ///
    /// # Errors
    /// If Envoy does not answer.
    pub async fn worker_connections(&self) -> Result<Vec<u64>> {
        let stats = self.stats().await?;
        let ours = |name: &str| name.starts_with("listener.127.") && name.contains(".worker_");
        let counts =
            stats.iter().filter(|(name, _)| ours(name) && name.ends_with(".downstream_cx_total"));
        Ok(counts.map(|(_, count)| *count).collect())
    }

    /// The address that the listener got from the kernel, once it has one.
    pub(super) async fn listener_address(&self) -> Result<Option<SocketAddr>> {
        let listeners = self.admin_json("/listeners?format=json").await?;
        let all = listeners["listener_statuses"].as_array();
        let Some(ours) =
            all.and_then(|all| all.iter().find(|listener| listener["name"] == LISTENER))
        else {
            return Ok(None);
        };
        let socket = &ours["local_address"]["socket_address"];
        let text =
            format!("{}:{}", socket["address"].as_str().unwrap_or_default(), socket["port_value"]);
        Ok(text.parse().ok().filter(|addr: &SocketAddr| addr.port() != 0))
    }
}
