//! The arguments of `serinus replay`.

use super::Format;
use clap::{Args, ValueEnum};
use serinus_lab::replay::what_if::Slower;
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
Examples:
  serinus replay rollout.yaml access.log
  kubectl logs deploy/gateway | grep '^{' | serinus replay rollout.yaml -
  serinus replay rollout.yaml access.log.1 access.log --report yesterday.html
  serinus replay rollout.yaml access.log --canary-errors 5% --expect rollback    # would it be noticed?
  serinus replay rollout.yaml access.log --canary-latency x1.2 --format json
  serinus replay rollout.yaml session.har
  serinus replay rollout.yaml access.log --header x-user-id=user    # the column `user` is that header

What a log does not know is how a request would have ended at the other version. So each request ends as it did
in the log, at its own time and after its own duration, wherever the rollout sends it; requests that the canary
had served keep the canary's outcome. `--canary-errors` and `--canary-latency` ask what if the canary were worse.
The output counts how many canary requests had really been with a canary, and how many had no identity.

Logs: lines of JSON, as Envoy's `json_format` and Istio's `JSON` encoding write them, or HAR files (`.har`). Lines
may be out of order by some ten thousand; several files are merged by time. Keys that are understood, the first that
is there (case, `-` and `_` make no difference):
  time      start_time, started, timestamp, @timestamp, time   RFC 3339, or seconds or milliseconds since 1970
  request   method, request_method; path, request_path, x_envoy_original_path; authority, host;
            request (`GET /path HTTP/1.1`)
  outcome   response_code, status, code; response_flags, flags; grpc_status; duration, duration_ms (milliseconds)
  cluster   upstream_cluster, cluster
  client    downstream_remote_address, downstream_direct_remote_address, x_forwarded_for
Time and status must be there. Every other column of text is the request header of its name, `_` as `-`: x_user_id,
user_agent, cookie. A rollout that knows users by a JWT's claims finds none: no log has them.

Output of `--format json`, on stdout (keys are added, never changed; times in milliseconds, weights in 1/100000):
  { \"version\": 1, \"rollout_file\": \"rollout.yaml\", \"seed\": 1,
    \"began_ms\": 1795227225379, \"lasted_ms\": 86400000,
    \"logs\": { \"files\": [\"access.log\"], \"entries\": 1000, \"wrong\": 1, \"late\": 0,
              \"problems\": [ { \"file\": \"access.log\", \"line\": 7, \"column\": 1, \"problem\": \"...\" } ] },
    \"requests\": { \"sent\": 1000, \"without_identity\": 20, \"without_authority\": 0,
                  \"canary\": { \"requests\": 50, \"logged_at_canary\": 0 },
                  \"baseline\": { \"requests\": 950, \"logged_at_canary\": 0 } },
    \"assumed\": { \"canary\": \"as-logged\", \"canary_errors\": 0.0, \"canary_latency\": \"same\",
                 \"sentences\": [\"...\"] },
    \"rollouts\": [ { \"rollout\": \"checkout-v2\", \"generation\": 1,
                    \"state\": \"progressing\" | \"holding\" | \"promoted\" | \"rolled_back\" | \"killed\",
                    \"weight\": 5000, \"decisions\": [ records, as in the filter's log ] } ],
    \"expected\": null | { \"verdict\": \"rollback\", \"met\": true } }

Exit codes:
  0  it was replayed, whatever came of it, and what was expected came
  1  what `--expect` says did not come, or the filter cannot be loaded or does not start
  2  wrong usage, an unsound rollout, or no log that can be read";

/// Tells what a rollout would have done with the requests of a log: through the filter, with the log's own timing.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ReplayArgs {
    /// The rollout, in YAML or JSON.
    #[arg(value_name = "ROLLOUT")]
    pub rollout: String,

    /// Access logs in JSON, or HAR files; `-` is the standard input.
    #[arg(required = true, value_name = "LOG")]
    pub logs: Vec<String>,

    /// For a person, or for a machine.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Also writes an HTML page, self-contained.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Of everything that is drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// What the canary does: as the log says, beside what the next two options add.
    #[arg(long, value_enum, default_value_t = Outcomes::AsLogged)]
    pub canary: Outcomes,

    /// What if so many of the canary's requests failed (503) beside those that did: `5%`, `0.05`.
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0%")]
    pub canary_errors: f64,

    /// What if the canary's answers took longer: `x1.2`, or `+30ms`.
    #[arg(long, value_name = "CHANGE", value_parser = slower, default_value = "x1")]
    pub canary_latency: Slower,

    /// The cluster that was the canary when the log was written. A request with the rollout's route header in the
    /// log counts too.
    #[arg(long, value_name = "NAME", default_value = "canary")]
    pub canary_cluster: String,

    /// The request header NAME stands in the column COLUMN of the log. May be given several times.
    #[arg(long, value_name = "NAME=COLUMN", value_parser = header)]
    pub header: Vec<(String, String)>,

    /// The filter; by default $SERINUS_FILTER, else target/dist/serinus-filter.wasm in a folder around the rollout.
    /// With a policy it is
    /// serinus-filter-policies.wasm, and $SERINUS_FILTER_POLICIES goes before both.
    #[arg(long, value_name = "MODULE")]
    pub filter: Option<PathBuf>,

    /// Fails with exit code 1 unless every rollout of the file was promoted at least once and never rolled back, or
    /// was rolled back.
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub expect: Option<Expected>,
}

