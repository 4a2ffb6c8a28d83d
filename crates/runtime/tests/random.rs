//! Random texts: whatever a shell or nginx is given, it ends within its budget and says the same twice.

use podglass_runtime::{catalogue::Catalogue, sh};
use proptest::prelude::*;

/// Runs a script for at most a second of virtual time, twice; what it said.
fn run(image: &str, shell: &str, script: &str, files: &[(String, Vec<u8>)]) -> sh::Ended {
    let script =
        sh::Script { image: image.to_owned(), env: Vec::new(), files: files.to_vec(), script: script.to_owned(), shell: shell.to_owned(), limit_ms: 1_000 };
    let first = sh::run(Catalogue::shared(), &script);
    assert_eq!(first, sh::run(Catalogue::shared(), &script), "the same twice: {}", script.script);
    first
}

const TOKENS: &[&str] = &[
    "$(",
    "${",
    "}",
    ")",
    "`",
    "'",
    "\"",
    "((",
    "))",
    "{",
    "(",
    "<<E\n",
    "\nE\n",
    "<<-'E'\n",
    "|",
    "||",
    "&&",
    "&",
    ";",
    ";;",
    "\n",
    "case x in",
    "esac",
    "x)",
    "for i in",
    "for",
    "while",
    "until",
    "do",
    "done",
    "if",
    "then",
    "elif",
    "else",
    "fi",
    "!",
    "\\",
    "\\\n",
    "$",
    "$$",
    "$!",
    "$#",
    "$@",
    "\"$@\"",
    "$*",
    "$((",
    "$((1/0))",
    "${x:-",
    "${x##",
    "${x/a/",
    "${x:1:",
    "${#x}",
    "é",
    "[",
    "[[",
    "]]",
    "]",
    "<(",
    ">",
    ">>",
    "2>&1",
    "<&-",
    ">|",
    "<>",
    "a=(",
    "a[1]=",
    "x=1",
    "x+=y",
    "#",
    " ",
    "\t",
    "*",
    "?",
    "~",
    "=",
    "echo",
    "eval",
    "exec",
    "exit",
    "return",
    "break",
    "continue",
    "trap",
    "set -e",
    "set -u",
    "set -x",
    "shift",
    "read x",
    "local",
    "export",
    "unset x",
    "readonly x",
    "printf %d",
    "test -f",
    "f()",
    "function f",
    "true",
    "false",
    ":",
    "wait",
    "sleep 1",
    "kill $$",
    "cat",
    "sed s/a/b/",
    "awk '{print}'",
    "grep a",
    "seq 3",
    "cd /tmp",
    ". /x",
    "1",
    "999999999999999999999",
    "-1",
    "abc",
    "/etc/passwd",
    "/dev/null",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(TOKENS), any::<bool>()), 0..24)
        .prop_map(|parts| parts.into_iter().map(|(token, blank)| if blank { format!("{token} ") } else { token.to_owned() }).collect())
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,5}",
        Just("$x".to_owned()),
        Just("\"$x $y\"".to_owned()),
        Just("'a b'".to_owned()),
        Just("$(echo in)".to_owned()),
        Just("`echo back`".to_owned()),
        Just("$((1 + 2 * 3))".to_owned()),
        Just("${x:-none}".to_owned()),
        Just("${x%b*}".to_owned()),
        Just("${#y}".to_owned()),
        Just("/etc/*".to_owned()),
        Just("\\$".to_owned()),
    ]
}

fn simple() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(word(), 0..4).prop_map(|w| format!("echo {}", w.join(" "))),
        word().prop_map(|w| format!("x={w}")),
        (word(), word()).prop_map(|(a, b)| format!("[ {a} = {b} ]")),
        word().prop_map(|w| format!("printf '%s\\n' {w} > /tmp/f")),
        Just("cat /tmp/f".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("set -- a b c".to_owned()),
        Just("shift".to_owned()),
        Just("sleep 0.1".to_owned()),
        Just("trap 'echo bye' EXIT".to_owned()),
    ]
}

