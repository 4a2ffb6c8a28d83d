//! `apply -f FILE` against an empty cluster that keeps nothing: what the client would print.
//! Made to compare the reader with recordings: `apply kubectl -- apply -f FILE`.
#![allow(clippy::print_stdout, missing_docs)]

use podglass_manifest::client::{Failure, Run, documents};
use podglass_manifest::server::{self, EmptyCluster};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let file = args.iter().skip_while(|a| *a != "-f").nth(1).cloned().unwrap_or_default();
    let json = args.iter().any(|a| a == "json");
    let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
    let mut run = Run::default();
    let mut warned: Vec<String> = Vec::new();
    let mut objects = Vec::new();
    let documents = documents(&file, &text, &[]);
    let any = !documents.is_empty();
    for d in documents {
        let m = match d {
            Ok(m) => m,
            Err(e) => {
                run.reading.push(e);
                continue;
            }
        };
        if let Some(e) = m.apply_refusal("default") {
            run.applying.push(Failure::Client(e));
            continue;
        }
        let created = server::decode_manifest(&m).and_then(|mut d| {
            d.set_namespace("default");
            server::create(&d, &EmptyCluster)
        });
        match created {
            Ok(a) => {
                for w in a.warnings {
                    if !warned.contains(&w) {
                        if !json {
                            println!("Warning: {w}");
                        }
                        warned.push(w);
                    }
                }
                if !json {
                    println!("{}/{} created", m.resource.singular(), m.name);
                }
                objects.push(a.object.to_json().unwrap_or_default());
            }
            Err(s) => run.applying.push(Failure::Server(format!("error when creating {file:?}: "), s)),
        }
    }
    if json {
        let all = if objects.len() == 1 { objects.remove(0) } else { serde_json::json!({"kind": "List", "items": objects}) };
        println!("{all}");
        return;
    }
    if !any {
        println!("error: no objects passed to apply");
        std::process::exit(1);
    }
    print!("{}", run.text());
    if !run.is_good() {
        std::process::exit(1);
    }
}
