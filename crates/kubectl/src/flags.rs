//! Command line flags with the rules and words of cobra and pflag.

use crate::Failure;
use crate::moment::parse_duration;
use std::collections::BTreeMap;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Nothing, or `=true|false`.
    Truth,
    /// A text.
    Text,
    /// A text, where nothing means the given one (`--dry-run`).
    Optional(&'static str),
    /// Texts, split at commas, may be given again (StringSlice).
    Slice,
    /// Texts, may be given again (StringArray).
    Array,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Int64,
    /// A Go duration.
    Duration,
}

/// One flag.
#[derive(Clone, Copy, Debug)]
struct Flag {
    long: &'static str,
    short: Option<char>,
    shape: Shape,
}

/// The flags every command takes.
const GLOBAL: &str = "as: as-group:[] as-uid: as-user-extra:[] cache-dir: certificate-authority: client-certificate: client-key: cluster: context: disable-compression? insecure-skip-tls-verify? kubeconfig: kuberc: log-flush-frequency:d match-server-version? namespace,n: password: profile: profile-output: request-timeout: server,s: tls-server-name: token: user: username: v,v:i vmodule: warnings-as-errors? help,h?";

/// Reads `long[,s]KIND …`: `?` truth, `:` text, `:,` slice, `:[]` array, `:i` int, `:l` int64, `:d`
/// duration, `:=x` text that may stand alone and then means `x`.
fn table(spec: &'static str) -> impl Iterator<Item = Flag> {
    spec.split_whitespace().filter_map(|word| {
        let at = word.find(['?', ':'])?;
        let (name, kind) = word.split_at(at);
        let (long, short) = name.split_once(',').map_or((name, None), |(l, s)| (l, s.chars().next()));
        let shape = match kind {
            "?" => Shape::Truth,
            ":" => Shape::Text,
            ":," => Shape::Slice,
            ":[]" => Shape::Array,
            ":i" => Shape::Int,
            ":l" => Shape::Int64,
            ":d" => Shape::Duration,
            other => Shape::Optional(other.get(2..)?),
        };
        Some(Flag { long, short, shape })
    })
}

