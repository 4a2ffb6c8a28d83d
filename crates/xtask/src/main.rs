//! `cargo xtask`: sets up, serves, builds, tests and measures Podglass.
//!
//! Every verb first sets up what it needs and says what it installs; when nothing is missing that
//! costs a moment. Start at [`tools`] for the set-up; each verb has a file of its own.
#![allow(clippy::disallowed_methods, reason = "a tool for people knows the wall clock")]

mod bench;
mod build;
mod command;
mod lint;
mod schema;
mod size;
mod test;
mod tools;

use anyhow::{Result, bail};
use std::process::ExitCode;

/// A verb: its name, what it does, and the function that does it with the arguments that follow.
type Verb = (&'static str, &'static str, fn(&[String]) -> Result<()>);

/// The verbs, each with what it does: help and dispatch come from this one table.
const VERBS: &[Verb] = &[
    ("serve", "sets up what is missing, builds the page and serves it on http://127.0.0.1:8080", build::serve),
    ("test", "sets up what is missing and runs everything: unit, conformance, browser and end-to-end tests", test::run),
    ("build", "builds the static site into dist/", build::dist),
    ("size", "builds the site and holds it against the size budget", size::run),
    ("bench", "measures reading, engine and page, beside the in-page rival", bench::run),
    ("gallery", "draws the pictures of the examples with the exporter: static/gallery/", build::gallery),
    ("photos", "builds the page and photographs it: docs/page.png, target/photos/", build::photos),
    ("schema", "writes static/schema: the API documentation that explain and the editor read", schema::run),
    ("lint", "rustfmt and clippy, native and for wasm", lint::run),
    ("setup", "installs what serve and test need, and nothing else", tools::setup),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let Some((verb, rest)) = args.split_first() else {
        println!("{}", help());
        return Ok(());
    };
    if matches!(verb.as_str(), "help" | "--help" | "-h") {
        println!("{}", help());
        return Ok(());
    }
    match VERBS.iter().find(|(name, ..)| name == verb) {
        Some((.., verb)) => verb(rest),
        None => bail!("there is no verb {verb:?}\n{}", help()),
    }
}

fn help() -> String {
    let lines: Vec<String> = VERBS.iter().map(|(name, what, _)| format!("  cargo xtask {name:<6} {what}")).collect();
    format!("cargo xtask VERB\n{}", lines.join("\n"))
}
