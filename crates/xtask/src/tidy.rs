//! What must hold for every file: formatting, lints, layers, sizes, types, words, and tests that
//! documents name.

use std::fs;

use anyhow::{Result, ensure};

use crate::layers;
use crate::messages;
use crate::shell::{cargo, command, node_program, output, root, run};
use crate::tally::Tally;

/// Nobody reads a longer file to its end.
const LINES_OF_A_FILE: usize = 800;
/// These say which test shows what.
const NAMING_TESTS: [&str; 2] = ["docs/threat-model.md", "docs/testing.md"];
/// The binding crate decides nothing, so it has no reason to be long.
const LINES_OF_BACKGROUND: usize = 1_200;

type Check = (&'static str, fn() -> Result<()>);

const CHECKS: [Check; 10] = [
    ("formatting", || run(cargo().args(["fmt", "--all", "--", "--check", "-l"]))),
    ("lints", || run(clippy().args(["--workspace", "--all-targets", "--", "-D", "warnings"]))),
    ("lints of what runs in the browser", || {
        let background = ["-p", "background", "--all-targets", "--target", "wasm32-unknown-unknown"];
        run(clippy().args(background).args(["--", "-D", "warnings"]))
    }),
    ("documentation of the crates", || {
        run(cargo().args(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("dependencies between crates", layers::check),
    ("length of files", file_lengths),
    ("words of the views", messages::check),
    ("tests named in documents", named_tests),
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

fn files() -> Result<String> {
    output(command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))
}

fn file_lengths() -> Result<()> {
    let files = files()?;
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

fn named_tests() -> Result<()> {
    let mut code = String::new();
    for file in files()?.lines().filter(|file| file.ends_with(".rs")) {
        code += &fs::read_to_string(root().join(file)).unwrap_or_default();
    }
    let mut wrongs = Vec::new();
    for document in NAMING_TESTS {
        let text = fs::read_to_string(root().join(document))?;
        let names = text.split('`').skip(1).step_by(2).filter_map(test_name);
        let missing = names.filter(|name| !code.contains(&format!("fn {name}(")));
        wrongs.extend(missing.map(|name| format!("{document} names {name}, which does not exist")));
    }
    ensure!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    Ok(())
}

/// What is quoted, without its module, if it reads like the name of a test: three words at least.
fn test_name(quoted: &str) -> Option<&str> {
    let name = quoted.rsplit("::").next()?;
    let is_name = name.chars().all(|character| character.is_ascii_lowercase() || "_0123456789".contains(character));
    (is_name && name.split('_').count() > 2).then_some(name)
}

fn is_source(file: &str) -> bool {
    [".rs", ".js", ".mjs", ".ts", ".css", ".html", ".sh"].iter().any(|extension| file.ends_with(extension))
}
