//! One per request: is the token known, and may it pass once more?

use crate::config::Config;
use crate::quota;
use crate::root::{Metrics, add_one};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

/// How long the authorisation cluster may take.
const TIMEOUT: Duration = Duration::from_millis(500);

/// One request.
pub struct Check {
    config: Rc<Config>,
    metrics: Metrics,
    token: String,
}

impl Check {
    /// A request of which nothing is known yet.
    pub fn new(config: Rc<Config>, metrics: Metrics) -> Self {
        Self { config, metrics, token: String::new() }
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        self.get_current_time().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Whether the token was known a short while ago.
    fn is_remembered(&self) -> bool {
        let (until, _) = self.get_shared_data(&self.key());
        let until = until.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        until > self.now()
    }

    /// Any worker may write this, and all write the same, so nothing is lost by overwriting.
    fn remember(&self) {
        let until = self.now() + self.config.ttl_seconds;
        if let Err(status) = self.set_shared_data(&self.key(), Some(&until.to_le_bytes()), None) {
            log::error!("an answer is not remembered: {status:?}");
        }
    }

    fn key(&self) -> String {
        format!("known/{}", self.token)
    }

    /// Whether the token may pass once more in this minute; answers 429 if not.
    fn may_pass(&self) -> bool {
        let passes = quota::count(self.config.counting, &self.token, self.now() / 60);
        let may = passes <= self.config.quota;
        if may {
            add_one(self.metrics.passed);
        } else {
            add_one(self.metrics.over_quota);
            self.send_http_response(429, vec![], Some(b"too many requests"));
        }
        may
    }

    fn deny(&self, status: u32, why: &str) {
        add_one(self.metrics.denied);
        log::info!("denied: {why}");
        self.send_http_response(status, vec![], Some(why.as_bytes()));
    }
}

impl HttpContext for Check {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        // As bytes: a header that is no text would end the VM in `get_http_request_header`.
        let token = self.get_http_request_header_bytes("authorization").unwrap_or_default();
        self.token = String::from_utf8(token).unwrap_or_default();
        if self.token.is_empty() {
            self.deny(401, "no token");
            return Action::Pause;
        }
        if self.is_remembered() {
            add_one(self.metrics.remembered);
            return if self.may_pass() { Action::Continue } else { Action::Pause };
        }
        let headers = vec![
            (":method", "GET"),
            (":path", "/check"),
            (":authority", self.config.authz.as_str()),
            ("authorization", self.token.as_str()),
        ];
        if let Err(status) =
            self.dispatch_http_call(&self.config.authz, headers, None, vec![], TIMEOUT)
        {
            log::error!("nobody can be asked: {status:?}");
            self.deny(503, "nobody can be asked");
        }
        Action::Pause
    }
}

impl Context for Check {
    fn on_http_call_response(&mut self, _: u32, _: usize, _: usize, _: usize) {
        let status = self.get_http_call_response_header(":status");
        match status.and_then(|status| status.parse::<u32>().ok()) {
            Some(200) => {
                self.remember();
                if self.may_pass() {
                    self.resume_http_request();
                }
            }
            // An answer that is missing or broken is no permission.
            None | Some(500..) => self.deny(503, "the authorisation service failed"),
            Some(_) => self.deny(403, "this token is not known"),
        }
    }
}
