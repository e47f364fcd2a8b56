//! Figures of the release build, each beside its floor: what the same costs without us.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::build;
use crate::setup::{self, Consent};
use crate::shell::{cargo, command, run};

/// What can be said about a benchmark.
#[derive(Args)]
pub(crate) struct Bench {
    /// What to measure; without it, everything.
    part: Option<Part>,
    /// Write the figures into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// What the extension costs pages, and how soon and how evenly it pays.
    Extension,
    /// What the proxy adds to a call.
    Proxy,
}

impl Bench {
    /// Builds, then measures.
    pub(crate) fn run(self, consent: Consent) -> Result<()> {
        setup::ensure(setup::BROWSER, consent)?;
        build::all(build::SANDBOX_PROXY)?;
        // Signs what the proxy is asked.
        run(cargo().args(["build", "--quiet", "-p", "open-payments-client", "--example", "conformance"]))?;

        let part = self.part.map(|part| match part {
            Part::Extension => "extension",
            Part::Proxy => "proxy",
        });
        let mut bench = command("node");
        bench.arg("tests/bench/bench.mjs").args(part);
        if let Some(file) = self.json {
            bench.arg("--json").arg(file);
        }
        run(&mut bench)
    }
}
