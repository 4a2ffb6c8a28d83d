//! How a shell begins: its arguments, its environment, its script.

use super::{
    Dialect, Shell,
    machine::{Frame, Source},
    reader::{Reader, is_name},
    variables::Variable,
};
use crate::program::{Errno, Sys};
use std::rc::Rc;

impl Shell {
    /// Reads arguments and environment; a code ends the shell at once.
    pub(crate) fn start(&mut self, sys: &mut dyn Sys) -> Option<i32> {
        self.shell_pid = sys.pid();
        self.started_at = sys.now();
        let env = sys.env();
        let variables = Rc::make_mut(&mut self.variables);
        for (name, value) in env.iter().filter(|(n, _)| is_name(n)) {
            if variables.insert(name.clone(), Variable { value: Some(value.clone()), exported: true, ..Variable::default() }).is_none() {
                self.order.push(name.clone());
            }
        }
        let depth = self.variable("SHLVL").and_then(|v| v.parse::<i64>().ok()).unwrap_or(0) + 1;
        for (name, value, exported) in [
            ("IFS", " \t\n".to_owned(), false),
            ("OPTIND", "1".to_owned(), false),
            ("PPID", sys.parent().to_string(), false),
            ("PS1", "\\w \\$ ".to_owned(), false),
            ("PS2", "> ".to_owned(), false),
            ("PS4", "+ ".to_owned(), false),
        ] {
            let keep = name == "PS1" && self.variables.contains_key(name);
            if !keep {
                let _ = self.set(name, value.into());
                if exported {
                    self.export(name, true);
                }
            }
        }
        if self.variable("PATH").is_none() && !self.is_bash() {
            let _ = self.set("PATH", "/sbin:/usr/sbin:/bin:/usr/bin".into());
        }
        if self.dialect != Dialect::Dash {
            let _ = self.set("SHLVL", depth.to_string().into());
            self.export("SHLVL", true);
        }
        let cwd = sys.cwd();
        let pwd = self.variable("PWD").filter(|p| p.starts_with('/') && sys.real_path(p, false).is_ok_and(|r| r == cwd)).unwrap_or(cwd);
        let _ = self.set("PWD", pwd);
        self.export("PWD", true);
        if self.is_bash() {
            let _ = self.set("BASH_VERSION", "5.2.15(1)-release".into());
            let _ = self.set("BASH", "/bin/bash".into());
        }
        self.arguments(sys)
    }

    fn arguments(&mut self, sys: &mut dyn Sys) -> Option<i32> {
        let argv = self.argv.clone();
        let mut rest = argv.iter().skip(1).cloned().peekable();
        let mut from_string = false;
        while let Some(argument) = rest.peek().cloned() {
            let on = match argument.as_bytes().first() {
                Some(b'-') => true,
                Some(b'+') => false,
                _ => break,
            };
            if argument.len() == 1 {
                rest.next();
                break;
            }
            rest.next();
            if &*argument == "--" {
                break;
            }
            if let Some(long) = argument.strip_prefix("--") {
                if matches!(long, "login" | "norc" | "noprofile" | "posix") && self.is_bash() {
                    continue;
                }
                if long == "version" && self.is_bash() {
                    sys.out("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n");
                    return Some(0);
                }
                self.complain_start(sys, &format!("illegal option -{}", "-"));
                return Some(2);
            }
            for letter in argument.chars().skip(1) {
                match letter {
                    'c' => from_string = true,
                    'o' => match rest.next() {
                        Some(name) => {
                            if !self.set_named_option(&name, on) {
                                self.complain_start(sys, &format!("illegal option {}o {name}", if on { '-' } else { '+' }));
                                return Some(2);
                            }
                        }
                        None => break,
                    },
                    'l' => {}
                    's' => self.options.from_stdin = true,
                    letter => {
                        if !self.set_option(letter, on) {
                            self.complain_start(sys, &format!("illegal option -{letter}"));
                            return Some(2);
                        }
                    }
                }
            }
        }
        let script = if from_string {
            self.options.from_string = true;
            let Some(script) = rest.next() else {
                let text = if self.is_bash() { "-c: option requires an argument" } else { "-c requires an argument" };
                self.complain_start(sys, text);
                return Some(2);
            };
            if let Some(name) = rest.next() {
                self.name = name;
            }
            Reader::new(&script, u32::from(self.dialect != Dialect::Ash), self.dialect)
        } else if let Some(path) = rest.next_if(|_| !self.options.from_stdin) {
            self.name = path.clone();
            match sys.read_file(&path) {
                Ok(data) => {
                    self.command_name = Some(path);
                    Reader::new(&String::from_utf8_lossy(&data), 1, self.dialect)
                }
                // ash reads a directory as an empty script.
                Err(Errno::IsDir) if self.dialect == Dialect::Ash => return Some(0),
                Err(errno) => {
                    let shell = argv.first().cloned().unwrap_or_else(|| "sh".into());
                    let text = match self.dialect {
                        Dialect::Ash => format!("{shell}: can't open '{path}': {}\n", errno.text()),
                        Dialect::Dash => format!("{shell}: 0: cannot open {path}: No such file\n"),
                        Dialect::Bash => format!("{shell}: {path}: {}\n", errno.text()),
                    };
                    sys.err(&text);
                    return Some(if self.dialect == Dialect::Bash { if errno == Errno::NoEnt { 127 } else { 126 } } else { 2 });
                }
            }
        } else {
            self.options.from_stdin = true;
            self.positional = Rc::new(rest.collect());
            self.frames.push(Frame::Read(Box::new(super::builtins::read::Reading::script())));
            return None;
        };
        self.positional = Rc::new(rest.collect());
        self.frames.push(Frame::Script { reader: Box::new(script), source: Source::Main, tested: false });
        None
    }
    fn complain_start(&self, sys: &mut dyn Sys, text: &str) {
        sys.err(&format!("{}: {text}\n", self.name));
    }
    /// A script that came from stdin.
    pub(crate) fn begin_script(&mut self, text: &str) {
        let reader = Reader::new(text, 1, self.dialect);
        self.frames.push(Frame::Script { reader: Box::new(reader), source: Source::Main, tested: false });
    }

