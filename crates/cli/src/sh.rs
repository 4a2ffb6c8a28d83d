//! `podglass sh`

use anyhow::{Context, anyhow};
use podglass_playground::cluster::runtime::{catalogue::Catalogue, sh};
use std::{io::Write, path::PathBuf, rc::Rc};

/// What `podglass sh` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The image to run in.
    #[arg(long, default_value = "busybox")]
    image: String,
    /// A variable of the environment.
    #[arg(long, value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// A file in the container.
    #[arg(long, value_name = "PATH=FILE")]
    file: Vec<String>,
    /// The script.
    #[arg(short = 'c', value_name = "SCRIPT", allow_hyphen_values = true)]
    script: String,
    /// The shell of the image that runs it.
    #[arg(long, default_value = "sh")]
    shell: String,
    /// Virtual seconds until it is given up (exit code 124).
    #[arg(long, default_value_t = 15.0)]
    limit: f64,
}

/// Runs a script as PID 1 of a fresh container on virtual time; the exit code is the script's.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let mut env = Vec::new();
    for pair in &arguments.env {
        let (key, value) = pair.split_once('=').ok_or_else(|| anyhow!("--env {pair}: expected KEY=VALUE"))?;
        env.push((key.to_owned(), value.to_owned()));
    }
    let mut files = Vec::new();
    for pair in &arguments.file {
        let (path, local) = pair.split_once('=').ok_or_else(|| anyhow!("--file {pair}: expected PATH=FILE"))?;
        let content = std::fs::read(PathBuf::from(local)).with_context(|| format!("cannot read {local}"))?;
        files.push((path.to_owned(), content));
    }
    let script = sh::Script {
        image: arguments.image.clone(),
        env,
        files,
        script: arguments.script.clone(),
        shell: arguments.shell.clone(),
        limit_ms: (arguments.limit.max(0.0) * 1000.0) as u64,
    };
    let ended = sh::run(Rc::new(Catalogue::builtin()), &script);
    std::io::stdout().write_all(&ended.output)?;
    for text in ended.assumed {
        eprintln!("podglass: {text}");
    }
    Ok(ended.code as u8)
}
