//! `podglass check`: what is wrong with manifests, every mistake at its place.

use std::path::PathBuf;

use anyhow::Context;
use podglass_playground::manifest::{Diagnostic, Severity, fixes, read};
use serde_json::json;

/// What `podglass check` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to write: `text` or `json`.
    #[arg(long, default_value = "text")]
    format: String,
    /// Repairs what can be repaired, and writes the files.
    #[arg(long)]
    fix: bool,
}

/// Checks the files; exit code 1 where there is an error.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let mut failed = false;
    let mut all = Vec::new();
    for path in &arguments.files {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| name.clone())?;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        let mut reading = read(&text);
        if arguments.fix {
            let fixed = fixes::apply_all(&text);
            if fixed != text {
                std::fs::write(path, &fixed).with_context(|| name.clone())?;
                text = fixed;
                reading = read(&text);
            }
        }
        failed |= reading.has_errors();
        for d in &reading.diagnostics {
            let (line, column) = d.span.line_column(&text);
            if arguments.format == "json" {
                all.push(as_json(&name, d, line, column));
            } else {
                println!("{name}:{line}:{column}: {}: {}", severity(d.severity), d.message);
                if let Some(help) = &d.help {
                    println!("    {help}");
                }
            }
        }
    }
    if arguments.format == "json" {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(u8::from(failed))
}

fn severity(s: Severity) -> &'static str {
    match s {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

fn as_json(file: &str, d: &Diagnostic, line: usize, column: usize) -> serde_json::Value {
    json!({
        "file": file, "line": line, "column": column, "severity": severity(d.severity), "code": d.code, "message": d.message, "path": d.path,
        "start": d.span.start, "end": d.span.end, "help": d.help, "fix": d.fix.as_ref().map(|f| &f.title),
    })
}
