//! 1,000 containers append the date to a file every second, for ten virtual minutes.
#![allow(clippy::disallowed_methods, reason = "an example may look at the clock")]

use podglass_runtime::{ContainerConfig, Runtime, SandboxConfig, SimTime, catalogue::Catalogue};
use std::{net::Ipv4Addr, rc::Rc};

fn main() {
    let count: u32 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let mut runtime = Runtime::new(Rc::new(Catalogue::builtin()), 1, 1_768_478_400_000);
    for n in 0..count {
        let sandbox = runtime.create_sandbox(SimTime::ZERO, SandboxConfig::alone(&format!("pod-{n}"), Ipv4Addr::from(0x0af4_0000 + n + 2)));
        let config = ContainerConfig {
            name: "main".to_owned(),
            image: "busybox".to_owned(),
            command: ["sh", "-c", "while true; do date >> f; sleep 1; done"].map(str::to_owned).to_vec(),
            working_dir: Some("/tmp".to_owned()),
            ..ContainerConfig::default()
        };
        if let Err(error) = runtime.start(SimTime::ZERO, sandbox, config) {
            eprintln!("{}", error.message);
        }
    }
    let from = std::time::Instant::now();
    for second in 1..=600 {
        runtime.advance(SimTime(second * 1000));
        runtime.take_occurrences();
    }
    println!("{count} containers, 600 s: {:?}", from.elapsed());
}
