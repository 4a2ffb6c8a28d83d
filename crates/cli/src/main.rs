//! `podglass`: the playground on the command line.
//!
//! One file a subcommand. Everything the tool says about Kubernetes comes from the same crates as
//! the page; this crate knows files, the wall clock and the terminal, and nothing else.
#![allow(clippy::format_push_string, reason = "a failing write to a String would have to be ignored at every line")]
#![allow(clippy::disallowed_methods, reason = "the command line knows the real world")]

mod check;
mod docker;
mod files;
mod kubectl;
mod record;
mod recordings;
mod render;
mod replay;
mod run;
mod scripts;
mod sh;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A Kubernetes cluster that runs what you paste, in virtual time.
#[derive(Parser)]
#[command(name = "podglass", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads manifests and says what is wrong with them.
    Check(check::Arguments),
    /// Runs manifests and prints what happens.
    Run(run::Arguments),
    /// Plays a scenario and writes a recording of it.
    Record(record::Arguments),
    /// Makes the page's recordings from those of a real cluster.
    Recordings(recordings::Arguments),
    /// Runs kubectl over a simulated or a frozen cluster.
    Kubectl(kubectl::Arguments),
    /// Runs docker commands on a simulated engine.
    Docker(docker::Arguments),
    /// Runs a script as a container would.
    Sh(sh::Arguments),
    /// Runs every shell script of manifests and pages, and says what is unknown in them.
    Scripts(scripts::Arguments),
    /// Plays transcripts and compares what they print.
    Replay(replay::Arguments),
    /// Draws a moment of a scenario.
    Render(render::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Check(a) => check::run(&a),
        Command::Run(a) => run::run(&a),
        Command::Record(a) => record::run(&a),
        Command::Recordings(a) => recordings::run(&a),
        Command::Kubectl(a) => kubectl::run(&a),
        Command::Docker(a) => docker::run(&a),
        Command::Scripts(a) => scripts::run(&a),
        Command::Sh(a) => sh::run(&a),
        Command::Replay(a) => replay::run(&a),
        Command::Render(a) => render::run(&a),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("podglass: {e:#}");
            ExitCode::from(2)
        }
    }
}
