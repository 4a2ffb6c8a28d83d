//! `podglass render` draws a moment of a manifest.

use std::path::Path;
use std::process::Command;

#[track_caller]
fn render(example: &str, args: &[&str]) -> (String, String, i32) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../static/examples").join(example);
    let out = Command::new(env!("CARGO_BIN_EXE_podglass")).arg("render").arg(file).args(args).output().expect("podglass runs");
    (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned(), out.status.code().unwrap_or(-1))
}

#[test]
fn a_moment_is_drawn_as_it_is_then_and_the_same_each_time() {
    let (early, ..) = render("failing-init.yaml", &["--at", "1s"]);
    let (late, _, code) = render("failing-init.yaml", &["--at", "50s"]);
    assert_eq!(code, 0);
    assert!(early.starts_with("<svg ") && early.trim_end().ends_with("</svg>"));
    assert!(!early.contains("back-off") || early != late, "the picture does not move");
    assert!(late.contains("CrashLoopBackOff"), "{late}");
    assert_eq!(late, render("failing-init.yaml", &["--at", "50s"]).0);
}

#[test]
fn the_timeline_and_a_theme_are_asked_for() {
    let (plain, ..) = render("course-5-init-demo.yaml", &["--at", "8s"]);
    let (dark, ..) = render("course-5-init-demo.yaml", &["--at", "8s", "--timeline", "--theme", "dark"]);
    assert!(plain.contains("prefers-color-scheme") && !dark.contains("prefers-color-scheme"));
    assert!(!plain.contains("class=\"seg") && dark.contains("class=\"seg"));
}

#[test]
fn a_manifest_with_errors_is_not_drawn() {
    let folder = std::env::temp_dir().join(format!("podglass-render-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bad.yaml");
    std::fs::write(&file, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containerz: []\n").expect("a file");
    let out = Command::new(env!("CARGO_BIN_EXE_podglass")).arg("render").arg(&file).output().expect("podglass runs");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("bad.yaml:"), "{}", String::from_utf8_lossy(&out.stderr));
}
