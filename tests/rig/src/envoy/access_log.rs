//! What Envoy says about each request when it is over.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{COHORT_HEADER, USER_HEADER};

/// One line of the access log.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessEntry {
    /// When the request came.
    pub started: SystemTime,
    /// Who asked, by [`USER_HEADER`].
    pub user: Option<String>,
    /// The [`COHORT_HEADER`] with which it was routed.
    pub cohort: Option<String>,
    /// Method and path.
    pub request: String,
    /// The status; 0 where none was sent.
    pub code: u16,
    /// Envoy's response flags, such as `UF,URX`; empty if there are none.
    pub flags: String,
    /// The response code details, such as `via_upstream`.
    pub details: String,
    /// The cluster it was routed to.
    pub cluster: Option<String>,
    /// The address that answered or should have.
    pub upstream: Option<String>,
    /// How often it was tried at upstreams.
    pub attempts: u32,
    /// From its first byte to the last of the answer.
    pub duration: Duration,
}

impl AccessEntry {
    /// Whether this is among the flags.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.split(',').any(|f| f == flag)
    }
}

#[derive(Deserialize)]
struct Line {
    started: String,
    user: Option<String>,
    cohort: Option<String>,
    request: String,
    code: Option<u16>,
    flags: Option<String>,
    details: Option<String>,
    cluster: Option<String>,
    upstream: Option<String>,
    attempts: Option<u32>,
    duration: Option<u64>,
}

impl From<Line> for AccessEntry {
    fn from(line: Line) -> Self {
        let set = |text: Option<String>| text.filter(|text| text != "-").unwrap_or_default();
        let seconds = Duration::try_from_secs_f64(line.started.parse().unwrap_or_default())
            .unwrap_or_default();
        Self {
            started: SystemTime::UNIX_EPOCH + seconds,
            user: line.user,
            cohort: line.cohort,
            request: line.request,
            code: line.code.unwrap_or_default(),
            flags: set(line.flags),
            details: set(line.details),
            cluster: line.cluster,
            upstream: line.upstream,
            attempts: line.attempts.unwrap_or_default(),
            duration: Duration::from_millis(line.duration.unwrap_or_default()),
        }
    }
}

/// The entries in a log; a line that is still being written is left for the next reading.
pub(super) fn parse(log: &str) -> Vec<AccessEntry> {
    log.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(Into::into).collect()
}

/// The access log's place in the configuration.
pub(super) fn config(path: &std::path::Path) -> Value {
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": { "json_format": {
                "started": "%START_TIME(%s.%6f)%",
                "user": format!("%REQ({USER_HEADER})%"),
                "cohort": format!("%REQ({COHORT_HEADER})%"),
                "request": "%REQ(:METHOD)% %REQ(:PATH)%",
                "code": "%RESPONSE_CODE%",
                "flags": "%RESPONSE_FLAGS%",
                "details": "%RESPONSE_CODE_DETAILS%",
                "cluster": "%UPSTREAM_CLUSTER%",
                "upstream": "%UPSTREAM_HOST%",
                "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
                "duration": "%DURATION%",
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_half_a_line_is_left() {
        let line = r#"{"started":"1700000000.250000","user":"u1","cohort":null,"request":"GET /","code":503,"flags":"UF,URX",
            "details":"x","cluster":"canary","upstream":"127.0.0.1:9","attempts":3,"duration":12}"#
            .replace('\n', "");
        let entries = parse(&format!("{line}\n{}", &line[..40]));
        assert_eq!(entries.len(), 1);
        assert_eq!((entries[0].code, entries[0].attempts), (503, 3));
        assert!(
            entries[0].has_flag("UF") && entries[0].has_flag("URX") && !entries[0].has_flag("U")
        );
        let since = entries[0].started.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(since, Duration::from_millis(1_700_000_000_250));
    }
}
