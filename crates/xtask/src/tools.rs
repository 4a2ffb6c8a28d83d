//! Set-up: installs what is missing, says so, and is quick when nothing is.

use crate::command::{command, output, root, run, which};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// The newest trunk that the pinned Rust compiles.
const TRUNK: &str = "0.21.14";

/// `cargo xtask setup`: everything `serve` and `test` need.
pub(crate) fn setup(_: &[String]) -> Result<()> {
    for_page()?;
    for_browser()?;
    println!("set up.");
    Ok(())
}

/// What building the page needs: the wasm target, trunk, the wasm-bindgen CLI, the npm packages
/// (editor, wasm-opt) and the editor's bundle.
pub(crate) fn for_page() -> Result<()> {
    wasm_target()?;
    cargo_tool("trunk", TRUNK, &["--locked"])?;
    // Published without a lock entry it needs, so it cannot be installed with --locked.
    cargo_tool("wasm-bindgen", &locked_version("wasm-bindgen")?, &[])?;
    npm_packages()?;
    editor_bundle()
}

/// What the browser tests need: Chromium and its driver.
pub(crate) fn for_browser() -> Result<()> {
    if chromium().is_some() && which("chromedriver").is_some() {
        return Ok(());
    }
    if which("apt-get").is_none() {
        bail!("the browser tests need Chromium and chromedriver: install both so that they are on the PATH (or set CHROMIUM), then run this again");
    }
    println!("installing chromium and chromium-driver with apt-get …");
    let root_user = output(command("id").arg("-u")).as_deref() == Some("0");
    let apt = |args: &[&str]| {
        let mut c = if root_user { command("apt-get") } else { command("sudo") };
        if !root_user {
            c.arg("apt-get");
        }
        run(c.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-qq"])?;
    apt(&["install", "-y", "-qq", "chromium", "chromium-driver"]).or_else(|_| apt(&["install", "-y", "-qq", "chromium-browser", "chromium-chromedriver"]))
}

/// The browser the tests run in.
pub(crate) fn chromium() -> Option<PathBuf> {
    std::env::var_os("CHROMIUM").map(PathBuf::from).or_else(|| ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|n| which(n)))
}

/// A Python 3 for the conformance measure.
pub(crate) fn python() -> Result<PathBuf> {
    which("python3").context("the conformance measure is a Python script: install python3, then run this again")
}

fn wasm_target() -> Result<()> {
    if let Some(sysroot) = output(command("rustc").args(["--print", "sysroot"]))
        && PathBuf::from(sysroot).join("lib/rustlib/wasm32-unknown-unknown").is_dir()
    {
        return Ok(());
    }
    println!("adding the Rust target wasm32-unknown-unknown …");
    run(command("rustup").args(["target", "add", "wasm32-unknown-unknown"]))
        .context("without rustup, install the standard library for wasm32-unknown-unknown yourself")
}

/// Whether the standard library's source is there, to be compiled with the page; adds it where rustup can.
pub(crate) fn library_source() -> bool {
    let Some(sysroot) = output(command("rustc").args(["--print", "sysroot"])) else { return false };
    let there = || PathBuf::from(&sysroot).join("lib/rustlib/src/rust/library").is_dir();
    if there() {
        return true;
    }
    println!("adding the source of Rust's standard library (rust-src), for a smaller page …");
    let added = run(command("rustup").args(["component", "add", "rust-src"]));
    if added.is_err() {
        println!("without it the page is larger by some 200 KB.");
    }
    there()
}

/// Installs a program from crates.io into tools/ unless that version is on the PATH already.
fn cargo_tool(program: &str, version: &str, flags: &[&str]) -> Result<()> {
    if let Some(has) = output(command(program).arg("--version"))
        && has.split_whitespace().any(|word| word == version)
    {
        return Ok(());
    }
    let package = if program == "wasm-bindgen" { "wasm-bindgen-cli" } else { program };
    println!("installing {package} {version} into tools/ (a few minutes, once) …");
    run(command("cargo").args(["install", package, "--version", version, "--root", "tools", "--quiet"]).args(flags).current_dir(root()))
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    lock.split("[[package]]")
        .find(|block| block.contains(&format!("name = \"{package}\"\n")))
        .and_then(|block| block.lines().find_map(|l| l.strip_prefix("version = ")))
        .map(|v| v.trim_matches('"').to_owned())
        .with_context(|| format!("{package} is not in Cargo.lock"))
}

/// `npm ci`, when the lock file has changed since the last time.
fn npm_packages() -> Result<()> {
    let (lock, mark) = (root().join("package-lock.json"), root().join("node_modules/.podglass-lock"));
    let wanted = std::fs::read(&lock).context("package-lock.json cannot be read")?;
    if std::fs::read(&mark).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    if which("npm").is_none() {
        bail!("the page's editor comes from npm: install Node.js 20 or newer, then run this again");
    }
    println!("installing the npm packages (editor, wasm-opt, Playwright) …");
    run(command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    std::fs::write(mark, wanted).context("node_modules cannot be written")
}

/// Bundles the editor into static/vendor, when its sources are newer than the bundle.
fn editor_bundle() -> Result<()> {
    let bundle = root().join("static/vendor/editor.js");
    let newest = ["package-lock.json", "web/vendor"].iter().filter_map(|p| newest_in(&root().join(p))).max();
    let built = std::fs::metadata(&bundle).and_then(|m| m.modified()).ok();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    println!("bundling the editor …");
    run(command("npm").args(["run", "--silent", "vendor"]))
}

/// When the newest file below a path was changed.
fn newest_in(path: &std::path::Path) -> Option<std::time::SystemTime> {
    if path.is_dir() {
        return std::fs::read_dir(path).ok()?.flatten().filter_map(|e| newest_in(&e.path())).max();
    }
    std::fs::metadata(path).and_then(|m| m.modified()).ok()
}
