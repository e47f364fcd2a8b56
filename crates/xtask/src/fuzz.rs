//! A minute of fuzzing for each kind of input, and of the sandbox wallet's random walk.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::shell::{self, cargo, run_and_keep};
use crate::tally::{Runner, Tally};

/// How long each of them runs at least.
const TIME: Duration = Duration::from_secs(60);

/// Texts that a test tries before the time is looked at.
const CASES: &str = "20000";

/// What runs: a test program, named to cargo, and how many cases it tries at a time.
const PROGRAMS: [(&str, &[&str], &str); 5] = [
    ("header fields", &["-p", "fuzz", "--test", "header_fields"], CASES),
    ("signature input", &["-p", "fuzz", "--test", "signature_input"], CASES),
    ("JSON bodies", &["-p", "fuzz", "--test", "json_bodies"], CASES),
    ("intervals", &["-p", "fuzz", "--test", "intervals"], CASES),
    // Each of its cases is a walk of many steps.
    ("walks of the wallet", &["-p", "wallet", "--test", "wallet", "properties::"], "500"),
];

/// Runs all of it.
pub(crate) fn run() -> Tally {
    let mut total = Tally::default();
    for (name, arguments, cases) in PROGRAMS {
        let tally = for_a_while(arguments, cases).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Tally::of(false)
        });
        println!("{name}: {tally}\n");
        total = [total, tally].into_iter().sum();
    }
    total
}

/// Runs a program again and again, each time with other cases, until the time is over or something
/// fails; how the last run went.
fn for_a_while(arguments: &[&str], cases: &str) -> Result<Tally> {
    shell::run(cargo().args(["test", "--quiet", "--no-run"]).args(arguments))?;
    let started = Instant::now();
    loop {
        let mut tests = cargo();
        tests.args(["test", "--quiet"]).args(arguments).env("PROPTEST_CASES", cases);
        let (succeeded, output) = run_and_keep(tests)?;
        let tally = Tally::read(Runner::Cargo, succeeded, &output);
        if tally.failed > 0 || started.elapsed() >= TIME {
            return Ok(tally);
        }
    }
}
