//! `docker run` and `docker exec`.

use super::{Answer, Entry, Follow, Stored, options::Options};
use crate::{ContainerConfig, Runtime, SandboxConfig, catalogue::short_name, runtime::digest};
use std::{net::Ipv4Addr, rc::Rc};

const VALUED: &str = "name env entrypoint publish volume workdir user network net restart memory hostname label platform pull mount add-host env-file cpus stop-signal stop-timeout tmpfs expose ulimit cap-add cap-drop security-opt log-driver health-cmd gpus dns link ip device shm-size";
const PLAIN: &str = "detach interactive tty rm publish-all init privileged read-only no-healthcheck quiet";
/// Options that are read and change nothing here.
const WITHOUT_EFFECT: &[&str] = &["volume", "mount", "network", "net", "restart", "env-file", "tmpfs", "link", "add-host"];

const FIRST: &[&str] = &[
    "amazing",
    "bold",
    "brave",
    "clever",
    "eager",
    "focused",
    "gallant",
    "happy",
    "jolly",
    "keen",
    "loving",
    "modest",
    "nifty",
    "practical",
    "quirky",
    "serene",
];
const SECOND: &[&str] = &[
    "albattani",
    "babbage",
    "curie",
    "darwin",
    "euler",
    "franklin",
    "gauss",
    "hopper",
    "johnson",
    "kepler",
    "lovelace",
    "morse",
    "noether",
    "pike",
    "ride",
    "turing",
];

