//! The test suites. Each ends in a line of its own, `name: N passed, N failed`, and all together
//! in one without a name.

use std::collections::BTreeSet;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::build;
use crate::setup::{self, Consent, Need};
use crate::shell::{self, cargo, command, find_program, is_fresh, node_program, root, run_and_keep, target};
use crate::tally::{Runner, Tally};
use crate::tidy;
use crate::worlds::Worlds;

/// A group of tests that runs by itself.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Formatting, lints, layers, sizes and types.
    Tidy,
    /// Tests beside the code of every native crate that has no suite of its own.
    Unit,
    /// The proxy.
    Proxy,
    /// Deterministic worlds with faults.
    Sim,
    /// Our signatures and documents against other implementations.
    Conformance,
    /// The background crate in service workers of headless Chromium and Firefox.
    Wasm,
    /// The extension in Chromium, against the sandbox.
    Chrome,
    /// The extension in Firefox, against the sandbox.
    Firefox,
}

/// Crates whose tests run in a suite of their own, or only in a browser.
const NOT_UNIT: [&str; 3] = ["background", "proxy", "simulator"];

/// Runs the named suites, or all that exist; fails if any test does.
pub(crate) fn run(chosen: &[Suite], worlds: &Worlds, consent: Consent) -> Result<ExitCode> {
    if let Some(suite) = chosen.iter().find(|suite| !suite.exists()) {
        bail!("there is no suite `{}` yet", suite.name());
    }
    let all: Vec<Suite> = Suite::value_variants().iter().copied().filter(|suite| suite.exists()).collect();
    let suites = if chosen.is_empty() { &all } else { chosen };
    let needs: BTreeSet<Need> = suites.iter().flat_map(|suite| suite.needs()).copied().collect();
    setup::ensure(&Vec::from_iter(needs), consent)?;
    let mut tallies = Vec::new();
    for suite in suites {
        let tally = suite.run(worlds).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Tally::of(false)
        });
        tallies.push((suite.name(), tally));
        println!("{}: {tally}\n", suite.name());
    }
    let total: Tally = tallies.iter().map(|(_, tally)| *tally).sum();
    if tallies.len() > 1 {
        for (name, tally) in &tallies {
            println!("{name}: {tally}");
        }
    }
    println!("{total}");
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Tidy => "tidy",
            Self::Unit => "unit",
            Self::Proxy => "proxy",
            Self::Sim => "sim",
            Self::Conformance => "conformance",
            Self::Wasm => "wasm",
            Self::Chrome => "chrome",
            Self::Firefox => "firefox",
        }
    }

    /// Whether the suite has been written: none runs empty.
    fn exists(self) -> bool {
        let needed = match self {
            Self::Tidy | Self::Unit | Self::Proxy => return true,
            Self::Sim => "crates/simulator",
            Self::Conformance => "tests/conformance/package.json",
            Self::Wasm => "crates/background/webdriver.json",
            Self::Chrome => "tests/browser/playwright.config.mjs",
            Self::Firefox => "tests/firefox/firefox.test.mjs",
        };
        root().join(needed).exists()
    }

    /// What must be on the machine for it to run.
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Unit | Self::Sim => &[],
            Self::Proxy => setup::PROXY,
            Self::Conformance => setup::CONFORMANCE,
            Self::Tidy => setup::BUILD,
            Self::Wasm => setup::WASM_TESTS,
            Self::Chrome => setup::BROWSER,
            Self::Firefox => setup::FIREFOX,
        }
    }

    fn run(self, worlds: &Worlds) -> Result<Tally> {
        match self {
            Self::Tidy => Ok(tidy::run_all()),
            Self::Unit => native(&not_elsewhere()),
            Self::Proxy => native(&["-p", "proxy"]),
            Self::Sim => worlds.run(),
            Self::Conformance => conformance(),
            Self::Wasm => wasm(),
            Self::Chrome => chrome(),
            Self::Firefox => firefox(),
        }
    }
}

