//! The arguments of `serinus calibrate`.

use super::Format;
use super::check::rate;
use super::replay::share;
use clap::Args;
use serinus_core::config;
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
Examples:
  serinus calibrate rollout.yaml --rps 200
  serinus calibrate rollout.yaml --rps 200 --baseline-errors 0.5% --latency 80ms,900ms --report power.html
  serinus calibrate rollout.yaml --rps 200 --heavy-tailed --users 500      # a few customers send most of it
  serinus calibrate rollout.yaml --rps 200 --runs 50 --policy target/error-budget.component.wasm
  serinus calibrate rollout.yaml --rps 20 --strict --format json           # for CI: a finding fails

What is simulated: the code that decides in Envoy, from the first request to the end of the watch, with the traffic that
the options describe. Identical versions show how often it cries wolf; worse ones what is caught, when, by what, and after how
many users. Errors grow by 1.5, 2, 4, 10, 100, 1000 or to a dead canary; answers get slower, all or a tail of them; events
get fewer; and a canary that was good turns bad halfway to full weight.

How to read it:
  rolled back  the share of the rollouts that came to the stage; [low, high] is its interval (Clopper-Pearson, 95%)
  time, canary requests
               from the moment at which the canary was bad to the rollback: half of the rollouts took at most the first number,
               19 of 20 at most the second
  users hit    who got a failure, a slower answer, or no event because of the canary; as many as can be expected
  all traffic  the share of rollouts in which the canary got to 100%

The gates are looked at every second at first, and later after every 2% of the time since the stage or the regression began.
So what a gate decides may come up to 2% late, and a policy is asked less often than in the filter. The guard judges at every
canary failure, exactly. Whether the arms got their shares of users (`sample_ratio`) is not simulated, and a policy
is told of no units.

