//! `lint`: rustfmt and clippy, natively and for wasm, every warning an error.

use crate::command::{command, run as execute};
use anyhow::Result;

/// Runs both.
pub(crate) fn run_all() -> Result<()> {
    execute(command("cargo").args(["fmt", "--all", "--check"]))?;
    execute(command("cargo").args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    execute(command("cargo").args(["clippy", "--quiet", "--package", "podglass-web", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]))
}

/// The verb.
pub(crate) fn run(_: &[String]) -> Result<()> {
    run_all()
}
