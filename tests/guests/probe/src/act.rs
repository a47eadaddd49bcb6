//! What the script can order. Each order logs what the host said to it.

use crate::line::{quoted, status, unescaped};
use crate::show::{BUFFERS, MAPS, everything, pairs, property, say};
use crate::{host, state};

/// The words of an action after its name.
struct Words<'a>(&'a [String]);

impl Words<'_> {
    fn word(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }

    fn bytes(&self, at: usize) -> Vec<u8> {
        unescaped(self.word(at))
    }

    /// A number; negative ones as the ABI would carry them.
    fn number(&self, at: usize) -> i64 {
        self.word(at).parse().unwrap_or_default()
    }

    fn small(&self, at: usize) -> u32 {
        self.number(at) as u32
    }

    /// `name=value` words from here on, up to a `/`.
    fn pairs(&self, from: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let words = self.0.iter().skip(from).take_while(|word| *word != "/");
        words
            .map(|word| {
                let (key, value) = word.split_once('=').unwrap_or((word, ""));
                (unescaped(key), unescaped(value))
            })
            .collect()
    }

    /// The pairs behind the `/`.
    fn more_pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let slash = self.0.iter().position(|word| word == "/");
        slash.map_or_else(Vec::new, |at| self.pairs(at + 1))
    }

    /// A map, buffer or other thing, by name or number.
    fn one_of(&self, at: usize, names: &[&str]) -> u32 {
        let word = self.word(at);
        names.iter().position(|name| *name == word).map_or_else(|| self.small(at), |n| n as u32)
    }

    fn map(&self, at: usize) -> u32 {
        self.one_of(at, &MAPS)
    }

    fn buffer(&self, at: usize) -> u32 {
        self.one_of(at, &BUFFERS)
    }

    fn side(&self, at: usize) -> u32 {
        self.one_of(at, &["request", "response", "downstream", "upstream"])
    }

    /// A metric by the name it was defined under, or by any number.
    fn metric(&self, at: usize) -> u32 {
        let defined = state::with(|state| state.metrics.get(self.word(at)).copied());
        defined.unwrap_or_else(|| self.small(at))
    }

    /// A callout, by order of beginning; any other token as `token N`.
    fn token(&self, at: usize) -> u32 {
        if self.word(at) == "token" {
            return self.small(at + 1);
        }
        let nth = self.number(at) as usize;
        state::with(|state| state.callouts.get(nth.wrapping_sub(1)).map_or(u32::MAX, |call| call.0))
    }

    fn queue(&self, at: usize) -> u32 {
        if self.word(at) == "last" { state::with(|state| state.queue) } else { self.small(at) }
    }
}

/// Does one thing in the name of context `id`; what the callback is to return, if that was it.
pub fn run(id: u32, who: &str, action: &[String]) -> Option<u32> {
    let (name, words) = action.split_first()?;
    let words = Words(words);
    match name.as_str() {
        "return" => return Some(words.small(0)),
        "dump" => {
            let script = state::with(|state| state.script(id));
            everything(who, &script);
            return None;
        }
        "panic" => core::panic!("as ordered"),
        "loop" => loop {
            core::hint::black_box(());
        },
        _ => {}
    }
    let said = on_stream(id, name, &words)
        .or_else(|| on_maps(name, &words))
        .or_else(|| on_shared(name, &words))
        .or_else(|| on_callouts(id, name, &words))
        .or_else(|| on_metrics(name, &words))
        .or_else(|| on_host(name, &words));
    let said = said.unwrap_or_else(|| "no such action".into());
    say(&format!("{who}   {} -> {said}", action.join(" ")));
    None
}

fn answer(answer: host::Answer<Vec<u8>>) -> String {
    match answer {
        (0, bytes) => format!("OK {}", quoted(&bytes)),
        (code, bytes) if bytes.is_empty() => status(code),
        (code, bytes) => format!("{} {}", status(code), quoted(&bytes)),
    }
}

fn number(answer: host::Answer<impl std::fmt::Display>) -> String {
    match answer {
        (0, value) => format!("OK {value}"),
        (code, _) => status(code),
    }
}

fn on_stream(id: u32, name: &str, words: &Words<'_>) -> Option<String> {
    Some(match name {
        "resume" => status(host::continue_stream(words.side(0))),
        "close" => status(host::close_stream(words.side(0))),
        "reply" => {
            let grpc = words.word(2).parse().unwrap_or(-1);
            status(host::reply(words.small(0), &words.bytes(1), &words.pairs(3), grpc))
        }
        "effective" => status(host::set_effective_context(effective(id, words))),
        "done" => status(host::done()),
        _ => return None,
    })
}

/// The context that is meant: the newest `stream`, the `owner` of the callout that was
/// answered last, one by name, a number.
fn effective(id: u32, words: &Words<'_>) -> u32 {
    let context = state::with(|state| match words.word(0) {
        "self" => Some(id),
        "stream" => state.newest_stream(),
        "owner" => state.owner,
        name => state.named(name),
    });
    context.unwrap_or_else(|| words.small(0))
}

