//! The arguments.

use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  make demo                                the whole of it, about a minute
  make demo SERINUS_NO_ENVOY=1             the same on the embedded host, as where no Envoy can be had
  cargo run --release -p serinus-demo -- --act 1 --failing 100
                                           only the first act, with a canary that fails completely
  cargo run --release -p serinus-demo -- --plain | tee demo.txt
                                           plain lines, as in CI
  cargo run --release -p serinus-demo -- --json > demo.json
                                           the measurements for a program; the play goes to stderr

Environment:
  ENVOY            the Envoy to run (else `envoy` on PATH, else the one that setup/envoy fetches)
  SERINUS_FILTER   the filter's module (else target/dist/serinus-filter.wasm, which `make wasm` builds)
  NO_COLOR         no colours

Exit codes: 0 everything held, 1 something fell short, 2 wrong usage or set-up, 128 + n ended by signal n.";

/// A canary in a real Envoy, under live traffic: one that turns bad is stopped, a healthy one is promoted, and one is
/// called back by an edit.
#[derive(Parser, Clone, Debug)]
#[command(name = "serinus-demo", version, after_help = EXAMPLES)]
pub struct Args {
    /// Worker threads of Envoy, or worker VMs of the embedded host
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Requests per second, over both versions; with fewer, evidence takes longer
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(100..=2000))]
    pub rate: u32,
    /// How many percent of v2's answers fail in the first act
    #[arg(long, value_name = "PERCENT", default_value_t = 30, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub failing: u8,
    /// Seeds who asks when, and which answers fail
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Play only this act; may be given more than once
    #[arg(long = "act", value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3))]
    only: Vec<u8>,
    /// Play without Envoy, on the embedded host (needs a build with `--features embedded`)
    #[arg(long)]
    pub embedded: bool,
    /// Plain lines even on a terminal
    #[arg(long)]
    pub plain: bool,
    /// The summary as JSON on stdout; the play goes to stderr
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// The acts to play, in order.
    pub fn acts(&self) -> impl Iterator<Item = u8> + use<> {
        let only = self.only.clone();
        (1..=3).filter(move |act| only.is_empty() || only.contains(act))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn acts_are_played_in_order_whatever_was_typed() {
        let acts = |words: &[&str]| Args::parse_from(words).acts().collect::<Vec<_>>();
        assert_eq!(acts(&["demo"]), [1, 2, 3]);
        assert_eq!(acts(&["demo", "--act", "3", "--act", "1"]), [1, 3]);
    }
}
