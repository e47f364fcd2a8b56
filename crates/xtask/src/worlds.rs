//! Simulated worlds: as many as fit into a minute, or those asked for.

use anyhow::Result;
use clap::Args;

use crate::shell::{cargo, run_and_keep};
use crate::tally::{Runner, Tally};

/// Which worlds.
#[derive(Args, Default)]
pub(crate) struct Worlds {
    /// How many worlds the suite `sim` simulates.
    #[arg(long)]
    seeds: Option<u64>,
    /// The world of one seed alone.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// With every effect and call of it.
    #[arg(long, requires = "seed")]
    trace: bool,
}

/// Worlds that two idle cores simulate in about a minute.
const USUAL: u64 = 1_000;
/// Worlds that take a quarter of an hour, or longer on a busy machine.
const MANY: u64 = 20_000;

impl Worlds {
    /// As many as are worth waiting for once.
    pub(crate) fn many() -> Self {
        Self { seeds: Some(MANY), ..Self::default() }
    }

    /// Runs the simulator's own tests, and then the worlds.
    pub(crate) fn run(&self) -> Result<Tally> {
        let (succeeded, output) = run_and_keep(simulator("test", &[]))?;
        Ok([Tally::read(Runner::Cargo, succeeded, &output), self.simulate()?].into_iter().sum())
    }

    /// Runs the worlds alone.
    pub(crate) fn simulate(&self) -> Result<Tally> {
        let number = |name: &str, number: u64| vec![name.to_owned(), number.to_string()];
        let mut which = match self.seed {
            Some(seed) => number("--seed", seed),
            None => number("--seeds", self.seeds.unwrap_or(USUAL)),
        };
        which.extend(self.trace.then(|| "--trace".to_owned()));
        let (succeeded, output) = run_and_keep(simulator("run", &which))?;
        Ok(Tally::read(Runner::Simulator, succeeded, &output))
    }
}

fn simulator(command: &str, arguments: &[String]) -> std::process::Command {
    let mut simulator = cargo();
    simulator.args([command, "--quiet", "--profile", "sim", "-p", "simulator", "--"]).args(arguments);
    simulator
}