Output of `--format json`, on stdout (keys are added, never changed; times in milliseconds, weights in 1/100000):
  { \"version\": 1, \"rollout_file\": \"rollout.yaml\", \"seed\": 1, \"runs\": 400,
    \"traffic\": { \"rps\": 200.0, \"errors\": 0.001, \"users\": 10000, \"heavy_tailed\": false },
    \"rollouts\": [ { \"rollout\": \"checkout-v2\", \"horizon_ms\": 691200000,
      \"scenarios\": [ { \"id\": \"errors-x10\", \"title\": \"...\", \"kind\": \"errors\", \"size\": 10.0, \"turned_ms\": null, \"early\": 0,
        \"stopped\": { \"share\": { \"runs\": 400, \"of\": 400, \"low\": 0.99, \"high\": 1.0 },
                     \"after_ms\": { \"median\": 1.0, \"p95\": 2.0 }, \"requests\": {...}, \"users\": {...},
                     \"by\": [ { \"what\": \"guard\", \"runs\": 400 } ] },
        \"stages\": [ { \"stage\": 0, \"weight\": 1000, \"stopped\": {...}, \"lasted_ms\": {...}, \"unfinished\": 0 } ],
        \"full\": {...}, \"full_ms\": {...}, \"promoted\": {...}, \"promoted_ms\": {...}, \"waiting_for\": [...] } ],
      \"problems\": [ as of `serinus check` ],
      \"exact\": null | [ { \"id\": \"dead\", \"native\": share, \"exact\": share, \"native_ms\": spread, \"exact_ms\": spread, \"alike\": true,
                          \"decisions\": 20, \"differ\": 0 } ],
      \"alternatives\": null | [ { \"canary\": \"...\", \"watcher\": \"...\", \"source\": \"...\", \"stopped\": {...}, \"after_ms\": {...}, \"users\": {...} } ] } ] }
  `kind`: identical, errors, latency-shift, latency-tail, events. `size`: the factor, or the share that is slow or gone; null for the
  dead canary. `early`: runs that were stopped before the canary had turned bad; they count nowhere else. A spread is null
  where nothing of its kind happened. `by`: the guard, a gate's label, or `expired`. `waiting_for`: reasons of those that were
  still on their way at the end of time.

With --alternatives the others get what they would not have: metrics without delay, and a proxy that stops at once. What is
modelled is what their documentation and defaults say, not their code:
  Flagger-like       every minute the success rate of the last, at least 99%; after 1 or 10 failed checks the next one rolls back
  Argo-like          every 5 minutes the success rate of the last 5, at least 95%; more than 3 failed measurements abort
  Kayenta-like       every hour the failure rates of its 60 minutes by Mann-Whitney, tolerance .25, confidence .98
  weighted clusters  Envoy's own: nobody looks

With --exact two things are compared: the shares of rollouts that were stopped and the median times, whose intervals (99.9%)
must overlap; and every decision of the filter with that of the core on the very same requests, which must be the same
record. `match`, `exclude`, `force`, `eligible` and `unit` are left out there: everyone takes part.

Exit codes:
  0  it was simulated, whatever came of it
  1  with --strict, a finding; with --exact, the filter does not decide as the simulation does, or does not start
  2  wrong usage, an unsound rollout, or a report that cannot be written";

/// Says what a rollout's guard and gates would catch, when, and how often they cry wolf: by simulation.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct CalibrateArgs {
    /// The rollout, in YAML or JSON; `-` is the standard input.
    #[arg(value_name = "ROLLOUT")]
    pub rollout: String,

    /// Requests per second that take part, both cohorts together.
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rps: f64,

    /// A component to ask in place of the rollout's own policy, or where it has none.
    #[arg(long, value_name = "COMPONENT")]
    pub policy: Option<PathBuf>,

    /// Rollouts per scenario.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs: u32,

    /// Of everything that is drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// The share of requests that fail with nothing wrong.
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.1%")]
    pub baseline_errors: f64,

    /// How long successful requests take: half less than the first, one in a hundred more than the second.
    #[arg(long, value_name = "P50,P99", value_parser = latency, default_value = "40ms,250ms")]
    pub latency: (Duration, Duration),

    /// The share of successful requests that show an event; 5% where nothing is said. May be given several times.
    #[arg(long, value_name = "NAME=SHARE", value_parser = event)]
    pub event: Vec<(String, f64)>,

    /// How many users send the requests.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,

    /// A few users send most of the requests: the n-th sends 1/n of what the first does.
    #[arg(long)]
    pub heavy_tailed: bool,

    /// How long to wait for a rollout to end; by default its `max_age` and the watch, or twice its planned time and a day.
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub horizon: Option<u64>,

    /// Also plays the filter's module, request by request, and says whether it decides as the simulation does: so many rollouts
    /// of each canary, each of 40,000 requests.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "12", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub exact: Option<u32>,

    /// The filter for `--exact`; by default $SERINUS_FILTER, else target/dist/serinus-filter.wasm in a folder around the rollout.
    /// With a policy it is
    /// serinus-filter-policies.wasm, and $SERINUS_FILTER_POLICIES goes before both.
    #[arg(long, value_name = "MODULE")]
    pub filter: Option<PathBuf>,

    /// Also lets small models of other ways to watch a canary judge the same traffic: Flagger's, Argo's, Kayenta's.
    #[arg(long)]
    pub alternatives: bool,

    /// A finding is a failure.
    #[arg(long)]
    pub strict: bool,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Also writes an HTML page, self-contained.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

fn span(text: &str) -> Result<u64, String> {
    let span = config::Duration::parse(text).map(|d| d.ms).filter(|ms| *ms > 0);
    span.ok_or_else(|| "expected a time such as 90s, 8h or 7d".to_owned())
}

fn latency(text: &str) -> Result<(Duration, Duration), String> {
    let parse = |part: &str| span(part.trim()).map(Duration::from_millis);
    let pair = text.split_once(',').map(|(p50, p99)| (parse(p50), parse(p99)));
    match pair {
        Some((Ok(p50), Ok(p99))) if p50 <= p99 => Ok((p50, p99)),
        _ => Err("expected P50 and a P99 that is not less, such as 40ms,250ms".to_owned()),
    }
}

fn event(text: &str) -> Result<(String, f64), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.and_then(|(name, rate)| Some((name.to_owned(), share(rate).ok()?)));
    pair.ok_or_else(|| "expected an event and its share, such as conversion=5%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_said_in_times_and_shares() {
        let ms = Duration::from_millis;
        assert_eq!(latency("40ms,250ms"), Ok((ms(40), ms(250))));
        assert_eq!(latency("1s, 1s"), Ok((ms(1000), ms(1000))));
        assert!(["", "40ms", "250ms,40ms", "0ms,1s", "a,b"].iter().all(|t| latency(t).is_err()));
        assert_eq!(event("conversion=5%"), Ok(("conversion".into(), 0.05)));
        assert!(["", "=5%", "a", "a=6"].iter().all(|t| event(t).is_err()));
        assert_eq!((span("8h"), span("0s").is_err()), (Ok(28_800_000), true));
    }
}
