//! Finds what the machine lacks and installs it, after asking.

use std::env;
use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};

use crate::shell::{cargo, command, find_program, is_fresh, output, own_node, own_tools, root, run};

/// The oldest Node.js that Playwright supports.
const NODE_MAJOR: u32 = 20;
/// What cargo installs.
const GECKODRIVER_VERSION: &str = "0.37.1";
const DENY_VERSION: &str = "0.20.2";
const LLVM_COV_VERSION: &str = "0.9.1";
const MUTANTS_VERSION: &str = "27.1.0";
/// What npm installs where the machine's own, as that of Debian 12, is older.
const NODE_VERSION: &str = "22.23.3";

/// Something that must be on the machine before a task can start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// Node.js and npm.
    Node,
    /// The packages of the lock file at the top.
    NodePackages,
    /// Debian's Chromium.
    Chromium,
    /// The program through which wasm tests drive Chromium.
    ChromeDriver,
    /// Debian's Firefox.
    Firefox,
    /// The program through which tests drive Firefox.
    GeckoDriver,
    /// The server that the proxies of many machines share a store in.
    Redis,
    /// The balancer in front of the proxies of many machines, which their speed is held against too.
    Nginx,
    /// The headers of OpenSSL, for a Rust client of Open Payments that is not ours.
    OpenSsl,
    /// What reads the counts that the compiler leaves in a program.
    LlvmTools,
    /// The program that runs tests and says which lines they reach.
    LlvmCov,
    /// The program that knows the licences and origins of crates.
    CargoDeny,
    /// The program that changes the code and sees whether a test notices.
    CargoMutants,
}

/// What building takes.
pub(crate) const BUILD: &[Need] = &[Need::WasmTarget, Need::Node, Need::NodePackages];
/// What building, and driving the extension in a browser, takes.
pub(crate) const BROWSER: &[Need] = &[Need::WasmTarget, Need::Node, Need::NodePackages, Need::Chromium];
/// What building, and driving the extension in Firefox, takes.
pub(crate) const FIREFOX: &[Need] =
    &[Need::WasmTarget, Need::Node, Need::NodePackages, Need::Firefox, Need::GeckoDriver];
/// What the proxy's tests take.
pub(crate) const PROXY: &[Need] = &[Need::Redis, Need::Nginx];
/// What measuring the proxy takes.
pub(crate) const LOAD: &[Need] = &[Need::Nginx];
/// What comparing with other implementations takes; their packages have a lock file of their own.
pub(crate) const CONFORMANCE: &[Need] = &[Need::Node, Need::OpenSsl];
/// What running wasm tests takes.
pub(crate) const WASM_TESTS: &[Need] =
    &[Need::WasmTarget, Need::Chromium, Need::ChromeDriver, Need::Firefox, Need::GeckoDriver];
/// What counting the lines that tests reach takes.
pub(crate) const COVERAGE: &[Need] = &[Need::LlvmTools, Need::LlvmCov];
/// What checking whose code the project is built with takes.
pub(crate) const SUPPLY: &[Need] = &[Need::CargoDeny];
/// What changing the code under the tests takes.
pub(crate) const MUTANTS: &[Need] = &[Need::CargoMutants];

/// Whether the person at the machine has said yes to installing things.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// By `--yes`, or because continuous integration runs us.
    Given,
    /// Ask first.
    Needed,
}

impl Consent {
    /// From the `--yes` switch and the environment.
    pub(crate) fn new(yes: bool) -> Self {
        if yes || env::var("CI").is_ok_and(|value| value == "true") { Self::Given } else { Self::Needed }
    }
}

/// Makes sure that all `needs` are met, or fails and says which command would meet them.
pub(crate) fn ensure(needs: &[Need], consent: Consent) -> Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let steps = steps(&missing)?;
    println!("This machine lacks something. To install it, these run:");
    for step in &steps {
        println!("  {}", step.join(" "));
    }
    if consent == Consent::Needed && !agreed()? {
        bail!("not installed: run the commands above, or say --yes");
    }
    for step in &steps {
        let (program, arguments) = step.split_first().ok_or_else(|| anyhow::anyhow!("empty step"))?;
        run(command(program).args(arguments))?;
    }
    match missing.iter().find(|need| !need.is_met()) {
        None => Ok(()),
        Some(need) => bail!("still missing: {}", need.name()),
    }
}

fn agreed() -> Result<bool> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    println!("Go ahead? [Y/n]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "" | "y" | "Y" | "yes"))
}

