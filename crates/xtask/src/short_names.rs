//! Short names for what the wasm and its glue have of one another: the long ones stand in both.

use std::cmp::Reverse;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// What wasm-opt prints: each name that it replaced, and by which.
#[derive(Deserialize)]
struct Renamed {
    /// Module, name and short name.
    imports: Vec<[String; 3]>,
    exports: Vec<[String; 2]>,
}

/// What wasm-opt calls the module that everything is imported from.
const MODULE: &str = "a";

/// Puts the short names into the glue.
pub(crate) fn put(printed: &str, mut glue: String) -> Result<String> {
    let mut renamed: Renamed = serde_json::from_str(printed).context("the names from wasm-opt")?;
    let module = renamed.imports.first().context("no imports")?[0].clone();
    replace(&mut glue, &format!("\"{module}\": "), &format!("{MODULE}: "))?;
    for [_, name, short] in &renamed.imports {
        replace(&mut glue, &format!(" {name}: "), &format!(" {short}: "))?;
    }
    // One may begin with the whole of another. Some are not for the glue.
    renamed.exports.sort_by_key(|[name, _]| Reverse(name.len()));
    for [name, short] in &renamed.exports {
        glue = glue.replace(&format!("wasm.{name}"), &format!("wasm.{short}"));
    }
    Ok(glue)
}

fn replace(glue: &mut String, long: &str, short: &str) -> Result<()> {
    ensure!(glue.matches(long).count() == 1, "the glue does not have {long:?} once");
    *glue = glue.replacen(long, short, 1);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"{"imports": [["./b.js", "__wbg_get_1", "b"], ["./b.js", "__wbg_set_2", "$"]],
        "exports": [["memory", "c"], ["free", "d"], ["free_all", "e"], ["unused", "f"]]}"#;

    #[test]
    fn every_name_becomes_the_short_one() {
        let glue =
            "{ __wbg_get_1: function() { wasm.free(memory); }, __wbg_set_2: wasm.free_all, \"./b.js\": import0 }";
        let short = "{ b: function() { wasm.d(memory); }, $: wasm.e, a: import0 }";
        assert_eq!(put(PRINTED, glue.to_owned()).ok().as_deref(), Some(short));
    }

    #[test]
    fn a_glue_without_what_is_imported_is_refused() {
        assert!(put(PRINTED, "{ __wbg_get_1: 1, \"./b.js\": import0 }".to_owned()).is_err());
    }
}
