//! `test`: everything that must hold, from unit tests to the page in a real browser.

use crate::command::{command, root, run as execute};
use crate::{build, lint, tools};
use anyhow::{Context, Result};

/// Runs lints, native tests, the conformance measure, the browser layer's tests and the end-to-end tests.
/// `--native` stops after the measure.
pub(crate) fn run(args: &[String]) -> Result<()> {
    lint::run_all()?;
    execute(command("cargo").args(["test", "--quiet", "--workspace"]))?;
    conformance()?;
    if args.iter().any(|a| a == "--native") {
        return Ok(());
    }
    tools::for_page()?;
    tools::for_browser()?;
    wasm_tests()?;
    build::dist(&[])?;
    end_to_end()
}

/// Plays the recordings of the real cluster and holds what agrees against the figures reached before
/// (tests/golden/need.txt: a line each, `topic share`).
fn conformance() -> Result<()> {
    let python = tools::python()?;
    execute(command("cargo").args(["build", "--package", "podglass-cli"]))?;
    let need = std::fs::read_to_string(root().join("tests/golden/need.txt")).context("tests/golden/need.txt cannot be read")?;
    for line in need.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let (topic, share) = line.split_once(' ').with_context(|| format!("tests/golden/need.txt: {line:?} is not `topic share`"))?;
        let mut c = command(&python);
        if topic == "shell" {
            c.args(["tests/golden/shell.py", "target/debug/podglass"]);
        } else {
            c.args(["tests/golden/score.py", "target/debug/podglass", topic]);
        }
        execute(c.args(["--need", share.trim()])).with_context(|| format!("{topic}: fewer facts agree with the real cluster than before"))?;
    }
    Ok(())
}

/// The browser layer's tests, in Chromium through its driver.
fn wasm_tests() -> Result<()> {
    let mut c = command("cargo");
    c.args(["test", "--package", "podglass-web", "--target", "wasm32-unknown-unknown"]);
    c.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    if let Some(driver) = crate::command::which("chromedriver") {
        c.env("CHROMEDRIVER", driver);
    }
    // The journals of the native run (tests/determinism.rs), to be compared with those in the browser.
    let journals = std::fs::read_to_string(root().join("target/journals.txt")).context("target/journals.txt: the determinism test writes it")?;
    c.env("PODGLASS_JOURNALS", journals.trim().replace('\n', ";"));
    execute(&mut c)
}

/// The page in a real browser, driven by Playwright.
fn end_to_end() -> Result<()> {
    let mut c = command("npx");
    c.args(["playwright", "test"]);
    if let Some(browser) = tools::chromium() {
        c.env("CHROMIUM", browser);
    }
    execute(&mut c)
}
