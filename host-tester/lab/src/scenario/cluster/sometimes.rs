//! Behaviour towards a share of the requests: what is said there, laid over what is said for all.

use super::conduct::RawConduct;
use super::{Sometimes, extended};
use crate::scenario::read::Share;
use crate::scenario::read::decode::{Decode, Definitions, Mistakes, Node, described};
use serde_json::{Map, Value, json};

const KEY: &str = "sometimes";

const FAILURES: [&str; 5] = ["connect_fail", "no_host", "timeout", "reset", "reset_after_headers"];

/// Two keys of which a conduct has at most one.
const RIVALS: [(&str, &str); 2] = [("body", "echo"), ("grpc", "grpc_trailers_only")];

/// What a conduct that was read does to shares of the requests.
pub(super) fn all(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Vec<Sometimes>> {
    let base = node.value.as_object()?;
    let Some((_, list)) = node.entries(mistakes)?.into_iter().find(|(key, _)| *key == KEY) else {
        return Some(Vec::new());
    };
    let each = list.list(mistakes)?;
    let read: Vec<Sometimes> = each.iter().filter_map(|one| over(base, one, mistakes)).collect();
    if read.iter().map(|one| one.share.get()).sum::<f64>() > 1.0 + 1e-9 {
        return list.fail(mistakes, "the shares come to more than 100%");
    }
    (read.len() == each.len()).then_some(read)
}

fn over(base: &Map<String, Value>, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Sometimes> {
    let share = node.some_fields(mistakes)?.read("share", None, mistakes);
    RawConduct::decode(&node.sharing(&["share"]), mistakes)?;
    let merged = Value::Object(merge(base, node.value.as_object()?));
    let node = node.holding(&merged);
    let conduct =
        RawConduct::decode(&node.sharing(&["share"]), mistakes)?.check(&node, mistakes)?;
    Some(Sometimes { share: share?, conduct })
}

/// The schema of the list.
pub(super) fn schema(definitions: &mut Definitions) -> Value {
    let share = described(Share::schema(definitions), &["Of how many requests."]);
    let item = extended("Sometimes", &[("share", share)], &["share"], definitions);
    let words = "What is done to a share of the requests instead. What is not said there is as for the rest.";
    described(json!({ "type": "array", "items": item }), &[words])
}

/// What is said above, over what is said below. A failure puts an answer aside, and the other way round.
fn merge(base: &Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    let failing = |map: &Map<String, Value>| FAILURES.iter().any(|key| map.contains_key(*key));
    let answering = over.keys().any(|key| key != "latency" && !FAILURES.contains(&key.as_str()));
    let stays = |key: &str| match key {
        "latency" => true,
        "from" | "name" | KEY => false,
        key if FAILURES.contains(&key) => !failing(over) && !answering,
        _ if failing(over) => over.contains_key("reset_after_headers"),
        key => !RIVALS
            .iter()
            .any(|(a, b)| key == *a && over.contains_key(*b) || key == *b && over.contains_key(*a)),
    };
    let below = base.iter().filter(|(key, _)| stays(key));
    below.chain(over).map(|(key, value)| (key.clone(), value.clone())).collect()
}
