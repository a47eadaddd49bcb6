//! An access log in which requests are found by the number that they carry.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use serinus_rig::AccessEntry;
use tempfile::TempDir;

use crate::upstream::NUMBER;

/// What Envoy says of a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    number: Option<String>,
    pub cluster: Option<String>,
    pub route: Option<String>,
    #[serde(deserialize_with = "set")]
    pub flags: String,
    #[serde(deserialize_with = "set")]
    pub details: String,
    #[serde(deserialize_with = "count")]
    pub attempts: u64,
}

/// Nothing is null, or `-`.
fn set<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| text != "-").unwrap_or_default())
}

fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(Option::<u64>::deserialize(from)?.unwrap_or_default())
}

impl From<AccessEntry> for Entry {
    fn from(entry: AccessEntry) -> Self {
        let AccessEntry { cluster, flags, details, attempts, .. } = entry;
        let (number, route, attempts) = (None, None, u64::from(attempts));
        Self { number, cluster, route, flags, details, attempts }
    }
}

/// The log, as far as it has been read.
pub struct Entries {
    /// Holds the file.
    _folder: TempDir,
    path: PathBuf,
    read: usize,
    known: HashMap<String, Entry>,
}

impl Entries {
    pub fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let path = folder.path().join("entries.log");
        Ok(Self { _folder: folder, path, read: 0, known: HashMap::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads on; a line that is still being written is left for the next time.
    pub fn read(&mut self) {
        let all = fs::read(&self.path).unwrap_or_default();
        let new = all.get(self.read..).unwrap_or_default();
        let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in new.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
            let entry = serde_json::from_slice::<Entry>(line).ok();
            if let Some((number, entry)) = entry.and_then(|e| Some((e.number.clone()?, e))) {
                self.known.insert(number, entry);
            }
        }
        self.read += whole;
    }

    pub fn has(&self, number: &str) -> bool {
        self.known.contains_key(number)
    }

    pub fn get(&self, number: &str) -> Option<Entry> {
        self.known.get(number).cloned()
    }
}

/// Adds the log to the configuration.
pub fn log_to(path: &Path) -> impl Fn(&mut Value) + Send + Sync + use<> {
    let log = json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": { "json_format": {
                "number": format!("%REQ({NUMBER})%"),
                "cluster": "%UPSTREAM_CLUSTER%",
                "route": "%ROUTE_NAME%",
                "flags": "%RESPONSE_FLAGS%",
                "details": "%RESPONSE_CODE_DETAILS%",
                "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
            }},
        },
    });
    move |bootstrap| {
        let listener = &mut bootstrap["static_resources"]["listeners"][0];
        let hcm = &mut listener["filter_chains"][0]["filters"][0]["typed_config"];
        if let Some(logs) = hcm["access_log"].as_array_mut() {
            logs.push(log.clone());
        }
    }
}
