//! What is done one after the other, and what is expected of each.

use super::cluster::{NamedBehaviour, Phase};
use super::http::Statuses;
use super::matcher::Matcher;
use super::plugin::{Config, ConfigText, SourcedConfig};
use super::read::Wanted;
use super::read::declare::{checked, shape};
use super::read::decode::{Decode, Definitions, Mistakes, Node};
use super::request::{Connection, Request};
use serde_json::{Value, json};
use serinus_core::diagnostic::suggestion::suggestion;
use std::collections::BTreeMap;
use std::time::Duration;

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When it begins, since the start; `None`: once the step before it is over.
    pub at: Option<Duration>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sends a request.
    Request {
        /// What is sent.
        request: Box<Request>,
        /// What should come of it.
        expect: Box<ExchangeExpectation>,
    },
    /// Opens a TCP connection.
    Connect {
        /// What is sent.
        connection: Connection,
        /// What should come of it.
        expect: Box<ConnectionExpectation>,
    },
    /// Gives a plugin another configuration.
    Configure(Configure),
    /// Changes how a cluster behaves, from now on.
    Cluster {
        /// Which.
        name: String,
        /// How. Its `from` is zero.
        behaviour: Box<Phase>,
    },
}

/// Another configuration for a plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Configure {
    /// Which; empty in a scenario that is still being read and has only one.
    pub plugin: String,
    /// The configuration.
    pub config: Config,
    /// Whether the plugin should accept it.
    pub accepted: bool,
}

shape! {
    /// What should come of a request. What is not said may be anything.
    pub ExchangeExpectation {
        /// The status; null: the client gets no answer.
        status: Wanted<Statuses>,
        /// The cluster that is asked; null: none.
        cluster: Wanted<String>,
        /// The name of the route; null: none matches.
        route: Wanted<String>,
        /// The headers that the upstream receives in the last attempt; null: none of that name.
        sent: BTreeMap<String, Matcher>,
        /// The body that the upstream receives.
        sent_body: Option<Matcher>,
        /// The trailers that the upstream receives.
        sent_trailers: BTreeMap<String, Matcher>,
        /// The headers that the client receives; null: none of that name.
        headers: BTreeMap<String, Matcher>,
        /// The body that the client receives.
        body: Option<Matcher>,
        /// The trailers that the client receives.
        trailers: BTreeMap<String, Matcher>,
        /// Envoy's response flags, exactly these in any order.
        flags: Option<Vec<Flag>>,
        /// Envoy's response code details.
        details: Option<Matcher>,
        /// How often an upstream is asked.
        attempts: Option<u64>,
        /// How long it may take.
        within: Option<Duration>,
        /// Lines that the callbacks of this stream log, each at least once.
        logs: Vec<Matcher>,
    }
}

shape! {
    /// What should come of a connection. What is not said may be anything.
    pub ConnectionExpectation {
        /// All that the client receives.
        received: Option<Matcher>,
        /// All that the upstream receives.
        sent: Option<Matcher>,
        /// The cluster that is asked; null: none.
        cluster: Wanted<String>,
        /// Envoy's response flags, exactly these in any order.
        flags: Option<Vec<Flag>>,
        /// How long it may take.
        within: Option<Duration>,
        /// Lines that the callbacks of this connection log, each at least once.
        logs: Vec<Matcher>,
    }
}

/// One of Envoy's response flags, in its short form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flag(pub String);

/// Those that Envoy 1.40 has.
const FLAGS: [&str; 29] = [
    "LH", "UH", "UT", "LR", "UR", "UF", "UC", "UO", "NR", "DI", "FI", "RL", "UAEX", "RLSE", "DC",
    "URX", "SI", "IH", "DPE", "UMSDR", "RFCF", "NFCF", "DT", "UPE", "NC", "OM", "DF", "DO", "DR",
];

impl Decode for Flag {
    fn decode(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let flag = String::decode(node, mistakes)?;
        if FLAGS.contains(&flag.as_str()) {
            return Some(Self(flag));
        }
        let remedy = suggestion(&flag, &FLAGS, "Envoy's short response flags");
        mistakes.add_with(node.path.as_str(), format!("no response flag is called {flag}"), remedy);
        None
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "enum": FLAGS })
    }
}

shape! {
    /// Another configuration for a plugin.
    RawConfigure {
        /// Which; needed where there are several.
        plugin: String = String::new(),
        /// The configuration: text as it is, anything else as JSON.
        config: Option<ConfigText>,
        /// A configuration from elsewhere in place of `config`. With `accepted: false` it may be unsound.
        sourced("{config}"): Option<SourcedConfig>,
        /// Whether the plugin should accept it; by default it should.
        accepted: bool = true,
    }
}

impl RawConfigure {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Configure> {
        let config = Config::of(self.config, self.sourced, node, mistakes)?;
        Some(Configure { plugin: self.plugin, config, accepted: self.accepted })
    }
}

checked!(Configure, RawConfigure);

/// What a step expects, which is read once it is known of what.
#[derive(Clone, Debug, PartialEq)]
struct Unread(Value);

impl Decode for Unread {
    fn decode(node: &Node<'_>, _: &mut Mistakes) -> Option<Self> {
        Some(Self(node.value.clone()))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [
            ExchangeExpectation::schema(definitions),
            ConnectionExpectation::schema(definitions),
        ] })
    }
}

shape! {
    /// A step: one of `request`, `connect`, `configure` and `cluster`.
    RawStep {
        /// When it begins, since the start; by default once the step before it is over.
        at: Option<Duration>,
        /// Sends a request.
        request: Option<Request>,
        /// Opens a connection; only with `protocol: tcp`.
        connect: Option<Connection>,
        /// Gives a plugin another configuration.
        configure: Option<Configure>,
        /// Changes how a cluster behaves from now on.
        cluster: Option<NamedBehaviour>,
        /// What should come of the request, or of the connection.
        expect: Option<Unread>,
    }
}

impl RawStep {
    fn check(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Step> {
        let at = self.at;
        let expect = self.expect.map_or_else(|| json!({}), |unread| unread.0);
        let said = expect.as_object().is_none_or(|expect| !expect.is_empty());
        let expect = Node::at(&expect, node.key("expect"));
        let action = match (self.request, self.connect, self.configure, self.cluster) {
            (Some(request), None, None, None) => {
                let expect = Box::new(ExchangeExpectation::decode(&expect, mistakes)?);
                Action::Request { request: Box::new(request), expect }
            }
            (None, Some(connection), None, None) => {
                let expect = Box::new(ConnectionExpectation::decode(&expect, mistakes)?);
                Action::Connect { connection, expect }
            }
            (None, None, Some(_), None) | (None, None, None, Some(_)) if said => {
                return expect.fail(
                    mistakes,
                    "only what a request or a connection comes to can be expected here",
                );
            }
            (None, None, Some(configure), None) => Action::Configure(configure),
            (None, None, None, Some(NamedBehaviour { name, behaviour })) => {
                Action::Cluster { name, behaviour: Box::new(behaviour) }
            }
            _ => {
                return node
                    .fail(mistakes, "does exactly one of request, connect, configure, cluster");
            }
        };
        Some(Step { at, action })
    }
}

checked!(Step, RawStep);
