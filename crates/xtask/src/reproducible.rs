//! Whether the packages are the same bytes wherever they are built: in two fresh clones whose paths
//! differ, also in length.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::package;
use crate::shell::{command, output, root, run, target};
use crate::tally::Tally;

const PLACES: [&str; 2] = ["reproducible/one", "reproducible/another/and/much/longer/one"];
/// Any will do that a package may name.
const PROXY: &str = "https://proxy.rivulet.example";

/// Builds both, and counts the archives that are equal. What is not committed is in neither.
pub(crate) fn run_both() -> Result<Tally> {
    let places = PLACES.map(|place| target().join(place));
    places.iter().try_for_each(|place| clone(place))?;
    places.iter().try_for_each(|place| build(place))?;
    package::archives().iter().map(|archive| compare(&places, archive)).sum()
}

fn clone(place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    run(command("git").args(["clone", "--quiet"]).arg(root()).arg(place))
}

fn build(place: &Path) -> Result<()> {
    let mut package = command(place.join("build.sh"));
    package.args(["--yes", "--proxy-url", PROXY, "package"]).current_dir(place);
    run(package.env_remove("CARGO_TARGET_DIR"))
}

fn compare(places: &[PathBuf; 2], archive: &str) -> Result<Tally> {
    let [one, other] = places.each_ref().map(|place| place.join(archive));
    print!("{}", output(command("sha256sum").args([&one, &other]))?);
    let [one, other] = [one, other].map(|file| fs::read(&file).with_context(|| file.display().to_string()));
    Ok(Tally::of(one? == other?))
}
