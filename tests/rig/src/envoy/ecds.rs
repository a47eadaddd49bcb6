//! Extension config discovery from files: a filter's configuration that can be changed while it serves.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::filter::Filter;
use crate::{Error, Result};

/// The file in which Envoy finds one filter.
pub(super) struct Discovery {
    pub filter: Filter,
    dir: PathBuf,
    version: u64,
}

impl Discovery {
    /// Writes the first version, in a directory of its own below this one.
    pub fn publish(filter: Filter, below: &Path) -> Result<Self> {
        let dir = below.join(format!("ecds-{}", filter.name));
        fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
        let mut discovery = Self { filter, dir, version: 0 };
        discovery.write()?;
        Ok(discovery)
    }

    /// What stands for the filter in the chain.
    pub fn reference(&self) -> Value {
        json!({
            "name": self.filter.name,
            "config_discovery": {
                "config_source": {
                    "resource_api_version": "V3",
                    "path_config_source": { "path": self.path(), "watched_directory": { "path": self.dir } },
                },
                "type_urls": [self.filter.typed_config["@type"]],
            },
        })
    }

    /// Publishes the next version by an atomic rename: Envoy never reads half a file.
    pub fn write(&mut self) -> Result<()> {
        self.version += 1;
        let response = json!({
            "version_info": self.version.to_string(),
            "resources": [{
                "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
                "name": self.filter.name,
                "typed_config": self.filter.typed_config,
            }],
        });
        let next = self.dir.with_extension("next");
        fs::write(&next, response.to_string()).map_err(Error::file(&next))?;
        fs::rename(&next, self.path()).map_err(Error::file(&next))
    }

    fn path(&self) -> PathBuf {
        self.dir.join("filter.json")
    }
}
