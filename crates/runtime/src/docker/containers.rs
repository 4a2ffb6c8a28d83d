//! `docker ps`, `logs`, `stop`, `kill`, `wait`, `rm`, `port`.

use super::{Answer, Entry, Follow, options::Options, table};
use crate::{Runtime, Signal};

/// How long a container has to stop, in seconds.
const GRACE: u64 = 10;

impl Runtime {
    pub(super) fn docker_ps(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, "filter format last", "all quiet no-trunc latest size", true) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let now = self.now();
        let whole = options.has("no-trunc");
        let id = |c: &Entry| if whole { c.hex.to_string() } else { c.hex.get(..12).unwrap_or_default().to_owned() };
        let shown: Vec<&Entry> = self.engine.containers.iter().rev().filter(|c| options.has("all") || options.has("latest") || self.is_running(c.id)).collect();
        let shown = if options.has("latest") { shown.get(..1.min(shown.len())).unwrap_or_default().to_vec() } else { shown };
        if options.has("quiet") {
            return Answer::said(shown.iter().map(|c| format!("{}\n", id(c))).collect::<String>());
        }
        let mut rows = vec![["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"].map(str::to_owned).to_vec()];
        for c in shown {
            let status = match self.ended(c.id) {
                Some((at, code)) => format!("Exited ({code}) {} ago", table::ago(at, now)),
                None => format!("Up {}", table::ago(c.created, now)),
            };
            let ports = if self.is_running(c.id) { c.ports.to_string() } else { String::new() };
            let command = if whole { c.command.to_string() } else { table::cut(&c.command, 20) };
            let command = format!("\"{}\"", command.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
            rows.push(vec![id(c), c.image.to_string(), command, format!("{} ago", table::ago(c.created, now)), status, ports, c.name.to_string()]);
        }
        Answer::said(table::table(&rows))
    }

    pub(super) fn docker_logs(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, "tail since until", "follow timestamps details", true) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let Some(name) = options.rest.first() else {
            return Answer::failed(1, "docker: 'docker logs' requires 1 argument\n\nUsage:  docker logs [OPTIONS] CONTAINER\n");
        };
        let entry = match self.entry(name) {
            Ok(entry) => entry,
            Err(why) => return Answer::failed(1, why),
        };
        let total = self.logs(entry.id).len();
        let from = options.value("tail").and_then(|n| n.parse::<usize>().ok()).map_or(0, |n| total.saturating_sub(n));
        if options.has("follow") {
            return Answer { follow: Follow::Output(entry.id, from), ..Answer::default() };
        }
        Answer::said(self.docker_output(entry.id, from))
    }

    /// `stop` asks, and kills after the grace period; `kill` kills, or sends another signal.
    pub(super) fn docker_stop(&mut self, args: &[String], kill: bool) -> Answer {
        let options = match Options::read(args, if kill { "signal" } else { "timeout time signal" }, "", true) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let grace = options.value("timeout").or(options.value("time")).and_then(|t| t.parse::<u64>().ok()).unwrap_or(GRACE);
        let (mut ends, mut text, now) = (Vec::new(), String::new(), self.now());
        for name in &options.rest {
            match self.entry(name) {
                Ok(entry) if kill && !self.is_running(entry.id) => {
                    text.push_str(&format!("Error response from daemon: cannot kill container: {name}: container {} is not running\n", entry.hex));
                }
                Ok(entry) => {
                    let named = self.image(&entry.image).stop_signal.filter(|_| !kill);
                    let wanted = options.value("signal").map(str::to_owned).or(named);
                    let usual = if kill { Signal::Kill } else { Signal::Term };
                    let signal = wanted.and_then(|s| crate::programs::processes::signal(&s)).flatten().unwrap_or(usual);
                    if !kill {
                        self.kill_at(now + grace * 1000, entry.id);
                    }
                    self.signal(now, entry.id, signal);
                    if kill && signal != Signal::Kill {
                        text.push_str(&format!("{name}\n"));
                    } else {
                        ends.push((entry.id, name.clone()));
                    }
                }
                Err(why) => text.push_str(&why),
            }
        }
        let code = i32::from(text.starts_with("Error"));
        Answer { text, code, follow: if ends.is_empty() { Follow::Nothing } else { Follow::Ends(ends) } }
    }

    pub(super) fn docker_wait(&mut self, args: &[String]) -> Answer {
        let mut ids = Vec::new();
        for name in args {
            match self.entry(name) {
                Ok(entry) => ids.push(entry.id),
                Err(why) => return Answer::failed(1, why),
            }
        }
        Answer { follow: Follow::Codes(ids), ..Answer::default() }
    }

    pub(super) fn docker_rm(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, "", "force volumes", true) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let mut answer = Answer::default();
        for name in &options.rest {
            match self.entry(name) {
                Ok(entry) if self.is_running(entry.id) && !options.has("force") => {
                    answer.text.push_str(&format!("Error response from daemon: cannot remove container \"{name}\": container is running: stop the container before removing or force remove\n"));
                    answer.code = 1;
                }
                Ok(entry) => {
                    self.forget_entry(&entry);
                    answer.text.push_str(&format!("{name}\n"));
                }
                Err(why) => {
                    answer.text.push_str(&why);
                    answer.code = 1;
                }
            }
        }
        answer
    }

    pub(super) fn docker_port(&mut self, args: &[String]) -> Answer {
        let entry = match args.first().map_or(Err("docker: 'docker port' requires at least 1 argument\n".into()), |name| self.entry(name)) {
            Ok(entry) => entry,
            Err(why) => return Answer::failed(1, why),
        };
        Answer::said(entry.ports.split(", ").filter_map(|p| p.split_once("->")).map(|(outer, inner)| format!("{inner} -> {outer}\n")).collect::<String>())
    }

    /// Takes a container out of the books, and what it left out of the runtime.
    pub(super) fn forget_entry(&mut self, entry: &Entry) {
        let now = self.now();
        self.remove_container(now, entry.id);
        self.remove_sandbox(now, entry.sandbox);
        self.engine.containers.retain(|c| c.id != entry.id);
    }
}