/// The commands that meet the needs: one for all of Debian's packages, then the others.
fn steps(missing: &[Need]) -> Result<Vec<Vec<String>>> {
    let mut steps: Vec<Vec<String>> = Vec::new();
    let mut add = |words: &[&str]| steps.push(words.iter().map(|word| (*word).to_owned()).collect());
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.debian_packages()).copied().collect();
    if !packages.is_empty() {
        if find_program("apt-get").is_none() {
            bail!("please install these by hand: {}", packages.join(" "));
        }
        let become_root: &[&str] = if is_root()? { &[] } else { &["sudo"] };
        add(&[become_root, &["apt-get", "update", "--quiet"]].concat());
        let install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"];
        add(&[become_root, &install, &packages].concat());
    }
    if missing.contains(&Need::WasmTarget) {
        add(&["rustup", "target", "add", "wasm32-unknown-unknown"]);
    }
    if missing.contains(&Need::LlvmTools) {
        add(&["rustup", "component", "add", "llvm-tools"]);
    }
    // Optimised they would take four times as long to build, and their work just as long.
    let tools =
        [(Need::GeckoDriver, "geckodriver", GECKODRIVER_VERSION), (Need::CargoDeny, "cargo-deny", DENY_VERSION)];
    for (_, name, version) in tools.iter().filter(|(need, ..)| missing.contains(need)) {
        let folder = own_tools().display().to_string();
        let unoptimised = ["--config", "profile.release.opt-level=0", "--config", "profile.release.lto=false"];
        let install = ["cargo", "install", "--locked", name, "--version", version, "--root", &folder];
        add(&[&install[..], &unoptimised].concat());
    }
    if missing.contains(&Need::LlvmCov) {
        add(&["cargo", "install", "--locked", "cargo-llvm-cov", "--version", LLVM_COV_VERSION]);
    }
    if missing.contains(&Need::CargoMutants) {
        add(&["cargo", "install", "--locked", "cargo-mutants", "--version", MUTANTS_VERSION]);
    }
    if missing.contains(&Need::Node) {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let package = format!("node-linux-{architecture}@{NODE_VERSION}");
        let folder = own_node().display().to_string();
        add(&["npm", "install", "--no-save", "--ignore-scripts", "--prefix", &folder, &package]);
    }
    if missing.contains(&Need::NodePackages) {
        add(&["npm", "ci", "--ignore-scripts"]);
    }
    Ok(steps)
}

fn is_root() -> Result<bool> {
    Ok(output(command("id").arg("-u"))?.trim() == "0")
}

impl Need {
    fn name(self) -> String {
        match self {
            Self::WasmTarget => "the Rust target wasm32-unknown-unknown".into(),
            Self::Node => format!("Node.js {NODE_MAJOR} or later, with npm"),
            Self::NodePackages => "the npm packages".into(),
            Self::Chromium => "Chromium".into(),
            Self::ChromeDriver => "ChromeDriver".into(),
            Self::Firefox => "Firefox".into(),
            Self::GeckoDriver => format!("geckodriver {GECKODRIVER_VERSION}"),
            Self::Redis => "redis-server".into(),
            Self::Nginx => "nginx".into(),
            Self::OpenSsl => "OpenSSL's headers, with pkg-config".into(),
            Self::LlvmTools => "the Rust component llvm-tools".into(),
            Self::LlvmCov => format!("cargo-llvm-cov {LLVM_COV_VERSION}"),
            Self::CargoDeny => format!("cargo-deny {DENY_VERSION}"),
            Self::CargoMutants => format!("cargo-mutants {MUTANTS_VERSION}"),
        }
    }

    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Node if find_program("npm").is_some() => &[],
            Self::Node => &["nodejs", "npm"],
            Self::Chromium => &["chromium"],
            Self::ChromeDriver => &["chromium-driver"],
            Self::Firefox => &["firefox-esr"],
            Self::Redis => &["redis-server"],
            Self::Nginx => &["nginx"],
            Self::OpenSsl => &["libssl-dev", "pkg-config"],
            Self::WasmTarget
            | Self::NodePackages
            | Self::GeckoDriver
            | Self::LlvmTools
            | Self::LlvmCov
            | Self::CargoDeny
            | Self::CargoMutants => &[],
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::WasmTarget => {
                let query = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
                output(command("rustc").args(query)).is_ok_and(|folder| root().join(folder.trim()).is_dir())
            }
            Self::Node => find_program("npm").is_some() && node_major() >= Some(NODE_MAJOR),
            Self::NodePackages => {
                is_fresh(&root().join("node_modules/.package-lock.json"), &root().join("package-lock.json"))
            }
            Self::Chromium => find_program("chromium").is_some(),
            Self::ChromeDriver => find_program("chromedriver").is_some(),
            Self::Firefox => find_program("firefox-esr").is_some(),
            Self::GeckoDriver => find_program("geckodriver").is_some(),
            Self::Redis => find_program("redis-server").is_some(),
            Self::Nginx => find_program("nginx").is_some(),
            Self::OpenSsl => output(command("pkg-config").args(["--exists", "openssl"])).is_ok(),
            Self::LlvmTools => output(command("rustup").args(["component", "list", "--installed"]))
                .is_ok_and(|components| components.lines().any(|name| name.starts_with("llvm-tools"))),
            Self::LlvmCov => is_version(&["llvm-cov", "--version"], LLVM_COV_VERSION),
            Self::CargoDeny => is_version(&["deny", "--version"], DENY_VERSION),
            Self::CargoMutants => is_version(&["mutants", "--version"], MUTANTS_VERSION),
        }
    }
}

/// Whether one of cargo's subcommands is there, in this version.
fn is_version(arguments: &[&str], version: &str) -> bool {
    output(cargo().args(arguments)).is_ok_and(|text| text.split_whitespace().last() == Some(version))
}

fn node_major() -> Option<u32> {
    let version = output(command("node").arg("--version")).ok()?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
