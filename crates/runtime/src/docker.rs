//! A docker engine beside the cluster: what `docker run`, `ps`, `logs`, `build`, … do on a course page.
//!
//! Its containers are those of the [`Runtime`](crate::Runtime), in sandboxes of no Pod. A command never waits:
//! where docker would, the [`Answer`] says what to wait for, and [`Runtime::docker_done`](crate::Runtime::docker_done)
//! whether it has come. Output and errors have docker's words.

#![expect(clippy::format_push_string, clippy::format_collect, reason = "commands print line by line: once a command")]

mod build;
mod containers;
mod options;
mod run;
mod table;

use crate::{ContainerId, Runtime, SimTime, TaskId, dockerfile::Context};
use std::rc::Rc;

/// What a command said at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What it printed.
    pub text: String,
    /// Its exit code so far.
    pub code: i32,
    /// What it waits for.
    pub follow: Follow,
}

/// What a command waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Follow {
    /// Nothing: it is done.
    #[default]
    Nothing,
    /// The end of a container; its output from this line on is printed.
    Output(ContainerId, usize),
    /// The end of a process in a container.
    Task(TaskId),
    /// The end of containers; each one's name is printed.
    Ends(Vec<(ContainerId, String)>),
    /// The end of containers; each one's exit code is printed.
    Codes(Vec<ContainerId>),
}

impl Answer {
    fn said(text: impl Into<String>) -> Answer {
        Answer { text: text.into(), ..Answer::default() }
    }
    fn failed(code: i32, text: impl Into<String>) -> Answer {
        Answer { text: text.into(), code, ..Answer::default() }
    }
}

/// A container of the engine.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    id: ContainerId,
    sandbox: crate::SandboxId,
    hex: Rc<str>,
    name: Rc<str>,
    image: Rc<str>,
    command: Rc<str>,
    ports: Rc<str>,
    created: SimTime,
    /// It goes when it ends (`--rm`).
    transient: bool,
}

/// An image in the engine's store.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// Name and tag.
    reference: Rc<str>,
    created: SimTime,
    built: bool,
}

/// The engine's own books; empty until somebody types `docker`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Engine {
    containers: Vec<Entry>,
    images: Vec<Stored>,
    count: u32,
}

const HELP: &str = "\
Usage:  docker COMMAND

  build   Builds an image from a Dockerfile (-t NAME [-f FILE] .)
  run     Runs a container (-d --rm --name -e -p -w -u --entrypoint -it)
  ps      Lists containers (-a -q)
  exec    Runs a command in a running container
  logs    Prints what a container printed
  stop    Stops containers (-t SECONDS); kill ends them at once
  wait    Waits for the end of containers and prints their exit codes
  rm      Removes containers (-f)
  images  Lists images; pull fetches one, rmi removes one
  port    Lists published ports
";

impl Runtime {
    /// Runs a docker command (without the word `docker`). Files a build needs are in `context`.
    pub fn docker(&mut self, now: SimTime, args: &[String], context: &Context) -> Answer {
        if now > self.now() {
            self.advance(now);
        }
        self.tidy_engine();
        let (mut verb, mut rest) = args.split_first().map_or(("help", [].as_slice()), |(v, r)| (v.as_str(), r));
        // `docker container ls`, `docker image build`, …
        if matches!(verb, "container" | "image" | "buildx") {
            let group = verb;
            (verb, rest) = rest.split_first().map_or(("help", [].as_slice()), |(v, r)| (v.as_str(), r));
            verb = match (group, verb) {
                ("image", "ls" | "list") => "images",
                ("image", "rm") => "rmi",
                _ => verb,
            };
        }
        match verb {
            "build" => self.docker_build(rest, context),
            "run" => self.docker_run(rest),
            "ps" | "ls" | "list" => self.docker_ps(rest),
            "exec" => self.docker_exec(rest),
            "logs" => self.docker_logs(rest),
            "stop" | "kill" => self.docker_stop(rest, verb == "kill"),
            "wait" => self.docker_wait(rest),
            "rm" => self.docker_rm(rest),
            "images" => self.docker_images(rest),
            "rmi" => self.docker_rmi(rest),
            "pull" => self.docker_pull(rest),
            "port" => self.docker_port(rest),
            "help" | "--help" | "-h" => Answer::said(HELP),
            "version" | "--version" | "-v" => Answer::said("Docker version 28.3.0, simulated by Podglass\n"),
            other => {
                let known = [
                    "attach", "commit", "compose", "cp", "create", "diff", "events", "export", "history", "info", "inspect", "login", "network", "pause",
                    "push", "rename", "restart", "save", "start", "stats", "system", "tag", "top", "unpause", "update", "volume",
                ];
                if known.contains(&other) {
                    Answer::failed(1, format!("docker {other} is not simulated. `docker help` lists what is.\n"))
                } else {
                    Answer::failed(1, format!("docker: unknown command: docker {other}\n\nRun 'docker --help' for more information\n"))
                }
            }
        }
    }

    /// What a command printed while it waited, and its exit code; `None` while it still waits.
    /// The end of a [`Follow::Task`] is reported like every task's.
    pub fn docker_done(&self, follow: &Follow) -> Option<(String, i32)> {
        match follow {
            Follow::Nothing => Some((String::new(), 0)),
            Follow::Task(_) => None,
            Follow::Output(id, from) => self.ended(*id).map(|(_, code)| (self.docker_output(*id, *from), code)),
            Follow::Ends(list) => list.iter().all(|(id, _)| !self.is_running(*id)).then(|| (list.iter().map(|(_, name)| format!("{name}\n")).collect(), 0)),
            Follow::Codes(list) => {
                let codes: Option<Vec<String>> = list.iter().map(|id| self.ended(*id).map(|(_, code)| format!("{code}\n"))).collect();
                codes.map(|c| (c.concat(), 0))
            }
        }
    }

    /// What a container printed, from a line on.
    pub fn docker_output(&self, id: ContainerId, from: usize) -> String {
        self.logs(id).iter().skip(from).map(|l| format!("{}{}", l.text, if l.ended { "\n" } else { "" })).collect()
    }

    /// Containers that were to go when they end are gone.
    fn tidy_engine(&mut self) {
        let gone: Vec<Entry> = self.engine.containers.iter().filter(|c| c.transient && !self.is_running(c.id)).cloned().collect();
        for entry in gone {
            self.forget_entry(&entry);
        }
    }
}