fn not_elsewhere() -> Vec<&'static str> {
    let there = NOT_UNIT.into_iter().filter(|name| root().join("crates").join(name).exists());
    std::iter::once("--workspace").chain(there.flat_map(|name| ["--exclude", name])).collect()
}

/// Native tests of the packages in scope: with nextest, which does not run those in the
/// documentation, if it is installed.
fn native(scope: &[&str]) -> Result<Tally> {
    if find_program("cargo-nextest").is_none() {
        return test(Runner::Cargo, with(cargo(), &["test", "--no-fail-fast"], scope));
    }
    let beside = test(Runner::Nextest, with(cargo(), &["nextest", "run", "--no-fail-fast"], scope))?;
    let (succeeded, output) = run_and_keep(with(cargo(), &["test", "--quiet", "--doc"], scope))?;
    // Documentation need not have tests.
    let documented =
        if succeeded { Tally::count(Runner::Cargo, &output) } else { Tally::read(Runner::Cargo, false, &output) };
    Ok([beside, documented].into_iter().sum())
}

fn conformance() -> Result<Tally> {
    let folder = root().join("tests/conformance");
    if !is_fresh(&folder.join("node_modules/.package-lock.json"), &folder.join("package-lock.json")) {
        shell::run(command("npm").args(["ci", "--ignore-scripts"]).current_dir(&folder))?;
    }
    shell::run(cargo().args(["build", "--quiet", "-p", "proxy", "-p", "wallet"]))?;
    let mut client = cargo();
    client.args(["build", "--quiet", "--locked", "--manifest-path", "tests/conformance/rust-client/Cargo.toml"]);
    shell::run(client.arg("--target-dir").arg(target().join("rust-client")))?;
    let mut tests = command("node");
    tests.args(["--test", "--test-reporter=spec"]).current_dir(folder).env("CARGO_TARGET_DIR", target());
    test(Runner::Node, tests)
}

/// In each browser by turns: the runner takes the first driver that it is told of.
fn wasm() -> Result<Tally> {
    let runner = format!("{} test-runner", build::wasm_tools()?.display());
    let drivers = [("CHROMEDRIVER", "chromedriver"), ("GECKODRIVER", "geckodriver")];
    drivers
        .into_iter()
        .map(|(variable, name)| {
            let mut tests = cargo();
            tests.args(["test", "-p", "background", "--target", "wasm32-unknown-unknown"]);
            tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner);
            let driver = find_program(name).with_context(|| format!("{name} is not there"))?;
            tests.env(variable, driver);
            test(Runner::Cargo, tests)
        })
        .sum()
}

fn chrome() -> Result<Tally> {
    build::all(build::SANDBOX)?;
    let mut tests = node_program("playwright");
    tests.args(["test", "--config", "tests/browser", "--reporter", "list"]);
    test(Runner::Playwright, tests)
}

/// What the add-on store checks when something is handed in, and the tests.
fn firefox() -> Result<Tally> {
    build::all(build::SANDBOX)?;
    let linted = Tally::of(shell::run(node_program("addons-linter").arg("dist/firefox")).is_ok());
    Ok([linted, node_tests("tests/firefox/firefox.test.mjs")?].into_iter().sum())
}

/// The worker of the extension in Chromium, over minutes.
pub(crate) fn lifetimes() -> Result<Tally> {
    build::all(build::SANDBOX)?;
    node_tests("tests/lifetimes/lifetimes.test.mjs")
}

fn node_tests(file: &str) -> Result<Tally> {
    let mut tests = command("node");
    // Node.js 20 has WebSockets only on demand.
    tests.args(["--experimental-websocket", "--test", "--test-reporter=spec", file]);
    test(Runner::Node, tests)
}

fn test(runner: Runner, command: Command) -> Result<Tally> {
    let (succeeded, output) = run_and_keep(command)?;
    Ok(Tally::read(runner, succeeded, &output))
}

fn with(mut command: Command, first: &[&str], then: &[&str]) -> Command {
    command.args(first).args(then);
    command
}
