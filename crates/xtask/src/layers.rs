//! Which of our crates may use which: the table in ARCHITECTURE.md against what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::shell::{cargo, output, root};

/// The first line of the table that is the rule.
const HEADER: &str = "| crate | for | may use |";

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Fails when a crate uses one that the table does not allow, or when the table and the
/// workspace do not name the same crates.
pub(crate) fn check() -> Result<()> {
    let allowed = table(&fs::read_to_string(root().join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?)?;
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let used = workspace(&serde_json::from_str(&metadata)?)?;
    let wrongs = wrongs(&allowed, &used);
    ensure!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    Ok(())
}

/// The rows of the table: a name, what it is for, and the names it may use, `any` or `–`.
fn table(text: &str) -> Result<Uses> {
    let rows = text.lines().skip_while(|line| line.trim() != HEADER).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|row| {
        let cells: Vec<String> = row.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect();
        let [_, name, _, uses, _] = cells.as_slice() else { bail!("a row without three cells: {row}") };
        let uses = uses.split(',').map(|name| name.trim().to_owned()).filter(|name| name != "–");
        Ok((name.clone(), uses.collect()))
    });
    let table = rows.collect::<Result<Uses>>()?;
    ensure!(!table.is_empty(), "no table that begins {HEADER}");
    Ok(table)
}

/// What each crate of the workspace uses of the others, for its tests too.
fn workspace(metadata: &Value) -> Result<Uses> {
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let uses = packages.iter().map(|package| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let names = dependencies.filter_map(|dependency| dependency["name"].as_str());
        let names = names.filter(|name| ours.contains(name)).map(str::to_owned).collect();
        (package["name"].as_str().unwrap_or_default().to_owned(), names)
    });
    Ok(uses.collect())
}

fn wrongs(allowed: &Uses, used: &Uses) -> Vec<String> {
    let mut wrongs = Vec::new();
    for (name, uses) in used {
        let Some(allowed) = allowed.get(name) else {
            wrongs.push(format!("ARCHITECTURE.md has no row for {name}"));
            continue;
        };
        let forbidden = uses.difference(allowed).filter(|_| !allowed.contains("any"));
        wrongs.extend(forbidden.map(|other| format!("{name} must not use {other}")));
    }
    let gone = allowed.keys().filter(|name| !used.contains_key(*name));
    wrongs.extend(gone.map(|name| format!("ARCHITECTURE.md has a row for {name}, which does not exist")));
    wrongs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(entries: &[(&str, &[&str])]) -> Uses {
        let owned = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        entries.iter().map(|(name, names)| ((*name).to_owned(), owned(names))).collect()
    }

    #[test]
    fn the_table_is_read() {
        let text = "# Map\n\n| crate | for | may use |\n|---|---|---|\n| `money` | amounts | – |\n\
                    | proxy | calls | money, `protocol` |\n\nThe end | of | it |\n";
        assert_eq!(table(text).unwrap(), uses(&[("money", &[]), ("proxy", &["money", "protocol"])]));
        assert!(table("# no table").is_err());
    }

    #[test]
    fn what_the_table_does_not_allow_is_wrong() {
        let allowed = uses(&[("money", &[]), ("engine", &["money"]), ("bench", &["any"])]);
        assert_eq!(wrongs(&allowed, &uses(&[("money", &[]), ("engine", &["money"]), ("bench", &["engine"])])), [""; 0]);
        assert_eq!(
            wrongs(&allowed, &uses(&[("money", &["engine"]), ("engine", &[]), ("extra", &[])])),
            [
                "ARCHITECTURE.md has no row for extra",
                "money must not use engine",
                "ARCHITECTURE.md has a row for bench, which does not exist",
            ]
        );
    }
}
