//! Whether the tests notice when the code is wrong: each function that paces, budgets or exchanges
//! tokens is changed in each of many small ways, and the tests of its crate must fail every time.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell::{cargo, root, target};
use crate::tally::Tally;

const FILES: [&str; 9] = [
    "crates/engine/src/pace.rs",
    "crates/engine/src/purse.rs",
    "crates/engine/src/budget.rs",
    "crates/engine/src/spending.rs",
    "crates/engine/src/rotation.rs",
    "crates/engine/src/settling.rs",
    "crates/engine/src/desk.rs",
    "crates/engine/src/table.rs",
    "crates/money/src/accrual.rs",
];

/// A change that makes the tests take so many times as long as without it is noticed too, but not
/// before so many seconds.
const TIMEOUT: [&str; 2] = ["4", "60"];

/// Tests that take seconds each and would notice little that the others do not.
const SKIPPED: [&str; 4] = ["random::", "death_at_any_moment", "every_death_between", "half_gone"];

/// The mutants that nothing can notice stand in a table there, each with the reason.
const KNOWN: &str = "docs/testing.md";
const HEADER: &str = "| mutant | why nothing can notice it |";

/// What became of the mutants of a file.
#[derive(Default)]
struct Outcomes {
    caught: u32,
    timed_out: u32,
    unviable: u32,
    equivalent: u32,
    missed: Vec<String>,
}

/// Runs the tests once for each mutant, which takes an hour or so, and prints a table; a mutant
/// that the tests miss fails unless it is known.
pub(crate) fn run() -> Result<Tally> {
    let folder = target().join("mutants");
    fs::create_dir_all(&folder)?;
    let mut mutants = cargo();
    let [times, seconds] = TIMEOUT;
    mutants.args(["mutants", "--jobs", "2", "--timeout-multiplier", times, "--minimum-test-timeout", seconds]);
    mutants.args(["--no-shuffle", "--output"]).arg(&folder);
    mutants.args(FILES.iter().flat_map(|file| ["--file", file]));
    mutants.args(["--", "--lib", "--tests", "--", "--quiet"]).args(SKIPPED.iter().flat_map(|name| ["--skip", name]));
    // No search for the smallest random case that fails, and less to link: each mutant costs seconds.
    mutants.envs([("PROPTEST_MAX_SHRINK_ITERS", "0"), ("CARGO_PROFILE_DEV_DEBUG", "false")]);
    // It says by its exit code that mutants were missed, which is read from the report below.
    mutants.status().context("cargo mutants")?;

    let report = fs::read_to_string(folder.join("mutants.out/outcomes.json"))?;
    let known = table(&fs::read_to_string(root().join(KNOWN))?);
    let files = by_file(&serde_json::from_str(&report)?, &known)?;
    println!("{:<34}{:>7}{:>10}{:>9}{:>11}{:>7}", "file", "caught", "timed out", "unviable", "equivalent", "missed");
    for (file, Outcomes { caught, timed_out, unviable, equivalent, missed }) in &files {
        println!("{file:<34}{caught:>7}{timed_out:>10}{unviable:>9}{equivalent:>11}{:>7}", missed.len());
    }
    for missed in files.values().flat_map(|outcomes| &outcomes.missed) {
        println!("missed: {missed}");
    }
    Ok(files.values().map(Outcomes::tally).sum())
}

/// Sorts the report of cargo-mutants by file. A name begins with the file, line and column.
fn by_file(report: &Value, known: &[String]) -> Result<BTreeMap<String, Outcomes>> {
    let mut files: BTreeMap<String, Outcomes> = BTreeMap::new();
    for outcome in report["outcomes"].as_array().context("a report without outcomes")? {
        let Some(name) = outcome["scenario"]["Mutant"]["name"].as_str() else { continue };
        let [file, _, _, change] = *name.splitn(4, ':').collect::<Vec<_>>() else { continue };
        let outcomes = files.entry(file.to_owned()).or_default();
        match outcome["summary"].as_str().unwrap_or_default() {
            "CaughtMutant" => outcomes.caught += 1,
            "Timeout" => outcomes.timed_out += 1,
            "Unviable" => outcomes.unviable += 1,
            _ if known.contains(&format!("{file}:{change}")) => outcomes.equivalent += 1,
            _ => outcomes.missed.push(name.to_owned()),
        }
    }
    Ok(files)
}

/// The first column of the table of known mutants: the file and the change, without the line.
fn table(text: &str) -> Vec<String> {
    let rows = text.lines().skip_while(|line| *line != HEADER).skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect()
}

impl Outcomes {
    fn tally(&self) -> Tally {
        let failed = u32::try_from(self.missed.len()).unwrap_or(u32::MAX);
        Tally { passed: self.caught + self.timed_out + self.equivalent, failed }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missed_mutant_fails_unless_it_is_known_wherever_it_stands() {
        let text = format!("# Tests\n\n{HEADER}\n|---|---|\n| `a.rs: replace > with >= in f` | It is the end. |\n\n");
        let outcome = |name: &str, summary: &str| json!({"scenario": {"Mutant": {"name": name}}, "summary": summary});
        let report = json!({"outcomes": [
            {"scenario": "Baseline", "summary": "Success"},
            outcome("a.rs:5:34: replace > with >= in f", "MissedMutant"),
            outcome("a.rs:6:34: replace > with == in f", "MissedMutant"),
            outcome("a.rs:7:34: replace f -> u8 with 0", "CaughtMutant"),
            outcome("a.rs:8:34: replace f -> &'a Url with Default::default()", "Unviable"),
            outcome("b.rs:1:34: replace > with >= in f", "Timeout"),
        ]});
        let files = by_file(&report, &table(&text)).unwrap();
        assert_eq!(files["a.rs"].missed, ["a.rs:6:34: replace > with == in f"]);
        assert_eq!(files["a.rs"].tally(), Tally { passed: 2, failed: 1 });
        assert_eq!(files["b.rs"].tally(), Tally { passed: 1, failed: 0 });
    }
}
