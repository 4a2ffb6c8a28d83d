//! Tests over the whole of Podglass: transcripts, conformance with a real cluster, determinism,
//! architecture. Each file beside this one is a test of its own; this library plays stories for them
//! ([`story`]), tells a journal as lines of text ([`facts`]) and compares those with what a file expects ([`expect`]).

#[path = "stories/expect.rs"]
pub mod expect;
#[path = "stories/facts.rs"]
pub mod facts;
#[path = "stories/story.rs"]
pub mod story;

/// Makes a test of every story of a folder, and one that none was left out.
#[macro_export]
macro_rules! stories {
    ($folder:literal: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::hold(&format!("{}/{}.yaml", $folder, stringify!($name)));
            }
        )*
        #[test]
        fn every_file_is_a_test() {
            assert_eq!($crate::story::names($folder), [$(stringify!($name)),*]);
        }
    };
}

/// Plays the story of a file and compares its journal with what the file expects.
///
/// # Panics
/// When something is not as expected.
#[track_caller]
pub fn hold(path: &str) {
    let file = story::read(path);
    let expected = expect::Expected::of(&file);
    assert!(!expected.is_empty(), "{path} expects nothing");
    let lines = facts::lines(&story::play(&file), 0);
    let wrong = expected.missing(&lines);
    if !wrong.is_empty() {
        let journal: Vec<String> = lines.iter().filter(|l| !l.text.starts_with("print ")).map(|l| format!("{:9.3} {}", l.at, l.text)).collect();
        panic!("{path}:\n{}\n\nThe journal:\n{}", wrong.join("\n"), journal.join("\n"));
    }
}
