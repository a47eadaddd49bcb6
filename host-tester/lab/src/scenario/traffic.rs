//! Open load: requests that come whether or not earlier ones were answered.

use super::http::{Body, Headers};
use super::read::Share;
use super::read::declare::{checked, choice, shape};
use super::read::decode::{Mistakes, Node};
use std::time::Duration;

/// A stretch of traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// When it begins, since the start.
    pub from: Duration,
    /// How long it lasts; `None`: until the end.
    pub lasts: Option<Duration>,
    /// Requests per second, on average; above zero.
    pub rate: f64,
    /// How they are spread.
    pub arrivals: Arrivals,
    /// The users that they come from.
    pub users: Option<Users>,
    /// What each asks for.
    pub request: Template,
    /// What shares of them ask for instead; the shares come to at most 1.
    pub mix: Vec<Mix>,
}

/// Users `u0`, `u1`, ..., each as likely as any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// How many; at least 1.
    pub count: u64,
    /// The header that names them.
    pub header: String,
}

/// What a request of the traffic asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The host.
    pub host: String,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Body,
    /// How long the client waits before it hangs up; `None`: for ever.
    pub hang_up: Option<Duration>,
}

/// What a share of the requests asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// How many.
    pub share: Share,
    /// What.
    pub request: Template,
}

choice! {
    /// How requests are spread over time.
    pub Arrivals {
        /// Independent of each other, as from many clients.
        Poisson = "poisson",
        /// All equally far apart.
        Even = "even",
    }
}

/// More are no different, and each is remembered.
const MAX_USERS: u64 = 10_000_000;

shape! {
    /// Requests that come whether or not earlier ones were answered.
    RawTraffic {
        /// When it begins, since the start; 0s by default.
        from: Duration = Duration::ZERO,
        /// How long it lasts; by default until the end of the scenario, which must then be said by its `for`.
        lasts("for"): Option<Duration>,
        /// Requests per second.
        rate: f64,
        /// How they are spread; `poisson` by default.
        arrivals: Arrivals = Arrivals::Poisson,
        /// From how many users `u0`, `u1`, ...; without it no user is named.
        users: Option<u64>,
        /// The header that names the user; `x-user-id` by default.
        user_header: String = "x-user-id".to_owned(),
        /// The method; `GET` by default.
        method: String = "GET".to_owned(),
        /// The path with its query; `/` by default.
        path: String = "/".to_owned(),
        /// The host; `example.com` by default.
        host: String = "example.com".to_owned(),
        /// The headers.
        headers: Headers,
        /// The body.
        body: Option<Body>,
        /// After how long the client hangs up; by default never.
        hang_up: Option<Duration>,
        /// What shares of the requests ask for instead.
        mix: Vec<RawMix>,
    }
}

shape! {
    /// What a share of the requests asks for. What is not said is as in the rest of the traffic.
    RawMix {
        /// Of how many requests.
        share: Share,
        /// The method.
        method: Option<String>,
        /// The path with its query.
        path: Option<String>,
        /// The host.
        host: Option<String>,
        /// Headers in addition to, or in place of, those of the rest.
        headers: Headers,
        /// The body.
        body: Option<Body>,
        /// After how long the client hangs up.
        hang_up: Option<Duration>,
    }
}

impl RawMix {
    fn over(self, base: &Template) -> Mix {
        let mut headers = base.headers.clone();
        headers.replace(&self.headers);
        let request = Template {
            method: self.method.unwrap_or_else(|| base.method.clone()),
            path: self.path.unwrap_or_else(|| base.path.clone()),
            host: self.host.unwrap_or_else(|| base.host.clone()),
            headers,
            body: self.body.unwrap_or_else(|| base.body.clone()),
            hang_up: self.hang_up.or(base.hang_up),
        };
        Mix { share: self.share, request }
    }
}

impl RawTraffic {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Traffic> {
        self.sense(node, mistakes)?;
        let Self { from, lasts, rate, arrivals, method, path, host, headers, hang_up, .. } = self;
        let body = self.body.unwrap_or(Body::Bytes(Vec::new()));
        let request = Template { method, path, host, headers, body, hang_up };
        let mix = self.mix.into_iter().map(|mix| mix.over(&request)).collect();
        let header = self.user_header.to_ascii_lowercase();
        let users = self.users.map(|count| Users { count, header });
        Some(Traffic { from, lasts, rate, arrivals, users, request, mix })
    }

    fn sense(&self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<()> {
        let before = mistakes.len();
        if !(self.rate > 0.0 && self.rate <= 1e6) {
            mistakes.add(
                node.key("rate"),
                "expected more than 0 and at most 1000000 requests a second",
            );
        }
        if self.users.is_some_and(|users| !(1..=MAX_USERS).contains(&users)) {
            mistakes.add(node.key("users"), format!("expected 1 to {MAX_USERS} users"));
        }
        if self.mix.iter().map(|mix| mix.share.get()).sum::<f64>() > 1.0 + 1e-9 {
            mistakes.add(node.key("mix"), "the shares come to more than 100%");
        }
        (mistakes.len() == before).then_some(())
    }
}

checked!(Traffic, RawTraffic);
