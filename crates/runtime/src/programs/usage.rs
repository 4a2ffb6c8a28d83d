//! The usage texts of the busybox programs.

/// The first line of every usage text.
pub const BANNER: &str = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.";

/// One text after the other, each after a line `=NAME`. Programs that courses use have all of
/// theirs, the others what they are for.
const TEXTS: &str = include_str!("../../../../static/catalogue/usage.txt");

/// What `NAME --help` prints.
pub fn text(name: &str) -> String {
    let name = match name {
        "egrep" | "fgrep" => "grep",
        "sha1sum" | "sha512sum" => "sha256sum",
        other => other,
    };
    let body = TEXTS.split("\n=").find_map(|entry| entry.trim_start_matches('=').strip_prefix(name)?.strip_prefix('\n'));
    match body {
        Some(body) => format!("{BANNER}\n\n{}\n", body.trim_end_matches('\n')),
        None => format!("{BANNER}\n\nUsage: {name}\n"),
    }
}
