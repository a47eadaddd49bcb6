//! What the embedded host costs; `cargo bench -p serinus-host --bench host`, or of policies only, with `-- policies`.
//!
//! The filter is the one that Envoy loads (`$SERINUS_FILTER`). Times are CPU time of this one thread, so that
//! whatever else the machine does counts for little; each is the median of several rounds, with the
//! fastest and the slowest beside it.

#[path = "host/policies.rs"]
mod policies;

use serinus_host::engine::{Engine, EngineOptions};
use serinus_host::filter::Filter;
use serinus_host::proxy::{Plugin, Proxy, Request};
use serinus_host::upstream::{Behaviour, Cluster, Latency, Route};
use serinus_host::vm;
use std::error::Error;
use std::hint::black_box;
use std::io::{IsTerminal, Write};
use std::time::Duration;

const SEED: u64 = 7;
const ROUNDS: usize = 9;
const REQUESTS: u64 = 100_000;
const USERS: u64 = 5_000;
const FLEET: usize = 1_000;
const RATE: u64 = 200;

const ROLLOUT: &str = r#"{
    "rollout": "bench", "route": { "header": "x-serinus-cohort" }, "unit": [{ "header": "x-user-id" }],
    "stages": [{ "weight": "5%", "min_time": "24h" }, { "weight": "100%" }],
    "gates": [{ "metric": "errors", "max": "1%" },
              { "metric": "latency", "quantile": "p99", "max": "500ms", "severity": "warn" }]
}"#;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let path = std::env::var("SERINUS_FILTER")
        .map_err(|_| "SERINUS_FILTER must name the filter: run `make bench`")?;
    if std::env::args().any(|argument| argument == "policies") {
        return policies::run(&path);
    }
    let options = EngineOptions::default().instances(4 * FLEET as u32);
    let engine = Engine::new(&options)?;
    println!(
        "the embedded host: {path}, seed {SEED}, {ROUNDS} rounds, CPU time, median (fastest..slowest)\n"
    );
    compile(&engine, &path)?;
    let filter = Filter::load(&engine, &path)?;
    throughput(&filter)?;
    start(&filter)?;
    fleet(&filter)?;
    policies::run(&path)?;
    day(&filter)
}

fn proxy(filter: &Filter, workers: u32) -> Result<Proxy> {
    let served = Behaviour::body("hello").latency(Latency::LogNormal {
        median: Duration::from_millis(20),
        p99: Duration::from_millis(200),
    });
    let plugin = Plugin::new(filter).name("serinus").config(ROLLOUT);
    let proxy = Proxy::builder().workers(workers).seed(SEED).plugin(plugin);
    let proxy = proxy
        .route(Route::to("canary").header("x-serinus-cohort", "canary"))
        .route(Route::to("baseline"))
        .cluster("baseline", Cluster::new(served.clone()))
        .cluster("canary", Cluster::new(served));
    Ok(proxy.start()?)
}

/// So many requests at a steady rate; how many ended, and how many of them at the canary.
fn drive(proxy: &mut Proxy, from: u64, requests: u64, rate: u64) -> (u64, u64) {
    let gap = Duration::from_nanos(1_000_000_000 / rate);
    let (mut ended, mut canary) = (0, 0);
    for n in from..from + requests {
        let mut request = Request::get("/").header("x-user-id", format!("u{}", n * 7919 % USERS));
        request.keep = false;
        proxy.begin(request);
        proxy.advance(gap);
        for exchange in proxy.finished() {
            ended += 1;
            canary += u64::from(exchange.asked() == Some("canary"));
        }
    }
    (ended, canary)
}

/// The CPU time of this thread.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The median of some rounds, and how far they spread.
fn rounds(mut round: impl FnMut() -> Result<f64>) -> Result<(f64, f64, f64)> {
    round()?;
    let mut seen = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<_>>>()?;
    seen.sort_by(f64::total_cmp);
    let at = |place: usize| seen.get(place).copied().unwrap_or(f64::NAN);
    Ok((at(ROUNDS / 2), at(0), at(ROUNDS - 1)))
}

