//! What is assumed, in sentences: a result without them would claim more than a log can tell.

use super::Findings;
use serinus_lab::replay::what_if::Slower;
use serinus_lab::story::{count, lasted, percent, plural};

/// Everything that is assumed.
pub(super) fn assumed(findings: &Findings<'_>) -> Vec<String> {
    let counts = &findings.played.counts;
    let mut all = vec![logged(findings)];
    let (errors, latency) = (findings.args.canary_errors, findings.args.canary_latency);
    if errors > 0.0 {
        all.push(format!(
            "What if: {} of the canary's requests fail (503) beside those that failed in the log.",
            percent(errors)
        ));
    }
    if latency != Slower::Same {
        all.push(format!("What if: the canary's answers take {}.", slower(latency)));
    }
    if counts.unknown > 0 {
        all.push(format!(
            "{} of {} ({}) had nothing that the rollout knows its users by: no cohort by chance, so the baseline{}.",
            count(counts.unknown),
            plural(counts.sent, "request"),
            percent(counts.unknown as f64 / counts.sent.max(1) as f64),
            match counts.unknown == counts.sent {
                true => "; is the column of the identity in the log, or named by `--header`?",
                false => "",
            }
        ));
    }
    if counts.without_host > 0 {
        let requests = plural(counts.without_host, "request");
        all.push(format!("{requests} had no authority in the log, and were sent to example.com."));
    }
    all.push(
        "One proxy with one worker served all requests; they have no bodies, and are not retried."
            .to_owned(),
    );
    all
}

/// Where the outcomes come from.
fn logged(findings: &Findings<'_>) -> String {
    let canary = &findings.played.counts.canary;
    let (all, own) = (canary.requests, canary.logged_at_canary);
    let rule = "Each request ends as it did in the log, wherever it is sent";
    let worse = findings.args.canary_errors > 0.0 || findings.args.canary_latency != Slower::Same;
    let but = if worse { ", but for what is asked below" } else { "" };
    match (all, own) {
        (0, _) => format!("{rule}{but}. The canary was sent none."),
        (all, 0) => format!(
            "{rule}{but}. None of the {} to the canary had been with a canary when the log was written: the canary is assumed to \
             do as well as what served them then.",
            plural(all, "request")
        ),
        (all, own) if all == own => {
            format!(
                "{rule}{but}. All {} to the canary had been with the canary in the log.",
                plural(all, "request")
            )
        }
        (all, own) => format!(
            "{rule}{but}. Of {} to the canary, {} had been with the canary in the log; for the other {} it is assumed to do as well \
             as what served them.",
            plural(all, "request"),
            count(own),
            count(all - own)
        ),
    }
}

/// How a latency differs.
pub(super) fn slower(slower: Slower) -> String {
    match slower {
        Slower::Same => "same".to_owned(),
        Slower::Times(times) => format!("{times} times as long"),
        Slower::By(more) => {
            format!("{} longer", lasted(u64::try_from(more.as_millis()).unwrap_or(u64::MAX)))
        }
    }
}
