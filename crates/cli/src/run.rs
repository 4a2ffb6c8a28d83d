//! `podglass run`

use std::path::PathBuf;

/// What `podglass run` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files.
    files: Vec<PathBuf>,
    /// Where to write.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Says that it is not there yet.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let _ = (&arguments.files, &arguments.out);
    anyhow::bail!("run: Running manifests is not implemented yet")
}
