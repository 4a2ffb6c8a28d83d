//! Scripts that a real busybox ran, one after the other in `tests/busybox.txt`.

use podglass_runtime::{catalogue::Catalogue, sh};
use std::rc::Rc;

const CASES: &str = include_str!("busybox.txt");

#[test]
fn scripts_print_what_busybox_prints() {
    let catalogue = Rc::new(Catalogue::builtin());
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in CASES.split("\n#### ").skip(1).collect::<Vec<_>>().chunk_by(|_, next| next.starts_with("output\n") || next.starts_with("no newline\n")) {
        let [head, output, open @ ..] = case else { panic!("a case without output: {case:?}") };
        let (title, script) = head.split_once('\n').expect("a script");
        let (name, code) = title.split_once(' ').expect("a name and an exit code");
        let output = output.strip_prefix("output").expect("the output");
        // The line end before the next mark belongs to the output, unless there is none.
        let mut expected = output.strip_prefix('\n').unwrap_or("").to_owned();
        if open.is_empty() && !expected.is_empty() && !expected.ends_with('\n') {
            expected.push('\n');
        }
        let ended = sh::run(
            catalogue.clone(),
            &sh::Script {
                image: "busybox".to_owned(),
                env: Vec::new(),
                files: Vec::new(),
                script: script.to_owned(),
                shell: "sh".to_owned(),
                limit_ms: 15_000,
            },
        );
        count += 1;
        let said = String::from_utf8_lossy(&ended.output);
        if (ended.code.to_string().as_str(), &*said) != (code, &*expected) {
            wrong.push(format!("{name}: exit {}, expected {code}\n{said}\nexpected\n{expected}", ended.code));
        }
    }
    assert!(count > 150, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