/// What stood on the command line after the verb.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The command: `create deployment`.
    pub command: String,
    /// Arguments that are no flags.
    pub args: Vec<String>,
    /// How many of `args` stood before `--`, where there was one.
    pub dash: Option<usize>,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Flags {
    /// Reads the words after the verb.
    ///
    /// # Errors
    /// pflag's words for an unknown flag, a missing or a wrong value.
    pub(crate) fn parse(command: &str, spec: &'static str, words: &[String]) -> Result<Flags, Failure> {
        let mut flags = Flags { command: command.to_owned(), ..Flags::default() };
        let all: Vec<Flag> = table(spec).chain(table(GLOBAL)).collect();
        let fail = |message: String| {
            Failure::plain(format!("error: {message}\nSee 'kubectl{}{command} --help' for usage.\n", if command.is_empty() { "" } else { " " }))
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                flags.dash = Some(flags.args.len());
                flags.args.extend(words.by_ref().cloned());
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_owned())));
                if name.is_empty() || name.starts_with('-') {
                    return Err(fail(format!("bad flag syntax: {word}")));
                }
                let Some(flag) = all.iter().find(|f| f.long == name) else { return Err(fail(format!("unknown flag: --{name}"))) };
                let value = match (value, flag.shape) {
                    (Some(v), _) => v,
                    (None, Shape::Truth) => "true".to_owned(),
                    (None, Shape::Optional(x)) => x.to_owned(),
                    (None, _) => words.next().cloned().ok_or_else(|| fail(format!("flag needs an argument: --{name}")))?,
                };
                flags.put(flag, value).map_err(fail)?;
            } else if word.len() > 1 && word.starts_with('-') {
                for (at, letter) in word.char_indices().skip(1) {
                    let Some(flag) = all.iter().find(|f| f.short == Some(letter)) else {
                        return Err(fail(format!("unknown shorthand flag: {letter:?} in {word}")));
                    };
                    let rest = word.get(at + letter.len_utf8()..).unwrap_or_default();
                    let value = match flag.shape {
                        Shape::Truth if !rest.starts_with('=') => {
                            flags.put(flag, "true".to_owned()).map_err(fail)?;
                            continue;
                        }
                        Shape::Optional(x) if rest.is_empty() => x.to_owned(),
                        _ if !rest.is_empty() => rest.strip_prefix('=').unwrap_or(rest).to_owned(),
                        _ => words.next().cloned().ok_or_else(|| fail(format!("flag needs an argument: {letter:?} in {word}")))?,
                    };
                    flags.put(flag, value).map_err(fail)?;
                    break;
                }
            } else {
                flags.args.push(word.clone());
            }
        }
        Ok(flags)
    }

    fn put(&mut self, flag: &Flag, value: String) -> Result<(), String> {
        let label = flag.short.filter(|_| flag.long != "v").map_or(format!("--{}", flag.long), |s| format!("-{s}, --{}", flag.long));
        let wrong = |why: String| format!("invalid argument {value:?} for {label:?} flag: {why}");
        match flag.shape {
            Shape::Truth if !matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True" | "0" | "f" | "F" | "false" | "FALSE" | "False") => {
                return Err(wrong(format!("strconv.ParseBool: parsing {value:?}: invalid syntax")));
            }
            Shape::Int | Shape::Int64 => {
                let ok = if flag.shape == Shape::Int { value.parse::<i32>().is_ok() } else { value.parse::<i64>().is_ok() };
                if !ok {
                    let digits = value.strip_prefix(['-', '+']).unwrap_or(&value);
                    let why = if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) { "value out of range" } else { "invalid syntax" };
                    return Err(wrong(format!("strconv.ParseInt: parsing {value:?}: {why}")));
                }
            }
            Shape::Duration => {
                parse_duration(&value).map_err(wrong)?;
            }
            _ => {}
        }
        let list = self.values.entry(flag.long).or_default();
        match flag.shape {
            Shape::Slice => list.extend(split_csv(&value)),
            Shape::Array => list.push(value),
            _ => *list = vec![value],
        }
        Ok(())
    }

    /// Whether the flag was given.
    pub(crate) fn given(&self, long: &str) -> bool {
        self.values.contains_key(long)
    }
    /// The flag's text, empty where it was not given.
    pub(crate) fn text(&self, long: &str) -> &str {
        self.get(long).unwrap_or_default()
    }
    /// The flag's text.
    pub(crate) fn get(&self, long: &str) -> Option<&str> {
        self.values.get(long).and_then(|v| v.last()).map(String::as_str)
    }
    /// Whether the flag is true.
    pub(crate) fn truth(&self, long: &str) -> bool {
        self.truth_or(long, false)
    }
    /// Whether the flag is true, with a default.
    pub(crate) fn truth_or(&self, long: &str, otherwise: bool) -> bool {
        self.get(long).map_or(otherwise, |v| matches!(v, "1" | "t" | "T" | "true" | "TRUE" | "True"))
    }
    /// All values of a list flag.
    pub(crate) fn list(&self, long: &str) -> &[String] {
        self.values.get(long).map_or(&[], Vec::as_slice)
    }
    /// The flag's number.
    pub(crate) fn int(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|v| v.parse().ok())
    }
    /// The flag's duration in nanoseconds.
    pub(crate) fn duration(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|v| parse_duration(v).ok())
    }
    /// `error: WORDS` and where help is (`cmdutil.UsageErrorf`).
    pub(crate) fn usage(&self, message: impl std::fmt::Display) -> Failure {
        Failure::plain(format!("error: {message}\nSee 'kubectl {} -h' for help and examples\n", self.command))
    }
}

/// Splits at commas outside double quotes (encoding/csv, as StringSlice does).
fn split_csv(value: &str) -> Vec<String> {
    if value.is_empty() {
        return Vec::new();
    }
    let (mut out, mut quoted) = (vec![String::new()], false);
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            _ => {
                if let Some(last) = out.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    out
}
