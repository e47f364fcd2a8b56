//! Runs worlds by their seeds, two at a time, and shows what breaks a rule.

#![allow(clippy::print_stdout, reason = "a command line tool talks to whoever typed the command")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use simulator::{Figures, Outcome, Plan, minimise, run};

/// Simulates worlds and checks what must hold in them.
#[derive(Parser)]
struct Arguments {
    /// How many worlds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The seed of the first one.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Only the world of this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Show every effect and call of it.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Do not look for the events that break a rule: only name the worlds, or trace the whole of one.
    #[arg(long)]
    quiet: bool,
    /// How many worlds at a time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Broken worlds that are shown in full, and how long is looked for the events that break each.
const SHOWN: usize = 3;
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    std::panic::set_hook(Box::new(|_| {}));
    let failed = match arguments.seed {
        Some(seed) => run_one(seed, &arguments),
        None => run_many(&arguments),
    };
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_one(seed: u64, arguments: &Arguments) -> u64 {
    let (plan, trace) = (Plan::draw(seed), arguments.trace);
    let is_whole = arguments.quiet || run(&plan, false).breach.is_none();
    let outcome = run(&plan, trace && is_whole);
    outcome.trace.iter().for_each(|line| println!("{line}"));
    println!("{}", outcome.figures);
    if outcome.breach.is_none() {
        println!("1 passed, 0 failed");
        return 0;
    }
    if !arguments.quiet {
        show(&plan, &outcome, trace);
    }
    println!("0 passed, 1 failed");
    1
}

fn run_many(arguments: &Arguments) -> u64 {
    let started = Instant::now();
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first + arguments.seeds;
    let sum = Mutex::new((Figures::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = run(&Plan::draw(seed), false);
                    let mut sum = sum.lock().expect("nobody panics while holding it");
                    sum.0 += &outcome.figures;
                    if let Some(breach) = outcome.breach {
                        println!("seed {seed}: {breach}");
                        sum.1.push(seed);
                    }
                }
            });
        }
    });
    let (figures, mut broken) = sum.into_inner().expect("nobody panics while holding it");
    broken.sort_unstable();
    let seconds = started.elapsed().as_secs().max(1);
    let shown = if arguments.quiet { 0 } else { SHOWN };
    for seed in broken.iter().take(shown) {
        let plan = Plan::draw(*seed);
        show(&plan, &run(&plan, false), false);
    }
    let failed = broken.len() as u64;
    println!("{figures}; {} requests a second, {seconds} s", figures.requests / seconds);
    println!("{} passed, {failed} failed", arguments.seeds - failed);
    failed
}

/// Shows a broken world, with only those of its events that break it.
fn show(plan: &Plan, outcome: &Outcome, trace: bool) {
    let Some(breach) = &outcome.breach else { return };
    println!("\nseed {} breaks a rule: {breach}", plan.seed);
    let started = Instant::now();
    let smallest = minimise(plan, breach, || started.elapsed() < PATIENCE);
    let outcome = run(&smallest, trace);
    println!("{} of its {} events are enough:", smallest.size(), plan.size());
    println!("{smallest}");
    if let Some(breach) = &outcome.breach {
        println!("then: {breach}");
    }
    outcome.trace.iter().for_each(|line| println!("{line}"));
}
