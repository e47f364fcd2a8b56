//! What is too long for every run of the tests. Each part ends in a line of its own, as the suites do.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::setup::{self, Consent, Need};
use crate::shell::cargo;
use crate::tally::Tally;
use crate::worlds::Worlds;
use crate::{coverage, fuzz, load, mutants, reproducible, suites};

/// Something that is verified by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A minute of fuzzing for each kind of input.
    Fuzz,
    /// Twenty thousand simulated worlds.
    Worlds,
    /// How many lines of the engine and of what it is built on the tests reach.
    Coverage,
    /// Whether the tests notice when the code that paces and counts money is changed.
    Mutants,
    /// The licences and origins of everything that the project is built with.
    Supply,
    /// Whether the packages are the same bytes wherever they are built.
    Reproducible,
    /// How long the worker lives, over minutes and with no debugger that would keep it alive.
    Lifetimes,
    /// Ten minutes of load on the proxy: whether its memory stays as it is and nothing fails.
    Soak,
}

/// Runs the named parts, or all; fails if any does.
pub(crate) fn run(chosen: &[Part], seconds: u64, consent: Consent) -> Result<ExitCode> {
    let parts = if chosen.is_empty() { Part::value_variants() } else { chosen };
    let needs: BTreeSet<Need> = parts.iter().flat_map(|part| part.needs()).copied().collect();
    setup::ensure(&Vec::from_iter(needs), consent)?;
    let mut total = Tally::default();
    for part in parts {
        let tally = part.run(seconds).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Tally::of(false)
        });
        println!("{}: {tally}\n", part.name());
        total = [total, tally].into_iter().sum();
    }
    println!("{total}");
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Fuzz => "fuzz",
            Self::Worlds => "worlds",
            Self::Coverage => "coverage",
            Self::Mutants => "mutants",
            Self::Supply => "supply",
            Self::Reproducible => "reproducible",
            Self::Lifetimes => "lifetimes",
            Self::Soak => "soak",
        }
    }

    /// What must be on the machine for it to run.
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Fuzz | Self::Worlds | Self::Soak => &[],
            Self::Coverage => setup::COVERAGE,
            Self::Mutants => setup::MUTANTS,
            Self::Supply => setup::SUPPLY,
            Self::Reproducible => setup::BUILD,
            Self::Lifetimes => setup::BROWSER,
        }
    }

    fn run(self, seconds: u64) -> Result<Tally> {
        match self {
            Self::Fuzz => Ok(fuzz::run()),
            Self::Worlds => Worlds::many().simulate(),
            Self::Coverage => coverage::run(),
            Self::Mutants => mutants::run(),
            Self::Supply => {
                let checks = ["deny", "--locked", "check", "licenses", "bans", "sources"];
                Ok(Tally::of(cargo().args(checks).status()?.success()))
            }
            Self::Reproducible => reproducible::run_both(),
            Self::Lifetimes => suites::lifetimes(),
            Self::Soak => Ok(Tally::of(run_soak(seconds)?)),
        }
    }
}

fn run_soak(seconds: u64) -> Result<bool> {
    let mut generator = load::generator("soak")?;
    Ok(generator.arg("--seconds").arg(seconds.to_string()).status()?.success())
}
