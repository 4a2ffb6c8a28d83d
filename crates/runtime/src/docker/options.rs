//! docker's options: they stand before the first operand.

/// Options in order, and what follows them.
pub(super) struct Options {
    given: Vec<(String, String)>,
    pub(super) rest: Vec<String>,
}

/// The long name of every short option.
const SHORT: &[(char, &str)] = &[
    ('a', "all"),
    ('d', "detach"),
    ('e', "env"),
    ('f', "file"),
    ('h', "hostname"),
    ('i', "interactive"),
    ('l', "label"),
    ('m', "memory"),
    ('n', "tail"),
    ('p', "publish"),
    ('P', "publish-all"),
    ('q', "quiet"),
    ('s', "signal"),
    ('t', "tty"),
    ('u', "user"),
    ('v', "volume"),
    ('w', "workdir"),
];

impl Options {
    /// Reads options. `valued` and `plain` are long names, separated by blanks; `mixed` where options may stand behind operands.
    pub(super) fn read(args: &[String], valued: &str, plain: &str, mixed: bool) -> Result<Options, String> {
        let takes = |name: &str| if valued.split(' ').any(|v| v == name) { Some(true) } else { plain.split(' ').any(|p| p == name).then_some(false) };
        let mut out = Options { given: Vec::new(), rest: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if let Some(long) = arg.strip_prefix("--").filter(|l| !l.is_empty()) {
                let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
                match takes(name) {
                    None => return Err(format!("unknown flag: --{name}\n")),
                    Some(false) => out.given.push((name.to_owned(), value.unwrap_or_else(|| "true".into()))),
                    Some(true) => {
                        let value = match value {
                            Some(value) => value,
                            None => args.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}\n"))?,
                        };
                        out.given.push((name.to_owned(), value));
                    }
                }
            } else if let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty() && !l.starts_with('-')) {
                for (i, c) in letters.char_indices() {
                    // `build -t` and `stop -t` take a value, `run -t` does not.
                    let name = match c {
                        't' if takes("tag").is_some() => "tag",
                        't' if takes("timeout").is_some() => "timeout",
                        'f' if takes("force").is_some() => "force",
                        'f' if takes("follow").is_some() => "follow",
                        't' if takes("timestamps").is_some() => "timestamps",
                        c => SHORT.iter().find(|(s, _)| *s == c).map_or("", |(_, n)| n),
                    };
                    match takes(name) {
                        None => return Err(format!("unknown shorthand flag: '{c}' in -{letters}\n")),
                        Some(false) => out.given.push((name.to_owned(), "true".into())),
                        Some(true) => {
                            let joined = letters.get(i + c.len_utf8()..).unwrap_or_default().trim_start_matches('=').to_owned();
                            let value = if joined.is_empty() {
                                args.next().cloned().ok_or_else(|| format!("flag needs an argument: '{c}' in -{letters}\n"))?
                            } else {
                                joined
                            };
                            out.given.push((name.to_owned(), value));
                            break;
                        }
                    }
                }
            } else {
                if arg != "--" {
                    out.rest.push(arg.clone());
                }
                if !mixed || arg == "--" {
                    out.rest.extend(args.cloned());
                    break;
                }
            }
        }
        Ok(out)
    }
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some_and(|v| v != "false")
    }
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).last().copied()
    }
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        self.given.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
    }
}
