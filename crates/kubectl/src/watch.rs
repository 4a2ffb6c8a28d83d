//! The table of `kubectl get pods -w`: a row at every change, columns that only grow.

use crate::json::Look;
use crate::moment::Moment;
use crate::printers::pod;
use crate::{moment, tabs};
use serde_json::Value;

/// A table that remembers how wide its columns have become.
#[derive(Clone, Debug, Default)]
pub struct PodTable {
    widths: Vec<usize>,
}

impl PodTable {
    /// The lines that a change of a Pod adds: its row, and before the very first one the headers.
    pub fn rows(&mut self, object: &Value, now: Moment) -> Vec<String> {
        let (ready, status, restarts) = pod::summary(object, now);
        let row = vec![object.name().to_owned(), ready, status, restarts, moment::age(now, object.at("metadata.creationTimestamp").as_str())];
        let mut rows = Vec::new();
        if self.widths.is_empty() {
            rows.push(["NAME", "READY", "STATUS", "RESTARTS", "AGE"].map(str::to_owned).to_vec());
        }
        rows.push(row);
        tabs::rows(&rows, &mut self.widths).lines().map(str::to_owned).collect()
    }
}

/// READY and STATUS of a Pod in one line, without its ages: `1/2 Running, 3 restarts`.
pub fn summary(object: &Value) -> String {
    let (ready, status, restarts) = pod::summary(object, Moment::default());
    match restarts.split(' ').next() {
        None | Some("0") => format!("{ready} {status}"),
        Some(n) => format!("{ready} {status}, {n} restart{}", if n == "1" { "" } else { "s" }),
    }
}
