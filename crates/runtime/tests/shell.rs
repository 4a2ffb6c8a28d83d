//! Scripts with their exact output, one a file under `tests/shell`.
//!
//! A case has lines `image:`, `shell:` (where it is not `sh`) and `exit:`, then the script and the output.

use podglass_runtime::{catalogue::Catalogue, sh};
use std::{fs, path::Path, rc::Rc};

struct Case {
    image: String,
    shell: String,
    exit: i32,
    script: String,
    output: String,
}

fn parse(text: &str) -> Option<Case> {
    let (head, rest) = text.split_once("--- script\n")?;
    let (script, output) = rest.split_once("\n--- output\n")?;
    let field = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned);
    Some(Case {
        image: field("image")?,
        shell: field("shell").unwrap_or_else(|| "sh".to_owned()),
        exit: field("exit")?.parse().ok()?,
        script: script.to_owned(),
        output: output.to_owned(),
    })
}

fn run(catalogue: &Rc<Catalogue>, image: &str, shell: &str, script: &str) -> (i32, String) {
    let ended = sh::run(
        catalogue.clone(),
        &sh::Script { image: image.to_owned(), env: Vec::new(), files: Vec::new(), script: script.to_owned(), shell: shell.to_owned(), limit_ms: 15_000 },
    );
    (ended.code, String::from_utf8_lossy(&ended.output).into_owned())
}

#[test]
fn scripts_print_what_real_shells_print() {
    let catalogue = Rc::new(Catalogue::builtin());
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(dir).expect("the folder of cases") {
        let path = entry.expect("a case").path();
        let case = parse(&fs::read_to_string(&path).expect("a readable case")).expect("a well-formed case");
        let (code, output) = run(&catalogue, &case.image, &case.shell, &case.script);
        count += 1;
        if (code, &output) != (case.exit, &case.output) {
            wrong.push(format!("{}: exit {code}, expected {}\n{output}\nexpected\n{}", path.display(), case.exit, case.output));
        }
    }
    assert!(count > 10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_text_makes_the_reader_panic() {
    let catalogue = Rc::new(Catalogue::builtin());
    let pieces = [
        "$(",
        "${",
        "`",
        "'",
        "\"",
        "((",
        "))",
        "{",
        "}",
        "<<E\n",
        "|",
        "&&",
        ";",
        "\n",
        "case x in",
        "for i in",
        "do",
        "done",
        "if",
        "fi",
        "\\",
        "$",
        "é",
        "[[",
        "<(",
        "a=(",
        "${x[",
        "#",
        "x",
    ];
    let mut seed = 7_u64;
    for round in 0..400 {
        let mut text = String::new();
        for _ in 0..=round % 12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            if seed & 64 == 0 {
                text.push(' ');
            }
        }
        let (image, shell) = if round % 2 == 0 { ("busybox", "sh") } else { ("ubuntu", "bash") };
        run(&catalogue, image, shell, &text);
    }
    for deep in ["$(", "${x:-", "(", "{ ", "if ", "$((", "\"$("] {
        run(&catalogue, "busybox", "sh", &deep.repeat(5_000));
        run(&catalogue, "ubuntu", "bash", &deep.repeat(5_000));
    }
}

#[test]
fn a_script_that_never_sleeps_does_not_hang() {
    let catalogue = Rc::new(Catalogue::builtin());
    assert_eq!(run(&catalogue, "busybox", "sh", "while true; do :; done").0, 124);
    assert_eq!(run(&catalogue, "busybox", "sh", "while true; do /bin/true; done").0, 124);
}