/// Where the outcome of the canary's requests comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Outcomes {
    /// From the log: each request ends as it did there.
    AsLogged,
}

/// What is expected of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expected {
    /// Promoted at least once, and never rolled back.
    Promote,
    /// Rolled back.
    Rollback,
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|number| number / 100.0),
        None => text.parse(),
    };
    let share = number.ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share, such as 5% or 0.05".to_owned())
}

fn slower(text: &str) -> Result<Slower, String> {
    let factor = |text: &str| text.parse::<f64>().ok().filter(|x| (0.0..=1000.0).contains(x));
    let change = match (text.strip_prefix('x'), text.strip_prefix('+')) {
        (Some(times), _) => factor(times).map(|times| match times == 1.0 {
            true => Slower::Same,
            false => Slower::Times(times),
        }),
        (_, Some(more)) => duration(more).map(Slower::By),
        _ => None,
    };
    change.ok_or_else(|| "expected a factor such as x1.2, or more time such as +30ms".to_owned())
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let seconds = number.parse::<f64>().ok()? * unit;
    (0.0..=3600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

fn header(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, column)| !name.is_empty() && !column.is_empty());
    let pair = pair.map(|(name, column)| (name.to_ascii_lowercase(), column.to_owned()));
    pair.ok_or_else(|| "expected a header and its column, such as x-user-id=user".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_if_is_said_in_shares_factors_and_times() {
        assert_eq!((share("5%"), share("0.05"), share("100%")), (Ok(0.05), Ok(0.05), Ok(1.0)));
        assert!(
            ["", "%", "-1%", "101%", "1.1", "NaN", "5 per cent"].iter().all(|s| share(s).is_err())
        );
        assert_eq!(slower("x1.2"), Ok(Slower::Times(1.2)));
        assert_eq!(slower("x1"), Ok(Slower::Same));
        assert_eq!(slower("+30ms"), Ok(Slower::By(Duration::from_millis(30))));
        assert!(
            ["", "x", "x-1", "xNaN", "+1h", "30ms", "+-1s", "x1e9"]
                .iter()
                .all(|s| slower(s).is_err())
        );
        assert_eq!(header("X-User-Id=user"), Ok(("x-user-id".into(), "user".into())));
        assert!(["", "=", "a=", "=b", "a"].iter().all(|s| header(s).is_err()));
    }
}
