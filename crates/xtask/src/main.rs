//! Builds, runs, tests and checks the project; `build.sh` at the top calls it.

#![allow(clippy::print_stdout, reason = "a command line tool talks to whoever typed the command")]

mod bench;
mod build;
mod coverage;
mod demo;
mod fuzz;
mod layers;
mod licences;
mod load;
mod manifest;
mod messages;
mod mutants;
mod package;
mod reproducible;
mod setup;
mod shell;
mod short_names;
mod shots;
mod sizes;
mod suites;
mod tally;
mod tidy;
mod verify;
mod worlds;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use build::Addresses;
use setup::Consent;
use suites::Suite;
use verify::Part;
use worlds::Worlds;

/// Builds the extension for each browser, the proxy and the sandbox wallet; or does one of the
/// tasks below.
#[derive(Parser)]
#[command(bin_name = "./build.sh")]
struct Arguments {
    /// Install what the machine lacks without asking.
    #[arg(long, global = true)]
    yes: bool,
    /// The proxy that the extension talks to.
    #[arg(long, env = "RIVULET_PROXY_URL", default_value = build::SANDBOX_PROXY)]
    proxy_url: String,
    /// A page for the first payment, which the extension offers once a wallet is connected.
    #[arg(long, env = "RIVULET_SAMPLE_URL", default_value = "")]
    sample_url: String,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start the sandbox and pay a page in a driven browser.
    Demo(demo::Demo),
    /// Measure the release build beside its floor.
    Bench(bench::Bench),
    /// Draw the icons, and take a picture of every view in every state, into docs/shots.
    Shots,
    /// Run all test suites, or those named.
    Test {
        /// The suites to run.
        suites: Vec<Suite>,
        #[command(flatten)]
        worlds: Worlds,
    },
    /// Pack the extension for the store of each browser, and the source that it is built from.
    Package,
    /// Check formatting, lints, dependencies between crates, file sizes and types.
    Tidy,
    /// Verify what takes too long for every run of the tests: all parts, or those named.
    Verify {
        /// The parts to run.
        parts: Vec<Part>,
        /// How many seconds the part `soak` lasts, besides some minutes before.
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let consent = Consent::new(arguments.yes);
    let addresses = Addresses { proxy: &arguments.proxy_url, sample: &arguments.sample_url };
    match arguments.task {
        None => {
            setup::ensure(setup::BUILD, consent)?;
            build::all(addresses)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Task::Demo(demo)) => demo.run(consent),
        Some(Task::Bench(bench)) => bench.run(consent).map(|()| ExitCode::SUCCESS),
        Some(Task::Shots) => shots::take(consent).map(|()| ExitCode::SUCCESS),
        Some(Task::Test { suites, worlds }) => suites::run(&suites, &worlds, consent),
        Some(Task::Package) => {
            setup::ensure(setup::BUILD, consent)?;
            package::all(addresses)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Task::Tidy) => suites::run(&[Suite::Tidy], &Worlds::default(), consent),
        Some(Task::Verify { parts, seconds }) => verify::run(&parts, seconds, consent),
    }
}
