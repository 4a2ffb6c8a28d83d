//! What another parser of bash reads, ours reads too.

use podglass_runtime::{catalogue::Catalogue, sh};
use std::{fs, path::Path, rc::Rc};

const CONSTRUCTS: [&str; 40] = [
    "a=1 b=2 cmd x y",
    "if a; then b; elif c; then d; else e; fi",
    "while read -r l; do echo \"$l\"; done < /etc/hosts",
    "until false || true; do :; done",
    "for i in 1 2 3; do echo $i; done",
    "for i; do echo $i; done",
    "for ((i=0; i<3; i++)); do echo $i; done",
    "case $x in a|b) echo ab ;; (c) echo c ;; *) ;; esac",
    "case x in x) echo 1 ;& y) echo 2 ;;& *) echo 3 ;; esac",
    "f() { echo f; }",
    "function f { echo f; }",
    "function f() ( echo sub )",
    "( a; b ) | { c; d; } 2>&1 &",
    "! true && false || true",
    "echo $(echo $(echo deep)) `echo back`",
    "echo $((1 + (2 * 3))) $(( x ? 1 : 2 ))",
    "echo ${x:-a} ${x:=b} ${x:+c} ${x:?d} ${#x} ${x#a*} ${x##a*} ${x%b*} ${x%%b*}",
    "echo ${x:1:2} ${x: -1} ${x/a/b} ${x//a/b} ${x^} ${x^^} ${x,,} ${!x}",
    "a=(1 2 3); echo ${a[0]} ${a[@]} ${#a[@]}; a[1]=x; a+=(y)",
    "declare -A m=([k]=v); echo ${m[k]}",
    "cat <<EOF\nhello $x\nEOF",
    "cat <<-'EOF'\n\thello $x\n\tEOF",
    "cat <<A <<B\n1\nA\n2\nB",
    "cat <<< \"$x\"",
    "diff <(echo a) <(echo b)",
    "[[ $x == a* && ( -f /x || ! -d /y ) ]]",
    "[[ $x =~ ^a(b|c)+$ ]]",
    "[ \"$x\" = a ] && echo y",
    "(( x++ )) || (( y = x + 1 ))",
    "echo a >f 2>>g <h 3<>i 4>&1 5<&0 6>&-",
    "cmd &> all; cmd &>> all; cmd |& cat",
    "echo 'single' \"double $x\" $'ansi\\n' a\\ b",
    "x=\"a b\" y='c' z=$w cmd",
    "echo {a,b}{1..3}",
    "# only a comment",
    "time sleep 1",
    "a && b || c; d & e",
    "if ! grep -q x f; then\n  echo no\nfi",
    "while :\ndo\n  break\ndone",
    "trap 'echo bye' EXIT; set -euo pipefail; export A=1 B",
];

fn accepts(catalogue: &Rc<Catalogue>, script: &str) -> bool {
    let ended = sh::run(
        catalogue.clone(),
        &sh::Script {
            image: "ubuntu".to_owned(),
            env: Vec::new(),
            files: vec![("/tmp/script".to_owned(), script.as_bytes().to_vec())],
            script: "bash -n /tmp/script".to_owned(),
            shell: "bash".to_owned(),
            limit_ms: 1_000,
        },
    );
    ended.code == 0
}

fn brush_accepts(script: &str) -> bool {
    brush_parser::Parser::new(script.as_bytes(), &brush_parser::ParserOptions::default()).parse_program().is_ok()
}

#[test]
fn what_brush_reads_is_read() {
    let catalogue = Rc::new(Catalogue::builtin());
    let mut scripts: Vec<String> = CONSTRUCTS.iter().map(|s| (*s).to_owned()).collect();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell");
    for entry in fs::read_dir(dir).expect("the folder of cases") {
        let text = fs::read_to_string(entry.expect("a case").path()).expect("a readable case");
        scripts.extend(text.split_once("--- script\n").and_then(|(_, rest)| rest.split_once("\n--- output\n")).map(|(script, _)| script.to_owned()));
    }
    let read = scripts.iter().filter(|s| brush_accepts(s)).count();
    assert!(read > 40, "{read}");
    let refused: Vec<&String> = scripts.iter().filter(|s| brush_accepts(s) && !accepts(&catalogue, s)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