fn on_maps(name: &str, words: &Words<'_>) -> Option<String> {
    let (map, key, value) = (words.map(0), words.bytes(1), words.bytes(2));
    Some(match name {
        "get" => answer(host::header(map, &key)),
        "add" => status(host::add_header(map, &key, &value)),
        "replace" => status(host::replace_header(map, &key, &value)),
        "remove" => status(host::remove_header(map, &key)),
        "set_map" => status(host::set_headers(map, &words.pairs(1))),
        "size" => number(host::headers_size(map)),
        "map" => match host::headers(map) {
            (0, bytes) => format!("OK {}", pairs(&bytes)),
            other => answer(other),
        },
        "buffer" => {
            answer(host::buffer(words.buffer(0), words.small(1) as usize, words.small(2) as usize))
        }
        "set_buffer" => status(host::set_buffer(
            words.buffer(0),
            words.small(1) as usize,
            words.small(2) as usize,
            &words.bytes(3),
        )),
        "buffer_status" => {
            let (code, (len, flags)) = host::buffer_status(words.buffer(0));
            format!("{} {len} flags {flags}", status(code))
        }
        _ => return None,
    })
}

fn on_shared(name: &str, words: &Words<'_>) -> Option<String> {
    Some(match name {
        "get_shared" => {
            let (code, (bytes, cas)) = host::shared(&words.bytes(0));
            state::with(|state| state.cas = cas);
            format!("{} {} cas {cas}", status(code), quoted(&bytes))
        }
        "set_shared" => {
            let last = state::with(|state| state.cas);
            let cas = if words.word(2) == "last" { last } else { words.small(2) };
            status(host::set_shared(&words.bytes(0), &words.bytes(1), cas))
        }
        "register_queue" => queue(host::register_queue(&words.bytes(0))),
        "resolve_queue" => queue(host::resolve_queue(&words.bytes(0), &words.bytes(1))),
        "enqueue" => status(host::enqueue(words.queue(0), &words.bytes(1))),
        "dequeue" => answer(host::dequeue(words.queue(0))),
        _ => return None,
    })
}

fn queue(found: host::Answer<u32>) -> String {
    if found.0 == 0 {
        state::with(|state| state.queue = found.1);
    }
    number(found)
}

fn on_callouts(id: u32, name: &str, words: &Words<'_>) -> Option<String> {
    let text = |at| words.bytes(at);
    Some(match name {
        // http_call CLUSTER TIMEOUT BODY name=value... / name=value...
        "http_call" => {
            let (headers, trailers) = (words.pairs(3), words.more_pairs());
            begun(id, host::http_call(&text(0), &headers, &text(2), &trailers, words.small(1)))
        }
        // grpc_call CLUSTER TIMEOUT SERVICE METHOD MESSAGE name=value...
        "grpc_call" => {
            let metadata = words.pairs(5);
            let message = text(4);
            let call = host::grpc_call(
                &service(words.word(0)),
                &text(2),
                &text(3),
                &metadata,
                &message,
                words.small(1),
            );
            begun(id, call)
        }
        // grpc_stream CLUSTER SERVICE METHOD name=value...
        "grpc_stream" => {
            let cluster = service(words.word(0));
            begun(id, host::grpc_stream(&cluster, &text(1), &text(2), &words.pairs(3)))
        }
        // grpc_send CALL END MESSAGE
        "grpc_send" => status(host::grpc_send(words.token(0), &text(2), words.small(1))),
        "grpc_cancel" => status(host::grpc_cancel(words.token(0))),
        "grpc_close" => status(host::grpc_close(words.token(0))),
        _ => return None,
    })
}

/// Envoy wants a serialised `envoy.config.core.v3.GrpcService`: field 1, its `EnvoyGrpc`, whose field 1 is the cluster.
/// A word that starts with `raw:` is handed over as it is.
fn service(cluster: &str) -> Vec<u8> {
    if let Some(raw) = cluster.strip_prefix("raw:") {
        return unescaped(raw);
    }
    let name = unescaped(cluster);
    let inner = [&[0x0a, name.len() as u8][..], &name].concat();
    [&[0x0a, inner.len() as u8][..], &inner].concat()
}

fn begun(id: u32, (code, token): host::Answer<u32>) -> String {
    if code != 0 {
        return status(code);
    }
    let nth = state::with(|state| {
        state.callouts.push((token, id));
        state.callouts.len()
    });
    format!("OK {nth}")
}

fn on_metrics(name: &str, words: &Words<'_>) -> Option<String> {
    Some(match name {
        "define" => {
            let kind = words.one_of(0, &["counter", "gauge", "histogram"]);
            let (code, id) = host::define_metric(kind, &words.bytes(1));
            if code == 0 {
                state::with(|state| state.metrics.insert(words.word(1).into(), id));
            }
            format!("{} {id}", status(code))
        }
        "increment" => status(host::increment_metric(words.metric(0), words.number(1))),
        "record" => status(host::record_metric(words.metric(0), words.number(1) as u64)),
        "metric" => number(host::metric(words.metric(0))),
        _ => return None,
    })
}

fn on_host(name: &str, words: &Words<'_>) -> Option<String> {
    Some(match name {
        "property" => {
            let (code, value) = property(words.word(0));
            if code == 0 { format!("OK {value}") } else { status(code) }
        }
        "raw_property" => answer(host::property(&words.bytes(0))),
        "set_property" => status(host::set_property(&words.bytes(0), &words.bytes(1))),
        "foreign" => answer(host::call_foreign(&words.bytes(0), &words.bytes(1))),
        "tick_period" => status(host::set_tick_period(words.small(0))),
        "time" => status(host::time().0),
        "log_level" => number(host::log_level()),
        "status" => {
            let (code, (last, text)) = host::status();
            format!("{} {last} {}", status(code), quoted(&text))
        }
        "log" => status(host::log(words.small(0), &words.bytes(1))),
        _ => return None,
    })
}
