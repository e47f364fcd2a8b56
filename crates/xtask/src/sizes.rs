//! The size of what ships, beside its budgets.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// What the scripts of a group of files may weigh as they ship; a KB is 1,000 bytes.
struct Budget {
    name: &'static str,
    parts: &'static [(&'static str, &'static str)],
    kilobytes: u64,
    /// What may not be exceeded until the budget is kept: just above what was reached.
    ceiling: u64,
}

const BUDGETS: [Budget; 4] = [
    Budget {
        name: "background code",
        parts: &[("wasm", "wasm/background_bg.wasm"), ("glue", "wasm/background.js"), ("shim", "background.js")],
        kilobytes: 260,
        ceiling: 400,
    },
    Budget { name: "content script", parts: &[("content", "content.js")], kilobytes: 6, ceiling: 6 },
    Budget { name: "page script", parts: &[("page", "page.js")], kilobytes: 4, ceiling: 4 },
    Budget { name: "views", parts: &[("views", "views")], kilobytes: 60, ceiling: 60 },
];

/// Prints what each part of an unpacked extension weighs, and by how much a budget is exceeded. None
/// may exceed its ceiling.
pub(crate) fn check(dist: &Path) -> Result<()> {
    for budget in BUDGETS {
        let mut total = 0;
        for (part, path) in budget.parts {
            let size = size(&dist.join(path)).with_context(|| path.to_string())?;
            println!("  {part:<16}{:>9} bytes", size);
            total += size;
        }
        let allowed = budget.kilobytes * 1_000;
        let verdict = if total > allowed { format!(": {} too many", total - allowed) } else { String::new() };
        println!("{:<18}{total:>9} bytes of {} KB{verdict}", budget.name, budget.kilobytes);
        let Budget { name, ceiling, .. } = budget;
        ensure!(total <= ceiling * 1_000, "the {name} may not weigh more than {ceiling} KB (see {})", file!());
    }
    Ok(())
}

/// The bytes of a file, or of the scripts in a folder.
fn size(path: &Path) -> Result<u64> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    let files = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files
        .iter()
        .filter(|file| file.is_dir() || file.extension().is_some_and(|it| it == "js"))
        .map(|file| size(file))
        .sum()
}
