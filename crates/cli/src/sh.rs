//! `podglass sh`: runs a script as PID 1 of a fresh container, on virtual time.

use crate::record::catalogue;
use anyhow::Context;
use podglass_playground::cluster::runtime::sh;
use std::io::Write;

/// What `podglass sh` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The image.
    #[arg(long, default_value = "busybox")]
    image: String,
    /// `KEY=VALUE`; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// `PATH=LOCALFILE`: a file of the container; may be given again.
    #[arg(long, value_name = "PATH=LOCALFILE")]
    file: Vec<String>,
    /// Which shell reads the script.
    #[arg(long, default_value = "sh")]
    shell: String,
    /// After how many seconds of virtual time it is given up.
    #[arg(long, default_value_t = 15)]
    limit: u64,
    /// The script.
    #[arg(short = 'c', value_name = "SCRIPT", allow_hyphen_values = true)]
    script: String,
}

/// Runs it; prints stdout and stderr in order and exits as the script does.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let pair = |text: &str| text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())).with_context(|| format!("{text}: expected NAME=VALUE"));
    let mut files = Vec::new();
    for file in &a.file {
        let (path, local) = pair(file)?;
        files.push((path, std::fs::read(&local).with_context(|| local.clone())?));
    }
    let env = a.env.iter().map(|e| pair(e)).collect::<Result<_, _>>()?;
    let ended =
        sh::run(catalogue(), &sh::Script { image: a.image.clone(), env, files, script: a.script.clone(), shell: a.shell.clone(), limit_ms: a.limit * 1000 });
    std::io::stdout().write_all(&ended.output)?;
    Ok(u8::try_from(ended.code).unwrap_or(1))
}
