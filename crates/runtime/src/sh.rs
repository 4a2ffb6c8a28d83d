//! The body of `podglass sh`: one script in one container.

use crate::{ContainerConfig, ContainerId, Happening, Runtime, SandboxConfig, SimTime, catalogue::Catalogue};
use std::{net::Ipv4Addr, rc::Rc};

/// What `podglass sh` is asked for.
#[derive(Clone, Debug)]
pub struct Script {
    /// The image.
    pub image: String,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Files put into the container: path and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// The script.
    pub script: String,
    /// Its shell: `sh`, or another one the image has.
    pub shell: String,
    /// The longest it may run, in milliseconds of virtual time; then it ends with 124.
    pub limit_ms: u64,
}

/// How a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// stdout and stderr, in the order they were printed.
    pub output: Vec<u8>,
    /// Exit code.
    pub code: i32,
    /// What was assumed.
    pub assumed: Vec<String>,
}

/// 2026-01-15 12:00:00 UTC, in milliseconds since 1970.
pub(crate) const EPOCH: i64 = 1_768_478_400_000;

/// Runs a script as PID 1 of a fresh container.
pub fn run(catalogue: Rc<Catalogue>, script: &Script) -> Ended {
    let mut runtime = Runtime::new(catalogue, 1, EPOCH);
    let now = SimTime::ZERO;
    // No network but its own loopback: not a Pod's, but what a container engine makes.
    let sandbox = runtime.create_sandbox(now, SandboxConfig::alone("demo-pod", Ipv4Addr::LOCALHOST));
    runtime.set_hosts(sandbox, "127.0.0.1\tlocalhost\n127.0.0.1\tdemo-pod\n");
    let config = ContainerConfig {
        name: "sh".to_owned(),
        image: script.image.clone(),
        command: vec![script.shell.clone(), "-c".to_owned(), script.script.clone()],
        env: script.env.clone(),
        ..ContainerConfig::default()
    };
    let container = match runtime.start_with_files(now, sandbox, config, &script.files) {
        Ok(container) => container,
        Err(error) => return Ended { output: format!("{}\n", error.message).into_bytes(), code: 127, assumed: Vec::new() },
    };
    let (code, assumed) = to_end(&mut runtime, container, script.limit_ms);
    Ended { output: runtime.raw_output(container), code: code.unwrap_or(124), assumed }
}

/// Runs until a container ends, or until the limit: its exit code, and what was assumed.
pub(crate) fn to_end(runtime: &mut Runtime, container: ContainerId, limit_ms: u64) -> (Option<i32>, Vec<String>) {
    let mut assumed = Vec::new();
    loop {
        for occurrence in runtime.take_occurrences() {
            if let Happening::Assumed { text } = occurrence.what {
                assumed.push(text.to_string());
            }
        }
        if let Some((_, code)) = runtime.ended(container) {
            return (Some(code), assumed);
        }
        match runtime.next_wakeup() {
            Some(at) if at.0 <= limit_ms => runtime.advance(at),
            _ => return (None, assumed),
        }
    }
}
