//! `podglass run`: runs manifests and prints what happens.

use crate::files::RealFiles;
use anyhow::{Context, bail};
use podglass_playground::cluster::action::{Action, Arrangement};
use podglass_playground::cluster::journal::Fact;
use podglass_playground::cluster::manifest::Object;
use podglass_playground::cluster::runtime::Happening;
use podglass_playground::cluster::{Cluster, Record, Settings, SimTime};
use podglass_playground::kubectl::moment::parse_duration;
use podglass_playground::kubectl::world::live::Live;
use podglass_playground::kubectl::{Session, watch};
use podglass_playground::scene::narration;
use serde_json::{Value, json};

/// What `podglass run` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Manifests.
    #[arg(required = true)]
    files: Vec<String>,
    /// `NAME=DOCKERFILE`: an image of one's own; may be given again. Dockerfiles among the manifests count too.
    #[arg(long, value_name = "NAME=DOCKERFILE")]
    dockerfile: Vec<String>,
    /// `HOST=reachable` or `HOST=unreachable`: a host outside the cluster; may be given again.
    #[arg(long, value_name = "HOST=WORD")]
    host: Vec<String>,
    /// Prints what had to be assumed, and a Dockerfile that says otherwise, instead of what happens.
    #[arg(long)]
    assumptions: bool,
    /// How long to run.
    #[arg(long, default_value = "2m")]
    until: String,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A moment to stop at instead.
    #[arg(long)]
    at: Option<String>,
    /// Prints the objects of that moment instead of the way there.
    #[arg(long)]
    objects: bool,
    /// `text` or `json`.
    #[arg(long, default_value = "text")]
    format: String,
}

/// How long the cluster is there before the manifests come.
const SETTLED: u64 = 1000;
const BUDGET: u64 = 50_000_000;

/// Runs and prints.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let time = |text: &str| parse_duration(text).map_err(|e| anyhow::anyhow!(e)).map(|n| (n.max(0) / 1_000_000) as u64);
    let until = time(a.at.as_deref().unwrap_or(&a.until)).context("a time is written like 90s or 2m")?;
    let (images, files): (Vec<String>, Vec<String>) = a.files.iter().cloned().partition(|f| crate::docker::is_dockerfile(f));
    let catalogue = crate::docker::catalogue(a.dockerfile.iter().chain(&images))?;
    let mut cluster = Cluster::with_catalogue(Settings { seed: a.seed, ..Settings::default() }, catalogue);
    cluster.advance_to(SimTime(SETTLED), BUDGET);
    for given in &a.host {
        let (host, word) = given.split_once('=').unwrap_or((given, ""));
        let reachable = match word {
            "reachable" => true,
            "unreachable" => false,
            _ => bail!("--host {given}: expected HOST=reachable or HOST=unreachable"),
        };
        cluster.act(Action::Arrange(Arrangement::ExternalHost { host: host.to_owned(), reachable })).map_err(|r| anyhow::anyhow!(r.message))?;
    }
    let first = cluster.api().journal().records().len();
    {
        let mut world = Live::new(&mut cluster);
        let mut session = Session::new(&mut world, &RealFiles, "default");
        let mut words = vec!["apply".to_owned()];
        words.extend(files.iter().flat_map(|f| ["-f".to_owned(), f.clone()]));
        let out = podglass_playground::kubectl::run(&mut session, &words, "");
        eprint!("{}", out.all());
        if out.code != 0 && out.all().lines().all(|l| !l.ends_with(" created")) {
            bail!("nothing to run");
        }
    }
    cluster.advance_to(SimTime(SETTLED + until), BUDGET);
    if a.assumptions {
        for found in podglass_playground::assumptions::list(&cluster, &[]) {
            println!("{} ({}), at {:.1} s: {}", found.who, found.image, found.at.0.saturating_sub(SETTLED) as f64 / 1000.0, found.text);
            if let Some(text) = found.instead {
                println!("  to say otherwise: --dockerfile '{}=FILE', with a FILE such as", found.image);
                text.lines().for_each(|l| println!("    {l}"));
            }
        }
        return Ok(0);
    }
    if a.objects {
        let items: Vec<Value> = cluster.api().objects().filter_map(|o| o.to_json().ok()).collect();
        println!("{}", serde_json::to_string_pretty(&json!({"apiVersion": "v1", "kind": "List", "items": items}))?);
        return Ok(0);
    }
    for record in cluster.api().journal().records().iter().skip(first) {
        let Some(text) = line(record) else { continue };
        let t = record.at.0.saturating_sub(SETTLED);
        if a.format == "json" {
            println!("{}", json!({"t": t as f64 / 1000.0, "record": record.id, "cause": record.cause, "text": text}));
        } else {
            println!("{:>9.3}s  {text}", t as f64 / 1000.0);
        }
    }
    Ok(0)
}

/// A record in words; `None` for what only repeats.
fn line(record: &Record) -> Option<String> {
    match &record.fact {
        Fact::Created(o) => match &**o {
            Object::Event(e) => Some(format!(
                "{}/{}: {}: {}",
                e.involved_object.kind.as_deref().unwrap_or_default(),
                e.involved_object.name.as_deref().unwrap_or_default(),
                e.reason.as_deref().unwrap_or_default(),
                e.message.as_deref().unwrap_or_default()
            )),
            _ => Some(format!("{} created", o.key())),
        },
        Fact::Updated { before, after } => match (&**before, &**after) {
            (Object::Pod(_), Object::Pod(_)) => {
                let word = |o: &Object| o.to_json().map(|v| watch::summary(&v)).unwrap_or_default();
                let (b, now) = (word(before), word(after));
                (b != now).then(|| format!("{}: {now}", after.key()))
            }
            _ => None,
        },
        Fact::Deleted(o) => (!matches!(**o, Object::Event(_))).then(|| format!("{} gone", o.key())),
        Fact::Inside(inside) => match &inside.what {
            Happening::Printed { text, .. } => Some(format!("{}/{} | {text}", inside.run.pod.name, inside.run.container)),
            Happening::FileRead { .. } | Happening::TaskEnded { .. } => None,
            _ => Some(format!("{}/{}: {}", inside.run.pod.name, inside.run.container, narration::phrase(record).capital().plain())),
        },
        _ => Some(narration::phrase(record).capital().plain()),
    }
}