fn compile(engine: &Engine, path: &str) -> Result<()> {
    let bytes = std::fs::read(path)?;
    let (ms, least, most) = rounds(|| {
        let began = cpu();
        black_box(Filter::compile(engine, &bytes)?);
        Ok((cpu() - began).as_secs_f64() * 1e3)
    })?;
    println!(
        "compile the filter, {} bytes        {ms:>9.1} ms ({least:.1}..{most:.1})",
        bytes.len()
    );
    Ok(())
}

fn throughput(filter: &Filter) -> Result<()> {
    let mut proxy = proxy(filter, 1)?;
    let mut from = 0;
    let (rate, least, most) = rounds(|| {
        let began = cpu();
        let (ended, canary) = drive(&mut proxy, from, REQUESTS, RATE);
        from += REQUESTS;
        assert!(ended > REQUESTS / 2 && canary > 0, "the traffic does not flow");
        Ok(REQUESTS as f64 / (cpu() - began).as_secs_f64())
    })?;
    println!("requests/s, one worker VM, whole filter  {rate:>9.0}    ({least:.0}..{most:.0})");
    Ok(())
}

/// One VM up to where Envoy would configure it, and a whole proxy: four VMs, each configured.
fn start(filter: &Filter) -> Result<()> {
    const STARTS: u64 = 200;
    let (us, least, most) = rounds(|| {
        let began = cpu();
        (0..STARTS).try_for_each(|_| vm::try_start(filter))?;
        Ok((cpu() - began).as_secs_f64() * 1e6 / STARTS as f64)
    })?;
    println!("instance start (store, memory, start)    {us:>9.1} us ({least:.1}..{most:.1})");
    let (us, least, most) = rounds(|| {
        let began = cpu();
        (0..20).try_for_each(|_| proxy(filter, 2).map(drop))?;
        Ok((cpu() - began).as_secs_f64() * 1e6 / 20.0)
    })?;
    println!("proxy start, 2 workers: 4 VMs configured {us:>9.0} us ({least:.0}..{most:.0})");
    Ok(())
}

fn fleet(filter: &Filter) -> Result<()> {
    let before = resident()?;
    let began = cpu();
    let mut proxies = (0..FLEET).map(|_| proxy(filter, 2)).collect::<Result<Vec<_>>>()?;
    let mut ended = 0;
    for (index, proxy) in proxies.iter_mut().enumerate() {
        ended += drive(proxy, index as u64, 100, RATE).0;
    }
    let grown = (resident()? - before) / 1e6;
    println!(
        "{FLEET} proxies x 2 workers, {ended} requests  {grown:>9.0} MB resident, {:.1} s",
        (cpu() - began).as_secs_f64()
    );
    Ok(())
}

/// Bytes of memory that this process has.
fn resident() -> Result<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = statm.split_whitespace().nth(1).ok_or("statm is empty")?.parse()?;
    Ok(pages * 4096.0)
}

fn day(filter: &Filter) -> Result<()> {
    let mut proxy = proxy(filter, 2)?;
    let began = cpu();
    let (mut ended, mut canary) = (0, 0);
    for hour in 0..24 {
        let (some, of_them) = drive(&mut proxy, hour * 3600 * RATE, 3600 * RATE, RATE);
        (ended, canary) = (ended + some, canary + of_them);
        if std::io::stderr().is_terminal() {
            eprint!("\rhour {}/24", hour + 1);
            std::io::stderr().flush()?;
        }
    }
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    let took = (cpu() - began).as_secs_f64();
    println!(
        "24 h at {RATE} requests/s on 2 workers       {took:>9.0} s   {ended} requests, {canary} at the \
         canary, {:.0} MB resident",
        resident()? / 1e6
    );
    Ok(())
}