impl Runtime {
    pub(super) fn docker_run(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, VALUED, PLAIN, false) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, format!("{why}\nRun 'docker run --help' for more information\n")),
        };
        let Some((image, command)) = options.rest.split_first() else {
            return Answer::failed(1, "docker: 'docker run' requires at least 1 argument\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n");
        };
        let mut text: String =
            WITHOUT_EFFECT.iter().filter(|o| options.value(o).is_some()).map(|o| format!("(--{o} is read, but has no effect in this simulation)\n")).collect();
        let now = self.now();
        let number = self.engine.count;
        self.engine.count += 1;
        let hex = digest(&format!("container {number} {image}")).trim_start_matches("sha256:").to_owned();
        let pick = |list: &[&'static str], at: usize| {
            usize::from_str_radix(hex.get(at..at + 3).unwrap_or_default(), 16).ok().and_then(|n| list.get(n % list.len()).copied()).unwrap_or_default()
        };
        let name = options.value("name").map_or_else(|| format!("{}_{}", pick(FIRST, 20), pick(SECOND, 30)), str::to_owned);
        if let Some(other) = self.engine.containers.iter().find(|c| *c.name == *name) {
            return Answer::failed(
                125,
                format!(
                    "docker: Error response from daemon: Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or rename) that container to be able to reuse that name.\n\nRun 'docker run --help' for more information\n",
                    other.hex
                ),
            );
        }
        let facts = self.image(image);
        text.push_str(&self.fetch(image, true));
        if facts.assumed {
            text.push_str(&format!("(nobody knows what the image {image} does: its behaviour is assumed)\n"));
        }
        let known = self.catalogue().find(image);
        let user = options.value("user").and_then(|u| u.split(':').next().and_then(|u| u.parse::<i64>().ok()));
        let entrypoint = options.value("entrypoint").filter(|e| !e.is_empty());
        let environment = |e: &str| e.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        let interactive = options.has("interactive");
        let config = ContainerConfig {
            name: name.clone(),
            image: image.clone(),
            command: entrypoint.map(|e| vec![e.to_owned()]).unwrap_or_default(),
            args: command.to_vec(),
            env: options.values("env").into_iter().filter_map(environment).collect(),
            working_dir: options.value("workdir").map(str::to_owned),
            user,
            read_only_root: options.has("read-only"),
            memory_limit: options.value("memory").and_then(crate::programs::head::count),
            stdin: interactive,
            tty: options.has("tty"),
            stop_signal: options.value("stop-signal").map(str::to_owned),
            ..ContainerConfig::default()
        };
        let short = hex.get(..12).unwrap_or_default().to_owned();
        let hostname = options.value("hostname").unwrap_or(&short).to_owned();
        let ip = Ipv4Addr::new(172, 17, (number / 250) as u8, 2 + (number % 250) as u8);
        // A machine of its own: no Pod's, no node's.
        let sandbox = self.create_sandbox(now, SandboxConfig { node: u32::MAX, node_ip: Ipv4Addr::new(172, 17, 0, 1), ..SandboxConfig::alone(&hostname, ip) });
        self.set_hosts(sandbox, &format!("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{ip}\t{hostname}\n"));
        let image_command: Vec<String> =
            known.map(|i| if config.args.is_empty() { i.entrypoint.iter().chain(&i.cmd).cloned().collect() } else { i.entrypoint.clone() }).unwrap_or_default();
        let shown: Vec<String> = if config.command.is_empty() {
            image_command.into_iter().chain(config.args.clone()).collect()
        } else {
            config.command.iter().chain(&config.args).cloned().collect()
        };
        let waits_for_input = interactive && !options.has("detach");
        let started = self.start(now, sandbox, config);
        let ports: Vec<String> = options.values("publish").into_iter().map(published).collect();
        let id = match started {
            Ok(id) => id,
            Err(error) => {
                self.remove_sandbox(now, sandbox);
                let why = error.message.replace("failed to create containerd task:", "failed to create task for container:");
                let code = if why.contains("not found") || why.contains("no such file") { 127 } else { 126 };
                text.push_str(&format!("docker: Error response from daemon: {why}: unknown\n\nRun 'docker run --help' for more information\n"));
                return Answer::failed(code, text);
            }
        };
        self.engine.containers.push(Entry {
            id,
            sandbox,
            hex: hex.as_str().into(),
            name: name.as_str().into(),
            image: image.as_str().into(),
            command: shown.join(" ").into(),
            ports: ports.join(", ").into(),
            created: now,
            transient: options.has("rm"),
        });
        if options.has("detach") {
            text.push_str(&hex);
            text.push('\n');
            return Answer::said(text);
        }
        if waits_for_input {
            text.push_str(&format!("(nothing can be typed into a container here; it runs on: try `docker exec {name} COMMAND`)\n"));
            return Answer::said(text);
        }
        Answer { text, code: 0, follow: Follow::Output(id, 0) }
    }

    /// What docker says while it fetches an image; nothing where it has it.
    pub(super) fn fetch(&mut self, image: &str, missing: bool) -> String {
        let facts = self.image(image);
        let reference = short(&facts.canonical);
        if self.engine.images.iter().any(|i| *i.reference == *reference) {
            return String::new();
        }
        let (repository, tag) = reference.rsplit_once(':').unwrap_or((&reference, "latest"));
        let full = if repository.contains('/') { repository.to_owned() } else { format!("library/{repository}") };
        let layer = facts.digest.get(10..22).unwrap_or_default();
        let head = if missing { format!("Unable to find image '{reference}' locally\n") } else { String::new() };
        self.engine.images.push(Stored { reference: reference.as_str().into(), created: self.now(), built: false });
        format!("{head}{tag}: Pulling from {full}\n{layer}: Pull complete\nDigest: {}\nStatus: Downloaded newer image for {reference}\n", facts.digest)
    }

    pub(super) fn docker_exec(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, "env workdir user", "detach interactive tty privileged", false) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let Some((name, command)) = options.rest.split_first().filter(|(_, c)| !c.is_empty()) else {
            return Answer::failed(1, "docker: 'docker exec' requires at least 2 arguments\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n");
        };
        let entry = match self.entry(name) {
            Ok(entry) => entry,
            Err(why) => return Answer::failed(1, why),
        };
        if !self.is_running(entry.id) {
            return Answer::failed(1, format!("Error response from daemon: container {} is not running\n", entry.hex));
        }
        let mut argv: Vec<String> = Vec::new();
        let variables = options.values("env");
        if let Some(dir) = options.value("workdir") {
            argv.extend(["sh", "-c", "cd \"$0\" && exec \"$@\"", dir].map(str::to_owned));
        }
        if !variables.is_empty() {
            argv.push("env".into());
            argv.extend(variables.iter().map(|v| (*v).to_owned()));
        }
        argv.extend(command.iter().cloned());
        let now = self.now();
        let task = self.exec(now, entry.id, argv, String::new());
        if options.has("detach") { Answer::default() } else { Answer { follow: Follow::Task(task), ..Answer::default() } }
    }

    /// The container of a name or the beginning of an id.
    pub(super) fn entry(&self, name: &str) -> Result<Entry, String> {
        let found = self.engine.containers.iter().find(|c| *c.name == *name || name.len() >= 3 && c.hex.starts_with(name));
        found.cloned().ok_or_else(|| format!("Error response from daemon: No such container: {name}\n"))
    }
}

/// `name:tag` without registry and `library/`.
pub(super) fn short(canonical: &str) -> String {
    let tag = canonical.rsplit_once(':').map(|(_, t)| t).filter(|t| !t.contains('/')).unwrap_or("latest");
    let name: Rc<str> = short_name(canonical).into();
    format!("{name}:{tag}")
}

/// `8080:80` as `docker ps` shows it.
fn published(text: &str) -> String {
    let protocol = if text.contains("/udp") { "udp" } else { "tcp" };
    let text = text.split('/').next().unwrap_or(text);
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [inner] => format!("0.0.0.0:32768->{inner}/{protocol}"),
        [outer, inner] => format!("0.0.0.0:{outer}->{inner}/{protocol}"),
        [address, outer, inner] => format!("{address}:{outer}->{inner}/{protocol}"),
        _ => text.to_owned(),
    }
}
