//! Users who ask at an even rate, whatever the answers: who asks when is the same as before a real Envoy.

use std::collections::HashMap;
use std::time::Duration;

use serinus_host::proxy::{Exchange, Request};
use serinus_rig::{Picker, USER_HEADER, Users};

use super::super::{PATH, USERS};
use crate::cli::Args;

/// Who asks, and when.
pub struct Traffic {
    users: Picker,
    rate: f64,
    sent: u64,
    open: bool,
    waiting: HashMap<u64, String>,
}

impl Traffic {
    /// None yet.
    pub fn new(args: &Args) -> Self {
        Self {
            users: Picker::new(Users::Uniform(USERS), args.seed),
            rate: args.rate.into(),
            sent: 0,
            open: true,
            waiting: HashMap::new(),
        }
    }

    /// When the next request is due, since the start; `None` if there is none any more.
    pub fn due(&self) -> Option<Duration> {
        self.open.then(|| Duration::from_secs_f64(self.sent as f64 / self.rate))
    }

    /// The next request.
    pub fn next_request(&mut self) -> Request {
        self.sent += 1;
        let user = self.users.pick();
        let request = Request::get(PATH).header(USER_HEADER, &user);
        self.waiting.insert(self.sent, user);
        request.tag(self.sent)
    }

    /// Who asked.
    pub fn user_of(&mut self, exchange: &Exchange) -> String {
        self.waiting.remove(&exchange.tag).unwrap_or_default()
    }

    /// Nobody asks any more.
    pub fn close(&mut self) {
        self.open = false;
    }
}
