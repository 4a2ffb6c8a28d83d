//! Dockerfiles: what is said of them, what their builds print, and what their images do.
//!
//! A case is a file in `tests/dockerfile`: the Dockerfile, then after a line `=====` what is expected: notes as
//! `LINE:COLUMN gravity: message`, the output of steps, and after `$` what a container of the image prints.

use podglass_runtime::catalogue::Catalogue;
use podglass_runtime::dockerfile::{self, Context, Gravity};
use podglass_runtime::{ContainerConfig, Runtime, SandboxConfig, SimTime};
use std::{fmt::Write, net::Ipv4Addr, path::Path, rc::Rc};

/// Everything that is to be seen of a Dockerfile.
fn told(text: &str) -> String {
    let mut catalogue = Catalogue::builtin();
    let file = dockerfile::read(text);
    let context = Context::from([
        ("context.txt".to_owned(), b"from the context\n".to_vec()),
        ("dir/a".to_owned(), b"a\n".to_vec()),
        ("dir/b".to_owned(), b"b\n".to_vec()),
    ]);
    let built = dockerfile::build(&Rc::new(catalogue.clone()), &file, &context, &[("GIVEN".to_owned(), "by the command".to_owned())]);
    let mut out = String::new();
    for n in &built.notes {
        let word = match n.gravity {
            Gravity::Advice => "note",
            Gravity::Warning => "warning",
            Gravity::Error => "error",
        };
        writeln!(out, "{}:{} {word}: {}", n.line, n.column, n.message).expect("a string");
    }
    for s in built.steps.iter().filter(|s| !s.output.is_empty()) {
        write!(out, "{}\n{}", s.title, s.output).expect("a string");
    }
    let Some(image) = built.image else { return out };
    catalogue.define("built", image);
    let mut runtime = Runtime::new(Rc::new(catalogue), 1, 1_768_478_400_000);
    let sandbox = runtime.create_sandbox(SimTime::ZERO, SandboxConfig::alone("host", Ipv4Addr::new(10, 0, 0, 1)));
    let config = ContainerConfig { image: "built:any".to_owned(), ..ContainerConfig::default() };
    match runtime.start(SimTime::ZERO, sandbox, config) {
        Err(error) => writeln!(out, "$\n{}", error.message).expect("a string"),
        Ok(id) => {
            runtime.advance(SimTime(60_000));
            let text: String = runtime.logs(id).iter().map(|l| format!("{}\n", l.text)).collect();
            let ended = runtime.ended(id).map_or_else(|| "runs".to_owned(), |(at, code)| format!("exit {code} after {} s", at.0 / 1000));
            writeln!(out, "$\n{text}{ended}").expect("a string");
        }
    }
    out
}

#[test]
fn every_dockerfile_does_what_its_case_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dockerfile");
    let mut cases: Vec<_> = std::fs::read_dir(folder).expect("the cases").flatten().map(|e| e.path()).collect();
    cases.sort();
    assert!(cases.len() >= 8, "cases are gone");
    let mut wrong = String::new();
    for case in cases {
        let text = std::fs::read_to_string(&case).expect("a case");
        let (dockerfile, expected) = text.split_once("=====\n").expect("a line of =====");
        let actual = told(dockerfile);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&case, format!("{dockerfile}=====\n{actual}")).expect("the case is written");
        } else if actual != expected {
            write!(wrong, "--- {}\nexpected:\n{expected}\nactual:\n{actual}\n", case.display()).expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_text_makes_the_reader_or_the_build_panic() {
    let good = "# image: x\nFROM ubuntu AS a\nARG A=1\nENV B=\"$A\" C=${A:-x}\nRUN <<EOF\necho hi\nEOF\nCOPY --from=a /etc/passwd /p\nCMD [\"sh\", \"-c\", \"echo\"]\n# file: f\nx\n";
    for end in 0..good.len() {
        for tail in ["", "\\", "\"", "${", "[", "<<", "\n# file:", "é"] {
            let text = format!("{}{tail}", &good[..end]);
            let file = dockerfile::read(&text);
            if end % 9 == 0 {
                let _ = dockerfile::build(&Catalogue::shared(), &file, &Context::new(), &[]);
            }
        }
    }
}
