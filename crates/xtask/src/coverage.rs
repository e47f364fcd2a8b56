//! How many lines of the engine, and of the crates that it counts money and reads wallets with,
//! their own tests reach. A line that none reaches holds a rule that nobody has written down.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell::{cargo, root, run as run_command, target};
use crate::tally::Tally;

const CRATES: [&str; 3] = ["engine", "money", "open-payments"];

/// Of a hundred lines in each crate.
const REACHED: u64 = 90;

/// Lines, and how many of them are reached.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Lines {
    count: u64,
    reached: u64,
}

/// Runs the tests and prints a table; a crate passes or fails.
pub(crate) fn run() -> Result<Tally> {
    let report = target().join("coverage.json");
    let mut tests = cargo();
    tests.args(["llvm-cov", "--quiet", "--json", "--summary-only", "--output-path"]).arg(&report);
    run_command(tests.args(CRATES.iter().flat_map(|name| ["--package", name])))?;
    let report = serde_json::from_str(&fs::read_to_string(report)?)?;
    let lines = by_crate(&report, &root().join("crates").to_string_lossy())?;
    println!("{:<16}{:>8}{:>9}{:>9}", "crate", "lines", "reached", "percent");
    for (name, lines) in &lines {
        println!("{name:<16}{:>8}{:>9}{:>9}", lines.count, lines.reached, lines.percent());
    }
    ensure!(CRATES.iter().all(|name| lines.contains_key(*name)), "the report does not have every crate");
    Ok(lines.values().map(|lines| Tally::of(lines.are_enough())).sum())
}

/// Sums up the report of LLVM's coverage tool, whose files have absolute paths.
fn by_crate(report: &Value, folder: &str) -> Result<BTreeMap<String, Lines>> {
    let files = report["data"][0]["files"].as_array().context("a report without files")?;
    let mut sums: BTreeMap<String, Lines> = BTreeMap::new();
    for file in files {
        let path = file["filename"].as_str().and_then(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        let Some((name, _)) = path.and_then(|path| path.split_once('/')) else { continue };
        let number =
            |what: &str| file["summary"]["lines"][what].as_u64().with_context(|| format!("no {what} of lines"));
        let sum = sums.entry(name.to_owned()).or_default();
        sum.count += number("count")?;
        sum.reached += number("covered")?;
    }
    Ok(sums)
}

impl Lines {
    fn are_enough(self) -> bool {
        self.reached * 100 >= self.count * REACHED
    }

    fn percent(self) -> String {
        let tenths = self.reached * 1000 / self.count.max(1);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn files_are_summed_up_by_crate() {
        let file = |path: &str, count, covered| json!({"filename": path, "summary": {"lines": {"count": count, "covered": covered}}});
        let files = [
            file("/top/crates/money/src/a.rs", 6, 6),
            file("/top/crates/money/src/b.rs", 4, 3),
            file("/top/crates/engine/src/a.rs", 1000, 899),
            file("/elsewhere/crates/serde/src/a.rs", 9, 0),
        ];
        let sums = by_crate(&json!({"data": [{"files": files}]}), "/top/crates").unwrap();
        let [engine, money] = [sums["engine"], sums["money"]];
        assert_eq!((sums.len(), money), (2, Lines { count: 10, reached: 9 }));
        assert_eq!((money.are_enough(), engine.are_enough()), (true, false));
        assert_eq!((money.percent().as_str(), engine.percent().as_str()), ("90.0", "89.9"));
        assert!(by_crate(&json!({}), "/top/crates").is_err());
    }
}
