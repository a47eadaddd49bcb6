//! Callbacks that are wrong, missing, or there for nothing.

use super::Subject;
use super::exports::signature;
use crate::abi::table::{CALLBACKS, Callback, Of};
use crate::lint::code::{Returns, idle};
use crate::lint::finding::Finding;

/// A host function whose answer comes by a callback.
struct Asks {
    functions: &'static [&'static str],
    callback: &'static str,
    lost: &'static str,
}

const ASKS: &[Asks] = &[
    Asks {
        functions: &["proxy_set_tick_period_milliseconds"],
        callback: "proxy_on_tick",
        lost: "the timer runs for nothing",
    },
    Asks {
        functions: &["proxy_http_call"],
        callback: "proxy_on_http_call_response",
        lost: "no answer is ever seen; a stream that waits for one waits for ever",
    },
    Asks {
        functions: &["proxy_grpc_call", "proxy_grpc_stream"],
        callback: "proxy_on_grpc_receive",
        lost: "no message is ever seen; a stream that waits for one waits for ever",
    },
    Asks {
        functions: &["proxy_register_shared_queue"],
        callback: "proxy_on_queue_ready",
        lost: "it is not told when there is something in its queue",
    },
    Asks {
        functions: &["envoy_resolve_dns"],
        callback: "envoy_on_resolve_dns",
        lost: "no address is ever seen",
    },
];

/// What is wrong with the callbacks.
pub(super) fn findings(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let called =
        || CALLBACKS.iter().filter(|c| subject.abi.is_some_and(|abi| c.abis.contains(&abi)));
    let mut findings: Vec<Finding> =
        called().filter_map(|callback| signature(subject, callback)).collect();
    findings.extend(ASKS.iter().filter_map(|asks| unanswered(subject, asks)));
    findings.extend(called().filter_map(|callback| refusing(subject, callback)));
    let idle: Vec<&str> = called().filter(|c| is_idle(subject, c)).map(|c| c.name).collect();
    if idle.is_empty() {
        findings.extend(everything(subject));
    } else {
        findings.push(for_nothing(subject, idle));
    }
    findings
}

fn unanswered(subject: &Subject<'_, '_>, asks: &Asks) -> Option<Finding> {
    if subject.module.exported(asks.callback).is_some() {
        return None;
    }
    let called: Vec<_> = asks.functions.iter().filter(|name| subject.calls(name)).collect();
    (!called.is_empty()).then(|| {
        Finding::warning(
            "no-answer",
            subject.envoy,
            format!("asks the host, and exports no `{}` for its answer", asks.callback),
        )
        .why(asks.lost)
        .remedy(format!("export `{}`; with an SDK, see that the linker keeps it", asks.callback))
        .all(called)
    })
}

/// A plugin callback that does nothing but say no.
fn refusing(subject: &Subject<'_, '_>, callback: &Callback) -> Option<Finding> {
    let refuses = matches!(callback.name, "proxy_on_vm_start" | "proxy_on_configure")
        && returns(subject, callback)? == Returns::Constant(0);
    refuses.then(|| {
        Finding::error("always-refuses", subject.envoy, "refuses every configuration")
            .why("it always returns 0, which says that the plugin must not be used")
            .remedy("return 1, or drop the export")
            .named(callback.name)
    })
}

fn returns(subject: &Subject<'_, '_>, callback: &Callback) -> Option<Returns> {
    idle(subject.module, subject.module.exported(callback.name)?)
}

/// Whether Envoy would do the same without this callback, and calls it per stream.
fn is_idle(subject: &Subject<'_, '_>, callback: &Callback) -> bool {
    let nothing = callback.neutral.map_or(Returns::Void, Returns::Constant);
    matches!(callback.of, Of::Http | Of::Tcp | Of::Every)
        && returns(subject, callback) == Some(nothing)
}

fn for_nothing(subject: &Subject<'_, '_>, names: Vec<&str>) -> Finding {
    Finding::warning("idle-callback", subject.envoy, "exports callbacks that do nothing")
        .why(
            "Envoy calls every exported callback for every stream: all of them, empty, cost 6.3 us a request where \
             one costs 2.8 us (measured on 1.40)",
        )
        .remedy("drop the exports: without them Envoy does the same")
        .all(names)
}

/// An SDK exports every callback, and whether the filter behind it does anything does not show.
fn everything(subject: &Subject<'_, '_>) -> Option<Finding> {
    let of = |kind| CALLBACKS.iter().filter(move |callback| callback.of == kind);
    let exported = |callback: &&Callback| subject.module.exported(callback.name).is_some();
    let http = of(Of::Http).filter(exported).map(|callback| callback.name);
    let http: std::collections::BTreeSet<&str> = http.collect();
    let both = http.len() >= 6 && of(Of::Tcp).filter(exported).count() >= 5;
    both.then(|| {
        Finding::note("every-callback", subject.envoy, "exports every callback, as SDKs do")
            .why(
                "Envoy calls each of them for every HTTP stream, whether the filter has something to do there or not, \
                 which cannot be told from the module; empty ones cost 3.5 us a request (measured on 1.40)",
            )
            .remedy("take the exports that the filter does not implement out of the module after linking")
            .all(http)
    })
}
