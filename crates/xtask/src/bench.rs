//! `bench`: figures, never pass or fail.

use crate::command::{command, run as execute, which};
use crate::tools;
use anyhow::Result;

/// Measures the engine natively, beside it the in-page rival from npm in Node, and the built page in Chromium.
pub(crate) fn run(args: &[String]) -> Result<()> {
    tools::for_page()?;
    execute(command("cargo").args(["bench", "--quiet", "--package", "podglass-tests"]).args(args))?;
    if which("node").is_some() {
        execute(command("npm").args(["run", "--silent", "bench:rival"]))?;
        // Frames and inputs of the page that lies in dist/, where one was built.
        if std::path::Path::new("dist/index.html").exists() {
            execute(command("node").arg("tests/frames.mjs"))?;
        } else {
            println!("the page is not built: `cargo xtask build`, then this again, measures its frames");
        }
    }
    Ok(())
}
