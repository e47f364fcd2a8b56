//! Builds what ships: the extension for each browser, and the programs of proxy and wallet.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::licences;
use crate::manifest::{self, Browser};
use crate::messages;
use crate::shell::{cargo, command, is_fresh, node_program, output, root, run, target};
use crate::{short_names, sizes};

/// Where the sandbox's proxy listens, and what a build talks to unless it is told otherwise.
pub(crate) const SANDBOX_PROXY: &str = "http://127.0.0.1:4100";
/// What a build of the sandbox knows of the world.
pub(crate) const SANDBOX: Addresses<'_> = Addresses { proxy: SANDBOX_PROXY, sample: "" };

/// What a build knows of the world.
#[derive(Clone, Copy)]
pub(crate) struct Addresses<'a> {
    /// The proxy's origin.
    pub(crate) proxy: &'a str,
    /// A page for the first payment; there need be none.
    pub(crate) sample: &'a str,
}

/// Builds `dist/chrome`, `dist/firefox` and the release programs, and prints the sizes.
/// What [`crate::setup::BUILD`] names must be there.
pub(crate) fn all(addresses: Addresses<'_>) -> Result<()> {
    extension(addresses)?;
    run(cargo().args(["build", "--quiet", "--release", "-p", "proxy", "-p", "wallet"]))
}

/// Builds `dist/chrome` and `dist/firefox`.
pub(crate) fn extension(addresses: Addresses<'_>) -> Result<()> {
    messages::check()?;
    let wasm = background()?;
    let licences = licences::list()?;
    for browser in Browser::ALL {
        assemble(browser, &wasm, &licences, addresses).with_context(|| format!("dist/{}", browser.name()))?;
    }
    sizes::check(&root().join("dist/chrome"))
}

/// Compiles the background crate; returns the folder with its optimised wasm and its glue.
fn background() -> Result<PathBuf> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let build = ["build", "--quiet", "-p", "background", "--profile", "wasm", "--target", TARGET];
    run(cargo().args(build).env("CARGO_ENCODED_RUSTFLAGS", small_flags()?))?;
    let compiled = target().join(TARGET).join("wasm/background.wasm");
    let ready = target().join("extension");
    let optimised = ready.join("background_bg.wasm");
    if is_fresh(&optimised, &compiled) {
        return Ok(ready);
    }
    let glue = target().join("glue");
    run(command(wasm_tools()?)
        .arg("bindgen")
        .arg(&compiled)
        .args(["--target", "web", "--no-typescript", "--out-name", "background"])
        .args(["--remove-name-section", "--remove-producers-section", "--out-dir"])
        .arg(&glue))?;
    fs::create_dir_all(&ready)?;
    let unoptimised = glue.join("background_bg.wasm");
    // The stack lies lowest and grows down, so below 1,024 there is nothing to load or store: 3 KB less.
    let optimise = ["-Oz", "--low-memory-unused", "--minify-imports-and-exports-and-modules"];
    let names = output(node_program("wasm-opt").args(optimise).arg(unoptimised).arg("-o").arg(&optimised))?;
    let script = glue.join("background.js");
    fs::write(&script, short_names::put(&names, fs::read_to_string(&script)?)?)?;
    minify(&script, &ready.join("background.js"))?;
    Ok(ready)
}

/// What makes the wasm smaller beyond its profile, as cargo wants to have it.
fn small_flags() -> Result<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let sysroot = output(command("rustc").args(["--print", "sysroot"]))?;
    let version = output(command("rustc").arg("-vV"))?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).context("no commit of rustc")?;
    let flags = [
        // The rounds of SHA-2 as loops: 18 KB less, and not slower.
        "--cfg=sha2_backend_soft=\"compact\"",
        // Only what is called once, or is smaller than a call, is copied to where it is called: 6 KB less.
        "-Cllvm-args=-inline-threshold=0",
        // What ships names no folder of the machine that it was built on. The standard library's own
        // source, where that is installed, goes by the name that it has where it is not.
        &format!("--remap-path-prefix={}=cargo", home.display()),
        &format!("--remap-path-prefix={}/lib/rustlib/src/rust=/rustc/{commit}", sysroot.trim()),
    ];
    Ok(flags.join("\x1f"))
}

/// Compiles wasm-bindgen's programs (see `wasm_tools.rs`) and returns where they lie.
pub(crate) fn wasm_tools() -> Result<PathBuf> {
    run(cargo().args(["build", "--quiet", "-p", "xtask", "--features", "wasm-tools", "--bin", "wasm-tools"]))?;
    Ok(target().join("debug/wasm-tools"))
}

/// Writes a script without what only its readers need. Classes, which pages can see, keep their names.
fn minify(script: &Path, to: &Path) -> Result<()> {
    let how = ["--compress", "--mangle", "--toplevel", "--keep-classnames", "--output"];
    run(node_program("terser").arg(script).args(how).arg(to))
}

fn assemble(browser: Browser, wasm: &Path, licences: &str, addresses: Addresses<'_>) -> Result<()> {
    let top = root();
    let dist = top.join("dist").join(browser.name());
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    copy_folder(&top.join("extension"), &dist)?;
    fs::create_dir_all(dist.join("wasm"))?;
    for file in ["background.js", "background_bg.wasm"] {
        fs::copy(wasm.join(file), dist.join("wasm").join(file))?;
    }
    fs::copy(top.join("node_modules/lit-html/lit-html.js"), dist.join("views/lit-html.js"))?;
    fs::write(dist.join("licences.txt"), licences)?;
    let Addresses { proxy, sample } = addresses;
    let config = format!("export const PROXY_URL = {proxy:?};\nexport const SAMPLE_URL = {sample:?};\n");
    fs::write(dist.join("config.js"), config)?;
    let source = fs::read_to_string(top.join("manifest.json"))?;
    let manifest = manifest::for_browser(&source, browser, proxy)?;
    fs::write(dist.join("manifest.json"), format!("{manifest:#}\n"))?;
    Ok(())
}

/// Copies a folder with all that ships in it, its scripts minified: what only the type checker reads
/// stays behind.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let minified = target().join("minified").join(from.file_name().unwrap_or_default());
    fs::create_dir_all(&minified)?;
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if name.ends_with(".js") {
            let minified = minified.join(&*name);
            if !is_fresh(&minified, &entry.path()) {
                minify(&entry.path(), &minified)?;
            }
            fs::copy(minified, target)?;
        } else if !name.ends_with(".d.ts") && name != "tsconfig.json" {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
