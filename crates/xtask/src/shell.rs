//! Running other programs from the top of the repository.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets it for whatever it runs; a path baked in at compile time would outlive a move.
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| "crates/xtask".into(), PathBuf::from);
    here.join("../..").canonicalize().unwrap_or(here)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Where [`crate::setup`] installs Node.js when the machine's own is too old.
pub(crate) fn own_node() -> PathBuf {
    target().join("node")
}

/// Where [`crate::setup`] lets cargo install what only this project's tests need.
pub(crate) fn own_tools() -> PathBuf {
    target().join("tools")
}

/// Where Debian keeps servers, though not on everybody's path.
const SERVERS: &str = "/usr/sbin";

/// The folders in which programs are looked for, our own first.
fn path() -> Vec<PathBuf> {
    let own = [own_node().join("node_modules/.bin"), own_tools().join("bin")];
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = own.into_iter().filter(|folder| folder.is_dir()).chain(env::split_paths(&inherited));
    folders.chain([SERVERS.into()]).collect()
}

/// A command that runs at the top of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    if let Ok(path) = env::join_paths(path()) {
        command.env("PATH", path);
    }
    command
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that npm has installed.
pub(crate) fn node_program(name: &str) -> Command {
    command(root().join("node_modules/.bin").join(name))
}

/// Runs a command with our own input and output; it must succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command quietly and returns what it printed; it must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}", shown(command), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, passes what it prints on line by line, and returns whether it succeeded and
/// all that it printed, standard output and error in their order.
pub(crate) fn run_and_keep(mut command: Command) -> Result<(bool, String)> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot run {}", shown(&command)))?;
    drop(command); // it holds the writing ends: while it lives, reading would never end
    let mut kept = String::new();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        kept.push_str(&text);
        line.clear();
    }
    Ok((child.wait()?.success(), kept))
}

/// Where a program lies, if it is on the path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    path().into_iter().map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether `output` exists and is not older than `input`.
pub(crate) fn is_fresh(output: &Path, input: &Path) -> bool {
    let changed = |file: &Path| fs::metadata(file).and_then(|metadata| metadata.modified());
    matches!((changed(output), changed(input)), (Ok(output), Ok(input)) if output >= input)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
