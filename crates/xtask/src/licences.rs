//! The licences of what ships in the extension, as a file in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell::{cargo, output, root};

/// Ours; whoever offers it is used under it.
const OURS: &str = "Apache-2.0";
/// What may ship besides, each with its own text.
const OTHERS: [&str; 3] = ["MIT", "BSD-3-Clause", "Unicode-3.0"];
/// What ships and is no crate.
const SCRIPTS: [&str; 1] = ["lit-html"];

/// A piece of software of somebody else's.
struct Part {
    name: String,
    version: String,
    licence: String,
    source: String,
    /// The licence's text, if it is not [`OURS`].
    text: Option<String>,
}

/// The text of the file: our licence, what ships under it or another one, and the texts of those.
pub(crate) fn list() -> Result<String> {
    let mut parts = crates()?;
    for name in SCRIPTS {
        parts.push(script(name)?);
    }
    let mut list = String::from(
        "Rivulet is licensed under the Apache License 2.0, whose text is at the end. It contains the following software;\n\
         what is offered under that licence too is used under it.\n\n",
    );
    for Part { name, version, licence, source, .. } in &parts {
        writeln!(list, "{name} {version}: {licence}; {source}")?;
    }
    writeln!(list, "the Rust standard library: MIT OR Apache-2.0; https://github.com/rust-lang/rust")?;
    for Part { name, text, .. } in &parts {
        if let Some(text) = text {
            write!(list, "\n\n==== {name} ====\n\n{}\n", text.trim())?;
        }
    }
    write!(list, "\n\n==== Apache License 2.0 ====\n\n{}", fs::read_to_string(root().join("LICENSE"))?)?;
    Ok(list)
}

/// The crates that are compiled into the wasm. Ours are among them, and left out.
fn crates() -> Result<Vec<Part>> {
    let tree = ["tree", "--locked", "-p", "background", "--target", "wasm32-unknown-unknown"];
    let shape = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let tree = output(cargo().args(tree).args(shape))?;
    let shipped: BTreeSet<(&str, &str)> = tree.lines().filter_map(name_and_version).collect();
    let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", "wasm32-unknown-unknown"];
    let metadata: Value = serde_json::from_str(&output(cargo().args(metadata))?)?;
    let packages = metadata["packages"].as_array().context("cargo lists no packages")?;
    let is_shipped = |package: &&Value| {
        let identity = package["name"].as_str().zip(package["version"].as_str());
        identity.is_some_and(|identity| shipped.contains(&identity)) && !package["source"].is_null()
    };
    let mut parts = packages.iter().filter(is_shipped).map(part).collect::<Result<Vec<_>>>()?;
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// From a line such as `memchr v2.8.3 (*)`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

fn part(package: &Value) -> Result<Part> {
    let [name, version, licence, source] = ["name", "version", "license", "repository"]
        .map(|member| package[member].as_str().unwrap_or_default().to_owned());
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    let folder = Path::new(manifest).parent().context("a manifest without a folder")?;
    let text = text(&name, &licence, folder)?;
    Ok(Part { name, version, licence, source, text })
}

/// A package that npm has installed.
fn script(name: &str) -> Result<Part> {
    let folder = root().join("node_modules").join(name);
    let package: Value = serde_json::from_str(&fs::read_to_string(folder.join("package.json"))?)?;
    let [version, licence] =
        ["version", "license"].map(|member| package[member].as_str().unwrap_or_default().to_owned());
    let source = package["repository"]["url"].as_str().unwrap_or_default().to_owned();
    let text = text(name, &licence, &folder)?;
    Ok(Part { name: name.into(), version, licence, source, text })
}

/// The text that has to go with a part, from its folder; none if it is offered under [`OURS`].
fn text(name: &str, licence: &str, folder: &Path) -> Result<Option<String>> {
    let licences = needed(licence).with_context(|| format!("{name} may not ship: its licence is {licence:?}"))?;
    if licences.is_empty() {
        return Ok(None);
    }
    let mut texts = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        if file.file_name().to_string_lossy().to_uppercase().starts_with("LICEN") {
            texts.push(fs::read_to_string(file.path())?);
        }
    }
    ensure!(!texts.is_empty(), "{name} comes without the text of its licence");
    Ok(Some(texts.join("\n\n")))
}

/// Which of [`OTHERS`] has to be met to use what is under this expression; `None` if that is not enough.
fn needed(expression: &str) -> Option<Vec<&str>> {
    let clauses = expression.split(" AND ").map(|clause| clause.trim_matches(['(', ')']));
    let mut needed = Vec::new();
    for clause in clauses {
        let offers: Vec<&str> = clause.split([' ', '/']).filter(|word| !matches!(*word, "OR" | "")).collect();
        if !offers.contains(&OURS) {
            needed.push(*offers.iter().find(|offer| OTHERS.contains(offer))?);
        }
    }
    Some(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        for ours in ["Apache-2.0", "MIT OR Apache-2.0", "Apache-2.0/MIT", "Apache-2.0 / MIT"] {
            assert_eq!(needed(ours), Some(vec![]), "{ours}");
        }
        assert_eq!(needed("Unlicense OR MIT"), Some(vec!["MIT"]));
        assert_eq!(needed("(MIT OR Apache-2.0) AND Unicode-3.0"), Some(vec!["Unicode-3.0"]));
        for foreign in ["GPL-3.0", "Apache-2.0 AND GPL-3.0", "MPL-2.0 OR GPL-2.0", ""] {
            assert_eq!(needed(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_line_of_the_tree_is_read() {
        assert_eq!(name_and_version("memchr v2.8.3 (*)"), Some(("memchr", "2.8.3")));
        assert_eq!(name_and_version(""), None);
    }
}