    /// Switches an option by its letter.
    pub(crate) fn set_option(&mut self, letter: char, on: bool) -> bool {
        let o = &mut self.options;
        match letter {
            'a' => o.all_export = on,
            'e' => o.exit_on_error = on,
            'f' => o.no_glob = on,
            'n' => o.no_exec = on,
            'u' => o.no_unset = on,
            'v' => o.verbose = on,
            'x' => o.trace = on,
            'C' => o.no_clobber = on,
            'i' => o.interactive = on,
            'b' | 'm' | 'I' => {}
            'h' | 'B' | 'E' | 'T' | 'H' if self.dialect == Dialect::Bash => {}
            _ => return false,
        }
        true
    }
    pub(crate) fn set_named_option(&mut self, name: &str, on: bool) -> bool {
        let letter = match name {
            "allexport" => 'a',
            "errexit" => 'e',
            "noglob" => 'f',
            "noexec" => 'n',
            "nounset" => 'u',
            "verbose" => 'v',
            "xtrace" => 'x',
            "noclobber" => 'C',
            "notify" => 'b',
            "monitor" => 'm',
            "ignoreeof" => 'I',
            "pipefail" if self.dialect != Dialect::Dash => {
                self.options.pipe_fail = on;
                return true;
            }
            "errtrace" | "vi" if self.dialect == Dialect::Ash => return true,
            "posix" | "errtrace" | "functrace" | "vi" | "emacs" | "hashall" | "braceexpand" | "histexpand" if self.dialect == Dialect::Bash => return true,
            _ => return false,
        };
        self.set_option(letter, on)
    }
    /// All options with their state, for `set -o` and `$-`.
    pub(crate) fn option_list(&self) -> [(&'static str, Option<char>, bool); 14] {
        let o = &self.options;
        [
            ("errexit", Some('e'), o.exit_on_error),
            ("noglob", Some('f'), o.no_glob),
            ("ignoreeof", None, false),
            ("monitor", None, false),
            ("noexec", Some('n'), o.no_exec),
            ("xtrace", Some('x'), o.trace),
            ("verbose", Some('v'), o.verbose),
            ("noclobber", Some('C'), o.no_clobber),
            ("allexport", Some('a'), o.all_export),
            ("notify", None, false),
            ("nounset", Some('u'), o.no_unset),
            ("errtrace", None, false),
            ("vi", None, false),
            ("pipefail", None, o.pipe_fail),
        ]
    }
    pub(crate) fn option_letters(&self) -> String {
        let mut letters = String::new();
        if self.options.from_string {
            letters.push('c');
        }
        if self.options.from_stdin {
            letters.push('s');
        }
        letters.extend(self.option_list().into_iter().filter(|o| o.2).filter_map(|o| o.1));
        if self.is_bash() {
            letters.push_str("hB");
        }
        letters
    }
}