/// Well-formed scripts.
fn script() -> impl Strategy<Value = String> {
    simple().prop_recursive(4, 24, 3, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4).prop_map(|c| c.join("; "));
        prop_oneof![
            (list.clone(), list.clone(), list.clone()).prop_map(|(a, b, c)| format!("if {a}; then {b}; else {c}; fi")),
            (prop::collection::vec(word(), 0..4), list.clone()).prop_map(|(w, b)| format!("for i in {}; do {b}; done", w.join(" "))),
            list.clone().prop_map(|b| format!("while {b}; do break; done")),
            (word(), list.clone()).prop_map(|(w, b)| format!("case {w} in a*|b) {b};; *) :;; esac")),
            list.clone().prop_map(|b| format!("( {b} )")),
            list.clone().prop_map(|b| format!("{{ {b}; }} 2>&1")),
            list.clone().prop_map(|b| format!("{{ f() {{ {b}; }}\nf; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} && {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} | {b}")),
            (inner.clone(), list.clone()).prop_map(|(a, b)| format!("{{ {a} &\n{b}\nwait; }}")),
            list.prop_map(|b| format!("{{ cat <<END\ntext $x $(echo in)\nEND\n{b}; }}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{ {a}\n# remark\n{b}; }}")),
        ]
    })
}

const DIRECTIVES: &[&str] = &[
    "events",
    "http",
    "server",
    "location",
    "/",
    "/api",
    "= /x",
    "~ \\.php$",
    "listen",
    "80",
    "8080 ssl",
    "server_name",
    "_",
    "root",
    "/usr/share/nginx/html",
    "index",
    "index.html",
    "return",
    "200",
    "301 https://$host$uri",
    "proxy_pass",
    "http://127.0.0.1:9",
    "upstream",
    "app",
    "error_log",
    "/dev/stderr",
    "access_log",
    "off",
    "include",
    "/etc/nginx/mime.types",
    "/nope/*.conf",
    "worker_processes",
    "auto",
    "daemon",
    "default_type",
    "text/plain",
    "nonsense",
    "{",
    "}",
    ";",
    "\n",
    "# remark\n",
    "'",
    "\"",
    "\"a b\"",
    "\\",
    "$",
    "${x}",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_shell(text in soup()) {
        run("busybox", "sh", &text, &[]);
    }

    #[test]
    fn no_text_breaks_bash(text in soup()) {
        run("ubuntu", "bash", &text, &[]);
    }

    #[test]
    fn well_formed_scripts_are_read(text in script()) {
        for (image, shell) in [("busybox", "sh"), ("debian", "dash"), ("ubuntu", "bash")] {
            let ended = run(image, shell, &text, &[]);
            let said = String::from_utf8_lossy(&ended.output).to_lowercase();
            prop_assert!(!said.contains("syntax error"), "{shell}: {said}");
        }
    }

    #[test]
    fn no_text_breaks_the_configuration_of_nginx(parts in prop::collection::vec((prop::sample::select(DIRECTIVES), any::<bool>()), 0..40)) {
        let text: String = parts.into_iter().map(|(token, blank)| if blank { format!("{token} ") } else { token.to_owned() }).collect();
        let file = [("/etc/nginx/nginx.conf".to_owned(), text.into_bytes())];
        run("nginx", "sh", "nginx -t; echo $?; nginx; nginx -s quit", &file);
    }

    #[test]
    fn a_server_of_any_shape_is_tested(ports in prop::collection::vec(1u16..20_000, 0..3), code in 100u16..600, name in "[a-z]{0,6}") {
        let listen: String = ports.iter().map(|p| format!("listen {p}; ")).collect();
        let text = format!("events {{}}\nhttp {{ server {{ {listen} server_name \"{name}\"; location / {{ return {code} 'x'; }} }} }}\n");
        let ended = run("nginx", "sh", "nginx -t", &[("/etc/nginx/nginx.conf".to_owned(), text.into_bytes())]);
        prop_assert!(String::from_utf8_lossy(&ended.output).contains("nginx.conf"), "it speaks of its file");
    }
}
