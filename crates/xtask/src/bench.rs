//! `bench`: figures, never pass or fail.

use crate::command::{command, run as execute, which};
use crate::tools;
use anyhow::Result;

/// Measures the engine natively, and beside it the in-page rival from npm in Node.
pub(crate) fn run(args: &[String]) -> Result<()> {
    tools::for_page()?;
    execute(command("cargo").args(["bench", "--quiet", "--package", "podglass-tests"]).args(args))?;
    if which("node").is_some() {
        execute(command("npm").args(["run", "--silent", "bench:rival"]))?;
    }
    Ok(())
}
