//! `podglass check`: reads manifests and says what is wrong with them.

use anyhow::Context;
use podglass_playground::Severity;
use podglass_playground::manifest;
use serde_json::json;
use std::path::PathBuf;

/// What `podglass check` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Manifests; `-` is stdin.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// `text` or `json`.
    #[arg(long, default_value = "text")]
    format: String,
    /// Repairs what has a repair (misspelt names, a missing selector, wrong indentation, tabs) in the files
    /// themselves; from stdin to stdout. Then says what is left.
    #[arg(long)]
    fix: bool,
}

/// Prints `FILE:LINE:COLUMN: severity: message` for every finding; exit code 1 where one is an error.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let mut found = Vec::new();
    let mut errors = false;
    for file in &a.files {
        let name = file.display().to_string();
        let text = if name == "-" {
            std::io::read_to_string(std::io::stdin())?
        } else {
            String::from_utf8_lossy(&std::fs::read(file).with_context(|| name.clone())?).into_owned()
        };
        let text = if a.fix { repair(file, &name, &text)? } else { text };
        let mut lines = manifest::Lines::new(&text);
        // What is repaired from stdin goes to stdout, alone.
        if a.fix && name == "-" {
            errors |= manifest::read(&text).has_errors();
            continue;
        }
        for d in manifest::read(&text).diagnostics {
            errors |= d.severity == Severity::Error;
            let (line, column) = lines.of(d.span.start);
            if a.format == "json" {
                found.push(json!({"file": name, "line": line, "column": column, "severity": d.severity, "code": d.code, "message": d.message, "path": d.path, "help": d.help}));
                continue;
            }
            let severity = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Advice => "advice",
            };
            println!("{name}:{line}:{column}: {severity}: {}", d.message);
            if let Some(help) = &d.help {
                println!("    {help}");
            }
        }
    }
    if a.format == "json" {
        println!("{}", serde_json::to_string_pretty(&found)?);
    }
    Ok(u8::from(errors))
}

/// Makes all repairs of a file and writes it back; gives the text as it is now.
fn repair(file: &std::path::Path, name: &str, text: &str) -> anyhow::Result<String> {
    let fixed = manifest::fixes::apply_all(text);
    if name == "-" {
        print!("{fixed}");
    } else if fixed != text {
        std::fs::write(file, &fixed).with_context(|| name.to_owned())?;
        eprintln!("{name}: repaired");
    }
    Ok(fixed)
}
