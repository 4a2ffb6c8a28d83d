//! A number that two runs share exactly when their journals are equal, byte for byte.

use crate::cluster::{Action, Cluster, Progress, Settings};
use crate::{App, Scenario, SimTime, examples, manifest};
use std::fmt::Write;

/// FNV-1a over everything that is written into it.
struct Hash(u64);

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

/// The journal of a manifest that ran for so long, as a number.
pub fn of(text: &str, settings: Settings, until: SimTime) -> u64 {
    let mut cluster = Cluster::new(settings);
    for object in manifest::read(text).objects() {
        let _answer = cluster.act(Action::Apply(object.clone()));
    }
    while cluster.advance_to(until, 100_000) == Progress::OutOfBudget {}
    of_journal(&cluster)
}

fn of_journal(cluster: &Cluster) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    for record in cluster.api().journal().records() {
        let _never_fails = write!(hash, "{record:?}");
    }
    hash.0
}

/// The journals of all examples over two virtual minutes, with what is done in them, a line each: `name number`.
pub fn of_examples() -> String {
    let mut lines = String::new();
    for example in examples::ALL {
        let mut app = App::new();
        app.open(Scenario { at: SimTime(120_000), ..examples::scenario(example.entry.id).unwrap_or_default() });
        app.settle();
        let _never_fails = writeln!(lines, "{} {:016x}", example.entry.id, of_journal(&app.run().now().cluster));
    }
    lines
}
