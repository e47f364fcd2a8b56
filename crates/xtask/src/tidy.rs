//! What must hold for every file: formatting, lints, layers, sizes and types.

use std::fs;

use anyhow::{Result, ensure};

use crate::layers;
use crate::shell::{cargo, command, node_program, output, root, run};
use crate::tally::Tally;

/// Nobody reads a longer file to its end.
const LINES_OF_A_FILE: usize = 800;
/// The binding crate decides nothing, so it has no reason to be long.
const LINES_OF_BACKGROUND: usize = 1_200;

type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 7] = [
    ("formatting", || run(cargo().args(["fmt", "--all", "--", "--check", "-l"]))),
    ("lints", || run(clippy().args(["--workspace", "--all-targets", "--", "-D", "warnings"]))),
    ("lints of what runs in the browser", || {
        let background = ["-p", "background", "--all-targets", "--target", "wasm32-unknown-unknown"];
        run(clippy().args(background).args(["--", "-D", "warnings"]))
    }),
    ("dependencies between crates", layers::check),
    ("length of files", file_lengths),
    ("types of the extension", || run(node_program("tsc").args(["--noEmit", "--project", "extension"]))),
    ("types of the browser tests", || run(node_program("tsc").args(["--noEmit", "--project", "tests/browser"]))),
];

/// Runs every check, and counts.
pub(crate) fn run_all() -> Tally {
    CHECKS
        .iter()
        .map(|(name, check)| {
            let result = check();
            match &result {
                Ok(()) => println!("ok      {name}"),
                Err(error) => println!("FAILED  {name}: {error:#}"),
            }
            Tally::of(result.is_ok())
        })
        .sum()
}

fn clippy() -> std::process::Command {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet"]);
    clippy
}

fn file_lengths() -> Result<()> {
    let files = output(command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut wrongs = Vec::new();
    let mut background = 0;
    for file in files.lines().filter(|file| is_source(file)) {
        // Git still lists what has just been removed.
        let lines = fs::read_to_string(root().join(file)).map_or(0, |text| text.lines().count());
        if lines > LINES_OF_A_FILE {
            wrongs.push(format!("{file} has {lines} lines, over {LINES_OF_A_FILE}"));
        }
        if file.starts_with("crates/background/src/") {
            background += lines;
        }
    }
    if background > LINES_OF_BACKGROUND {
        wrongs.push(format!("crates/background has {background} lines, over {LINES_OF_BACKGROUND}"));
    }
    ensure!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    Ok(())
}

fn is_source(file: &str) -> bool {
    [".rs", ".js", ".mjs", ".ts", ".css", ".html", ".sh"].iter().any(|extension| file.ends_with(extension))
}
