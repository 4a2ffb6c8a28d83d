//! `podglass kubectl`

use crate::files::RealFiles;
use anyhow::{Context, bail};
use podglass_playground::cluster::{Cluster, Progress, Settings, SimTime};
use podglass_playground::kubectl::moment::{Moment, parse_duration};
use podglass_playground::kubectl::world::frozen::Frozen;
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{Output, Session, Stream};
use serde_json::Value;
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

/// What `podglass kubectl` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A List of objects: a frozen cluster.
    #[arg(long, value_name = "LIST.json")]
    state: Option<PathBuf>,
    /// Logs of the frozen cluster: `"pod/container"` → `{current, previous}`, lines with their times.
    #[arg(long, value_name = "LOGS.json")]
    logs: Option<PathBuf>,
    /// The frozen cluster's clock (RFC 3339).
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// The namespace of the context.
    #[arg(long, default_value = "default")]
    namespace: String,
    /// Manifests applied first.
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<String>,
    /// When to run the command: so long after the manifests were applied (`20s`, `2m`). The page's own settings hold then:
    /// images nobody knows exist, and pulls take their time.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// A command line; may be given again, all in one cluster.
    #[arg(long, value_name = "LINE", allow_hyphen_values = true)]
    each: Vec<String>,
    /// What to run.
    #[arg(last = true)]
    args: Vec<String>,
}

/// How many milliseconds after its start a kubectl has its answer: what the ages in it are measured at.
const ANSWER_AFTER: i64 = 75;

/// Runs the command lines and exits as kubectl would.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let stdin = if std::io::stdin().is_terminal() {
        String::new()
    } else {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let Some(state) = &a.state else {
        if let Some(at) = &a.at {
            return at_time(a, at, &stdin);
        }
        let mut cluster = Cluster::with_catalogue(crate::record::settings(1), crate::record::catalogue());
        cluster.advance_to(SimTime(10_000), 1_000_000);
        let mut world = Live::new(&mut cluster);
        let mut session = Session::new(&mut world, &RealFiles, &a.namespace);
        return play(&mut session, a, &stdin);
    };
    let read = |path: &PathBuf| -> anyhow::Result<Value> {
        serde_json::from_slice(&std::fs::read(path).with_context(|| path.display().to_string())?).with_context(|| path.display().to_string())
    };
    let logs = a.logs.as_ref().map(read).transpose()?.unwrap_or_default();
    let now = match &a.now {
        Some(t) => Moment::parse(t).with_context(|| format!("{t:?} is no time"))?,
        None => bail!("--state needs --now"),
    };
    let now = Moment(now.0 + ANSWER_AFTER * 1_000_000);
    let mut world = Frozen::new(read(state)?, logs, now);
    let mut session = Session::new(&mut world, &RealFiles, &a.namespace);
    play(&mut session, a, &stdin)
}

/// Applies the manifests, lets time pass, then runs the command.
fn at_time(a: &Arguments, at: &str, stdin: &str) -> anyhow::Result<u8> {
    let nanos = parse_duration(at).map_err(|e| anyhow::anyhow!(e)).with_context(|| format!("--at {at}: a time is written like 90s or 2m"))?;
    let mut cluster = Cluster::new(Settings::default());
    for file in &a.files {
        let mut world = Live::new(&mut cluster);
        let mut session = Session::new(&mut world, &RealFiles, &a.namespace);
        let out = podglass_playground::kubectl::run(&mut session, &["apply".to_owned(), "-f".to_owned(), file.clone()], "");
        if out.code != 0 {
            print(&out)?;
            return Ok(exit(out.code));
        }
    }
    let until = SimTime((nanos.max(0) / 1_000_000) as u64);
    while cluster.advance_to(until, 1_000_000) == Progress::OutOfBudget {}
    let mut world = Live::new(&mut cluster);
    let mut session = Session::new(&mut world, &RealFiles, &a.namespace);
    let out = podglass_playground::kubectl::run(&mut session, &a.args, stdin);
    print(&out)?;
    Ok(exit(out.code))
}

fn play(session: &mut Session<'_>, a: &Arguments, stdin: &str) -> anyhow::Result<u8> {
    let mut refused = 0;
    for file in &a.files {
        let out = podglass_playground::kubectl::run(session, &["apply".to_owned(), "-f".to_owned(), file.clone()], "");
        if out.code != 0 {
            refused = out.code;
            if !asks_what_is_there(a) {
                print(&out)?;
                return Ok(exit(out.code));
            }
        }
    }
    for line in &a.each {
        let words = crate::replay::split(line);
        let out = podglass_playground::kubectl::run(session, &words, stdin);
        println!("$ kubectl {line}");
        print(&out)?;
        if out.code != 0 {
            println!("? {}", out.code);
        }
    }
    if !a.each.is_empty() && a.args.is_empty() {
        return Ok(0);
    }
    if refused != 0 {
        let mut words = a.args.clone();
        words.push("--ignore-not-found".to_owned());
        let mut out = podglass_playground::kubectl::run(session, &words, stdin);
        out.chunks.retain(|c| c.stream == Stream::Stdout);
        print(&out)?;
        return Ok(exit(refused));
    }
    let out = podglass_playground::kubectl::run(session, &a.args, stdin);
    print(&out)?;
    Ok(exit(out.code))
}

/// Whether the command is a `get -f` of the very files that are applied first: it asks what of them the
/// cluster has taken. Then a refusal stops nothing: what was taken is printed, and only the exit code tells
/// of the rest (`podglass kubectl -- apply -f FILE` has the words).
fn asks_what_is_there(a: &Arguments) -> bool {
    let files = a.args.windows(2).filter_map(|w| (w.first()? == "-f").then(|| w.get(1)).flatten());
    a.args.first().is_some_and(|v| v == "get") && !a.files.is_empty() && files.eq(&a.files)
}

fn exit(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(1)
}

/// Writes both streams in their order.
fn print(out: &Output) -> std::io::Result<()> {
    let (mut stdout, mut stderr) = (std::io::stdout().lock(), std::io::stderr().lock());
    for chunk in &out.chunks {
        match chunk.stream {
            Stream::Stdout => {
                stdout.write_all(chunk.text.as_bytes())?;
                stdout.flush()?;
            }
            Stream::Stderr => stderr.write_all(chunk.text.as_bytes())?,
        }
    }
    Ok(())
}
