//! The proxy under load: the release build, and the generator of `crates/bench`.

use std::process::Command;

use anyhow::Result;

use crate::shell::{cargo, command, run, target};

/// Builds both. The command lacks what is to be done besides its name.
pub(crate) fn generator(task: &str) -> Result<Command> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--release", "-p", "proxy", "-p", "bench"]);
    run(build.args(["--bin", "rivulet-proxy", "--bin", "proxy-load"]))?;
    let programs = target().join("release");
    let mut generator = command(programs.join("proxy-load"));
    generator.arg(task).arg("--proxy").arg(programs.join("rivulet-proxy"));
    Ok(generator)
}
