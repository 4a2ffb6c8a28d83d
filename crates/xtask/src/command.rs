//! Runs other programs and turns their failures into sentences.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A command that runs in the workspace with the project's own tools first on its PATH.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut c = Command::new(program);
    c.current_dir(root()).env("PATH", path());
    c
}

/// PATH with the project's tools, cargo's bin folder and the npm packages' programs in front.
pub(crate) fn path() -> std::ffi::OsString {
    let mut dirs = vec![root().join("tools/bin"), root().join("node_modules/.bin")];
    if let Some(home) = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| std::env::var_os("HOME").map(|h| Path::new(&h).join(".cargo"))) {
        dirs.push(home.join("bin"));
    }
    dirs.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(dirs).unwrap_or_else(|_| std::env::var_os("PATH").unwrap_or_default())
}

/// Runs a command, its output going to the terminal.
///
/// # Errors
/// When it cannot be started or does not end with 0; the message names the command line.
pub(crate) fn run(c: &mut Command) -> Result<()> {
    let line = describe(c);
    let status = c.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and gives back what it prints on stdout; `None` when it fails or is not there.
pub(crate) fn output(c: &mut Command) -> Option<String> {
    let out = c.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Where a program lies on [`path`].
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path()).map(|d| d.join(program)).find(|p| p.is_file())
}

/// The command line, as a person would type it.
fn describe(c: &Command) -> String {
    std::iter::once(c.get_program()).chain(c.get_args()).map(|s| s.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
