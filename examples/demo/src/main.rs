//! `make demo`: a canary in a real Envoy, under live traffic; where no Envoy can be had, on the embedded host.
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`] | the arguments |
//! | [`release`] | the three rollouts, as an operator would write them |
//! | [`testbed`] | four versions of a server, a proxy before them, and users who keep asking |
//! | [`acts`] | the script: one file per act |
//! | [`show`] | what runs while an act plays: watch, count, draw |
//! | [`measure`] | what an act came to, from the witnesses' time stamps |
//! | [`summary`] | the same for a person, and as JSON |
//! | [`view`] | the terminal: redrawn in place, or plain lines |
//! | [`words`] | numbers and decisions as sentences |
//! | [`trouble`] | why it ended early, and with which exit code |

mod acts;
mod cli;
mod measure;
mod release;
mod show;
mod summary;
mod tally;
mod testbed;
mod trouble;
mod view;
mod words;

use std::process::ExitCode;

use clap::Parser;

use acts::Outcome;
use cli::Args;
use show::Show;
use summary::Summary;
use testbed::Host;
use trouble::{Signals, Trouble};
use view::Screen;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(summary) if summary.held() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(trouble) => trouble.report(),
    }
}

/// Plays until the end, or until somebody wants it to end. Either way everything it started is gone when it returns,
/// because the show owns it all.
async fn run(args: &Args) -> Result<Summary, Trouble> {
    testbed::check_setup(args)?;
    let mut signals = Signals::install()?;
    tokio::select! {
        biased;
        signal = signals.next() => Err(Trouble::Signal(signal)),
        summary = perform(args) => summary,
    }
}

async fn perform(args: &Args) -> Result<Summary, Trouble> {
    let mut screen = Screen::open(args);
    screen.note(Host::starting(args))?;
    let testbed = testbed::start(args).await.map_err(Trouble::Setup)?;
    screen.headline(&testbed.host().describe(args))?;
    let mut show = Show::begin(testbed, screen, args);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for act in args.acts() {
        outcomes.push(acts::play(&mut show, act, args).await?);
    }
    let (mut screen, facts) = show.end().await?;
    let summary = Summary::new(args, facts, outcomes);
    screen.close()?;
    summary.print(&mut screen, args)?;
    Ok(summary)
}
