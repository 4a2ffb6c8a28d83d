//! The client of the tests.

use std::fmt::Write as _;

use podglass_manifest::client::{Failure, Run, documents};
use podglass_manifest::server::{self, EmptyCluster};

/// What `kubectl apply -f` prints against an empty cluster that keeps nothing, and whether it succeeds.
pub(crate) fn apply(file: &str, text: &str) -> (String, bool) {
    let (mut run, mut out, mut warned) = (Run::default(), String::new(), Vec::new());
    let documents = documents(file, text, &[]);
    if documents.is_empty() {
        return ("error: no objects passed to apply\n".to_owned(), false);
    }
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
        let answer = server::decode_manifest(&m).and_then(|mut d| {
            d.set_namespace("default");
            server::create(&d, &EmptyCluster)
        });
        match answer {
            Ok(a) => {
                for w in a.warnings {
                    if !warned.contains(&w) {
                        let _ = writeln!(out, "Warning: {w}");
                        warned.push(w);
                    }
                }
                let _ = writeln!(out, "{}/{} created", m.resource.singular(), m.name);
            }
            Err(s) => run.applying.push(Failure::Server(format!("error when creating {file:?}: "), s)),
        }
    }
    out.push_str(&run.text());
    (out, run.is_good())
}
