//! What is handed to the stores: one archive for each browser, and one of the source that both can
//! be built from. The same commit makes the same bytes wherever it is built.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::build::{self, Addresses};
use crate::manifest::Browser;
use crate::shell::{command, output, root};

/// What an archive for a store may weigh, in bytes.
const BUDGET: u64 = 350_000;
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Builds the extension for this proxy and packs it, and the source.
pub(crate) fn all(addresses: Addresses<'_>) -> Result<()> {
    let host = addresses.proxy.strip_prefix("https://");
    ensure!(
        host.is_some_and(|host| !is_loopback(host)),
        "a package is for everybody: name a proxy that everybody reaches by https, with --proxy-url"
    );
    build::extension(addresses)?;
    for browser in Browser::ALL {
        let folder = root().join("dist").join(browser.name());
        let archive = pack(browser.name(), &folder, &files_in(&folder)?)?;
        let size = fs::metadata(&archive)?.len();
        ensure!(size <= BUDGET, "{} weighs {size} bytes, over {BUDGET}", archive.display());
    }
    pack("source", &root(), &source()?)?;
    Ok(())
}

/// The archives, as paths from the top of the repository.
pub(crate) fn archives() -> [String; 3] {
    ["chrome", "firefox", "source"].map(archive)
}

fn archive(kind: &str) -> String {
    format!("dist/rivulet-{kind}-{VERSION}.zip")
}

fn is_loopback(host: &str) -> bool {
    let host = host.split(':').next().unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host.starts_with('[')
}

/// A file of an archive: its path there, and whether it is a program.
struct Entry {
    path: String,
    is_program: bool,
}

/// Everything in a folder, whatever the machine's order is.
fn files_in(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        for file in fs::read_dir(folder.join(&inside))? {
            let file = file?;
            let path = inside.join(file.file_name());
            if file.file_type()?.is_dir() {
                folders.push(path);
            } else {
                entries.push(Entry { path: path.to_string_lossy().into_owned(), is_program: false });
            }
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// What git tracks, from lines such as `100755 1f3b… 0` and, behind a tab, `build.sh`.
fn source() -> Result<Vec<Entry>> {
    let listed = output(command("git").args(["ls-files", "--stage"]))?;
    let entry = |line: &str| {
        let (mode, path) = line.split_once('\t')?;
        Some(Entry { path: path.to_owned(), is_program: mode.starts_with("100755") })
    };
    listed.lines().map(|line| entry(line).with_context(|| line.to_owned())).collect()
}

/// Writes an archive without anything in it that depends on when or where it was made.
fn pack(kind: &str, folder: &Path, entries: &[Entry]) -> Result<PathBuf> {
    let path = root().join(archive(kind));
    let mut archive = ZipWriter::new(File::create(&path)?);
    for Entry { path, is_program } in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(if *is_program { 0o755 } else { 0o644 });
        archive.start_file(path, options)?;
        archive.write_all(&fs::read(folder.join(path)).with_context(|| path.clone())?)?;
    }
    archive.finish()?;
    println!("{:<34}{:>9} bytes", path.strip_prefix(root())?.display(), fs::metadata(&path)?.len());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_for_everybody() {
        for wrong in ["http://proxy.example", "https://localhost:4100", "https://127.0.0.1", "https://[::1]"] {
            assert!(all(Addresses { proxy: wrong, sample: "" }).is_err(), "{wrong}");
        }
        assert!(!is_loopback("proxy.example:8443"));
    }
}
