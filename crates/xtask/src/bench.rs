//! Figures of the release build: what the engine takes for a second, and for extension and proxy
//! each beside its floor, which is what the same costs without us.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::setup::{self, Consent};
use crate::shell::{cargo, command, run};
use crate::{build, load};

/// What can be said about a benchmark.
#[derive(Args)]
pub(crate) struct Bench {
    /// What to measure; without any, everything.
    parts: Vec<Part>,
    /// Write the figures of one part, extension or proxy, into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// How long the engine takes for one second of paying.
    Engine,
    /// What the extension costs pages, and how soon and how evenly it pays.
    Extension,
    /// How many payments the proxy carries, beside nginx and a bare forwarder.
    Proxy,
}

impl Bench {
    /// Builds, then measures.
    pub(crate) fn run(self, consent: Consent) -> Result<()> {
        let parts = if self.parts.is_empty() { Part::value_variants() } else { &self.parts };
        if self.json.is_some() && parts != [Part::Extension] && parts != [Part::Proxy] {
            bail!("a file takes the figures of one part: name `extension` or `proxy`");
        }
        parts.iter().try_for_each(|part| part.measure(self.json.as_deref(), consent))
    }
}

impl Part {
    fn measure(self, file: Option<&Path>, consent: Consent) -> Result<()> {
        let mut measuring = match self {
            Self::Engine => {
                let mut benches = cargo();
                benches.args(["bench", "--quiet", "-p", "bench", "--bench", "engine"]);
                benches
            }
            Self::Extension => {
                setup::ensure(setup::BROWSER, consent)?;
                build::all(build::SANDBOX)?;
                let mut script = command("node");
                script.args(["tests/bench/bench.mjs", "extension"]);
                script
            }
            Self::Proxy => {
                setup::ensure(setup::LOAD, consent)?;
                load::generator("compare")?
            }
        };
        if let Some(file) = file {
            measuring.arg("--json").arg(file);
        }
        run(&mut measuring)
    }
}
