//! Figures of the release build: what the engine takes for a second, and for extension and proxy
//! each beside its floor, which is what the same costs without us.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::build;
use crate::setup::{self, Consent};
use crate::shell::{cargo, command, run};

/// What can be said about a benchmark.
#[derive(Args)]
pub(crate) struct Bench {
    /// What to measure; without any, everything.
    parts: Vec<Part>,
    /// Write the figures of extension and proxy into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// How long the engine takes for one second of paying.
    Engine,
    /// What the extension costs pages, and how soon and how evenly it pays.
    Extension,
    /// What the proxy adds to a call.
    Proxy,
}

impl Bench {
    /// Builds, then measures.
    pub(crate) fn run(self, consent: Consent) -> Result<()> {
        let parts = if self.parts.is_empty() { Part::value_variants() } else { &self.parts };
        if parts.contains(&Part::Engine) {
            run(cargo().args(["bench", "--quiet", "-p", "bench", "--bench", "engine"]))?;
        }
        let running: Vec<&str> = parts.iter().filter_map(|part| part.script()).collect();
        if running.is_empty() {
            return Ok(());
        }
        setup::ensure(setup::BROWSER, consent)?;
        build::all(build::SANDBOX_PROXY)?;
        // Signs what the proxy is asked.
        run(cargo().args(["build", "--quiet", "-p", "open-payments-client", "--example", "conformance"]))?;
        let mut bench = command("node");
        bench.arg("tests/bench/bench.mjs").args(running);
        if let Some(file) = self.json {
            bench.arg("--json").arg(file);
        }
        run(&mut bench)
    }
}

impl Part {
    /// Its name to the script that measures what is running.
    fn script(self) -> Option<&'static str> {
        match self {
            Self::Engine => None,
            Self::Extension => Some("extension"),
            Self::Proxy => Some("proxy"),
        }
    }
}
