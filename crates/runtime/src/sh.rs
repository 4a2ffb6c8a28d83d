//! The body of `podglass sh`: one script in one container.

use crate::{ContainerConfig, Happening, Runtime, SandboxConfig, SimTime, catalogue::Catalogue};
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

/// Runs a script as PID 1 of a fresh container.
pub fn run(catalogue: Rc<Catalogue>, script: &Script) -> Ended {
    // 2026-01-15 12:00:00 UTC.
    let mut runtime = Runtime::new(catalogue, 1, 1_768_478_400_000);
    let now = SimTime::ZERO;
    let sandbox = runtime.create_sandbox(
        now,
        SandboxConfig {
            hostname: "demo-pod".to_owned(),
            ip: Ipv4Addr::new(10, 244, 0, 10),
            namespace: "default".to_owned(),
            node: 0,
            node_ip: Ipv4Addr::new(172, 18, 0, 2),
            host_network: false,
            share_process_namespace: false,
            host_aliases: Vec::new(),
        },
    );
    // Not a Pod's, but what a container engine writes.
    runtime.set_hosts(sandbox, "127.0.0.1\tlocalhost\n127.0.0.1\tdemo-pod\n");
    let config = ContainerConfig {
        name: "sh".to_owned(),
        image: script.image.clone(),
        command: vec![script.shell.clone(), "-c".to_owned(), script.script.clone()],
        args: Vec::new(),
        env: script.env.clone(),
        working_dir: None,
        user: None,
        group: None,
        fs_group: None,
        mounts: Vec::new(),
        read_only_root: false,
        memory_limit: None,
        termination_message_path: String::new(),
        declared_ports: Vec::new(),
        init: false,
        stdin: false,
        tty: false,
        stop_signal: None,
    };
    let container = match runtime.start_with_files(now, sandbox, config, &script.files) {
        Ok(container) => container,
        Err(error) => return Ended { output: format!("{}\n", error.message).into_bytes(), code: 127, assumed: Vec::new() },
    };
    let mut code = None;
    let mut assumed = Vec::new();
    loop {
        for occurrence in runtime.take_occurrences() {
            match occurrence.what {
                Happening::Exited { code: c, .. } if occurrence.container == Some(container) => code = Some(c),
                Happening::Assumed { text } => assumed.push(text.to_string()),
                _ => {}
            }
        }
        if code.is_some() {
            break;
        }
        match runtime.next_wakeup() {
            Some(at) if at.0 <= script.limit_ms => runtime.advance(at),
            _ => break,
        }
    }
    let output = runtime.raw_output(container);
    Ended { output, code: code.unwrap_or(124), assumed }
}
