//! Test vectors of the kubelet's decisions, by the names of the upstream tests they come from. The cases are files in
//! `tests/fixtures/vectors`; each is a test of its own, and every case of a file must be one.

mod actions;
mod backoff;
mod environment;
mod expansion;
mod phase;
mod resources;

use serde_yaml::{Mapping, Value};

/// Makes a test of every named case of a file, and one that no case was left out.
macro_rules! cases {
    ($file:literal, $check:ident: $($name:ident)*) => {
        const FILE: &str = include_str!(concat!("../../../tests/fixtures/vectors/", $file));
        $(
            #[test]
            fn $name() {
                $check(&super::case(FILE, stringify!($name)));
            }
        )*
        #[test]
        fn every_case_of_the_file_is_a_test() {
            super::complete(FILE, &[$(stringify!($name)),*]);
        }
    };
}
use cases;

/// A case of a file.
struct Case(Value);

impl Case {
    /// A text field; empty where it is not there. Numbers are texts too.
    fn text(&self, field: &str) -> String {
        plain(self.0.get(field))
    }
    /// A list of texts.
    fn list(&self, field: &str) -> Vec<String> {
        self.0.get(field).and_then(Value::as_sequence).into_iter().flatten().map(|v| plain(Some(v))).collect()
    }
    fn has(&self, field: &str) -> bool {
        self.0.get(field).is_some()
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(s)) => s.clone(),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

fn file(text: &str) -> Mapping {
    serde_yaml::from_str(text).expect("a fixture file is a map of cases")
}

fn case(text: &str, name: &str) -> Case {
    Case(file(text).get(name).unwrap_or_else(|| panic!("no case {name}")).clone())
}

fn complete(text: &str, tests: &[&str]) {
    let cases: Vec<String> = file(text).keys().map(|k| plain(Some(k))).collect();
    assert_eq!(cases, tests);
}
