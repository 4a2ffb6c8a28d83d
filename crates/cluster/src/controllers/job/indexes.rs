//! The indexes of an Indexed Job, as intervals in the status: `0,2-4` (follows pkg/controller/job/indexed_job_utils.go).

use k8s_openapi::api::batch::v1::JobStatus;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Which indexes are done and which have failed for good.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexes {
    completions: i32,
    completed: BTreeSet<i32>,
    failed: BTreeSet<i32>,
}

impl Indexes {
    /// Reads the status.
    pub(super) fn read(status: &JobStatus, completions: i32) -> Indexes {
        let get = |text: &Option<String>| text.as_deref().map(|t| parse(t, completions)).unwrap_or_default();
        Indexes { completions, completed: get(&status.completed_indexes), failed: get(&status.failed_indexes) }
    }
    /// Writes the status.
    pub(super) fn write(&self, status: &mut JobStatus) {
        status.completed_indexes = Some(format(&self.completed)).filter(|t| !t.is_empty());
        if status.failed_indexes.is_some() || !self.failed.is_empty() {
            status.failed_indexes = Some(format(&self.failed));
        }
    }
    pub(super) fn complete(&mut self, index: i32) {
        if (0..self.completions).contains(&index) {
            self.completed.insert(index);
        }
    }
    pub(super) fn fail(&mut self, index: i32) {
        if !self.completed.contains(&index) {
            self.failed.insert(index);
        }
    }
    pub(super) fn completed_count(&self) -> i32 {
        self.completed.len() as i32
    }
    pub(super) fn failed_count(&self) -> i32 {
        self.failed.len() as i32
    }
    /// How many of some indexes are done; of all where `None`.
    pub(super) fn completed_of(&self, text: Option<&str>) -> (i32, i32) {
        match text {
            None => (self.completed_count(), self.completions),
            Some(text) => {
                let some = parse(text, self.completions);
                (some.intersection(&self.completed).count() as i32, some.len() as i32)
            }
        }
    }
    /// The first indexes that are neither done, failed nor taken.
    pub(super) fn free(&self, taken: &[i32], most: usize) -> Vec<i32> {
        (0..self.completions).filter(|i| !self.completed.contains(i) && !self.failed.contains(i) && !taken.contains(i)).take(most).collect()
    }
}

fn parse(text: &str, end: i32) -> BTreeSet<i32> {
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.trim().parse::<i32>(), to.trim().parse::<i32>()) {
            all.extend(from.max(0)..=to.min(end - 1));
        }
    }
    all
}

fn format(all: &BTreeSet<i32>) -> String {
    let mut text = String::new();
    let mut put = |from: i32, to: i32| {
        if !text.is_empty() {
            text.push(',');
        }
        let _ = match to - from {
            0 => write!(text, "{from}"),
            1 => write!(text, "{from},{to}"),
            _ => write!(text, "{from}-{to}"),
        };
    };
    let mut run: Option<(i32, i32)> = None;
    for &i in all {
        run = match run {
            Some((from, to)) if to + 1 == i => Some((from, i)),
            Some((from, to)) => {
                put(from, to);
                Some((i, i))
            }
            None => Some((i, i)),
        };
    }
    if let Some((from, to)) = run {
        put(from, to);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{format, parse};

    #[test]
    fn indexes_are_written_as_intervals() {
        for text in ["", "0", "0,1", "0-2", "0,1,3", "0-3", "1,3-5,7"] {
            assert_eq!(format(&parse(text, 10)), text);
        }
    }
}
