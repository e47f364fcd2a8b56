//! The main job from end to end: builds everything and hands over to the driven browser.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::build;
use crate::setup::{self, Consent};
use crate::shell::command;

/// What can be said about a demonstration.
#[derive(Args)]
pub(crate) struct Demo {
    /// Show no browser window.
    #[arg(long)]
    headless: bool,
    /// How long to pay; without it, until Ctrl-C (headless: 20 seconds).
    #[arg(long)]
    seconds: Option<u32>,
    /// Write the figures into this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Asset scale of both wallets.
    #[arg(long, default_value_t = 6)]
    scale: u8,
    /// Rate of pay per hour, as a person types it.
    #[arg(long, default_value = "3.60")]
    rate: String,
}

impl Demo {
    /// Builds, then becomes the driver: Ctrl-C reaches it directly, and so does its exit code.
    pub(crate) fn run(self, consent: Consent) -> Result<ExitCode> {
        let display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some());
        ensure!(self.headless || display, "no display to open a browser on: say --headless");
        setup::ensure(setup::BROWSER, consent)?;
        build::all(build::SANDBOX)?;

        let mut driver = command("node");
        driver.arg("tests/browser/demo.mjs");
        driver.args(["--scale", &self.scale.to_string(), "--rate", &self.rate]);
        if self.headless {
            driver.arg("--headless");
        }
        if let Some(seconds) = self.seconds {
            driver.args(["--seconds", &seconds.to_string()]);
        }
        if let Some(file) = self.json {
            driver.arg("--json").arg(file);
        }
        Err(driver.exec()).context("cannot run node")
    }
}
