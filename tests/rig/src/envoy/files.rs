//! The directory of one Envoy, gone with it unless `SERINUS_KEEP=1`.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::{Error, Result};

pub(super) struct Files {
    pub dir: TempDir,
}

impl Files {
    pub fn create() -> Result<Self> {
        let mut dir = tempfile::Builder::new()
            .prefix("serinus-envoy-")
            .tempdir()
            .map_err(Error::io("a temporary directory"))?;
        if std::env::var_os("SERINUS_KEEP").is_some_and(|keep| keep == "1") {
            dir.disable_cleanup(true);
            eprintln!("Envoy's files are kept in {}", dir.path().display());
        }
        Ok(Self { dir })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn log(&self) -> PathBuf {
        self.path("envoy.log")
    }

    pub fn access_log(&self) -> PathBuf {
        self.path("access.log")
    }

    pub fn admin_address(&self) -> PathBuf {
        self.path("admin-address")
    }

    /// What is in a file so far; nothing if there is none yet.
    pub fn read(path: PathBuf) -> String {
        fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}
