//! What a decision of a policy costs here, instance and all: those that ship, on a typical snapshot.

use super::{Result, cpu, rounds};
use serinus_interpreter as interpreter;
use serinus_lab::policy::engines::Engines;
use serinus_lab::policy::inspect::acceptable;
use serinus_lab::policy::{Limits, Runtime, typical};
use std::hint::black_box;
use std::path::Path;

const EVALUATIONS: u32 = 200;

/// Every component beside the filter, by name.
pub(super) fn run(filter: &str) -> Result<()> {
    let folder = Path::new(filter).parent().unwrap_or(Path::new(".")).join("policies");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}; run `make bench`", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".component.wasm"));
    files.sort();
    println!("\na policy's decision on a typical snapshot, fresh instance included");
    files.iter().try_for_each(|file| policy(file))
}

fn policy(file: &Path) -> Result<()> {
    let bytes = std::fs::read(file)?;
    let runtime = Runtime::new()?;
    let sound = acceptable(&bytes, &runtime)
        .map_err(|findings| format!("{}: {findings:?}", file.display()))?;
    let snapshot = typical::snapshot(&sound.about);
    let limits = Limits::default();
    let component = runtime.load(&bytes, limits)?;
    let (us, least, most) = timed(|| black_box(component.evaluate(&snapshot)).outcome.is_ok())?;
    let of_filter = interpreter::Limits { fuel: limits.fuel, memory: limits.memory };
    let interpreted = interpreter::Policy::compile(&sound.core, of_filter)?;
    let (slow, ..) = timed(|| black_box(interpreted.evaluate(&snapshot)).outcome.is_ok())?;
    let fuel = Engines::load(&bytes, &sound, limits, &runtime)?.evaluate(&snapshot);
    println!(
        "{:<41}{us:>9.1} us ({least:.1}..{most:.1}) on wasmtime; interpreted, natively {slow:.0} us, {} fuel",
        sound.about.name, fuel.interpreter.fuel_used
    );
    Ok(())
}

fn timed(evaluate: impl Fn() -> bool) -> Result<(f64, f64, f64)> {
    rounds(|| {
        let began = cpu();
        for _ in 0..EVALUATIONS {
            if !evaluate() {
                return Err("a policy failed".into());
            }
        }
        Ok((cpu() - began).as_secs_f64() * 1e6 / f64::from(EVALUATIONS))
    })
}
