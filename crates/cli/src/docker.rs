//! `podglass docker`: docker commands on a simulated engine, and images of Dockerfiles for other subcommands.

use anyhow::{Context as _, bail};
use podglass_playground::cluster::runtime::catalogue::Catalogue;
use podglass_playground::cluster::runtime::dockerfile::{self, Context, Gravity};
use podglass_playground::cluster::{Cluster, Settings, SimTime};
use std::io::BufRead;
use std::path::Path;
use std::rc::Rc;

/// What `podglass docker` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// `NAME=DOCKERFILE`: an image that is there already; may be given again.
    #[arg(long, value_name = "NAME=DOCKERFILE")]
    dockerfile: Vec<String>,
    /// A docker command such as `run ubuntu`. Without one, commands are read from the standard input, one a line;
    /// a line `sleep SECONDS` lets time pass.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// A build copies no more files than this, each no larger than that.
const MOST: (usize, u64) = (5_000, 4 << 20);

/// Runs the commands; exits as the last one does.
pub(crate) fn run(a: &Arguments) -> anyhow::Result<u8> {
    let mut cluster = Cluster::with_catalogue(Settings::default(), catalogue(&a.dockerfile)?);
    let mut last = 0;
    if !a.words.is_empty() {
        return Ok(u8::try_from(play(&mut cluster, &a.words)?).unwrap_or(1));
    }
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words = crate::replay::split(line.trim());
        match words.split_first() {
            None => {}
            Some((w, _)) if w.starts_with('#') => {}
            Some((w, rest)) if w == "sleep" => {
                let seconds: f64 = rest.first().and_then(|s| s.parse().ok()).context("sleep takes a number of seconds")?;
                let at = SimTime(cluster.now().0 + (seconds.max(0.0) * 1000.0) as u64);
                cluster.advance_to(at, 50_000_000);
            }
            Some((w, rest)) => {
                last = play(&mut cluster, if w == "docker" { rest } else { &words })?;
            }
        }
    }
    Ok(u8::try_from(last).unwrap_or(1))
}

fn play(cluster: &mut Cluster, words: &[String]) -> anyhow::Result<i32> {
    let context = if words.iter().any(|w| w == "build") { files_below(Path::new("."))? } else { Context::new() };
    let (text, code) = cluster.docker_run(words, &context);
    print!("{text}");
    Ok(code)
}

/// Whether a path names a Dockerfile.
pub(crate) fn is_dockerfile(path: &str) -> bool {
    dockerfile::is_dockerfile(path, "")
}

/// The built-in images and those of Dockerfiles: `NAME=PATH`, or a path whose file says its image's name.
pub(crate) fn catalogue<'a>(files: impl IntoIterator<Item = &'a String>) -> anyhow::Result<Rc<Catalogue>> {
    let mut catalogue = crate::record::catalogue();
    for given in files {
        let (name, path) = given.split_once('=').map_or((None, given.as_str()), |(n, p)| (Some(n.to_owned()), p));
        let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
        let file = dockerfile::read(&text);
        let Some(name) = name.or_else(|| dockerfile::image_name(path, &file)) else {
            bail!("{path}: the image has no name: give --dockerfile NAME={path}, or write `# image: NAME` into its first line");
        };
        let folder = Path::new(path).parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let copies = file.instructions.iter().any(|i| matches!(i.word.as_str(), "COPY" | "ADD"));
        let context = if copies { files_below(folder)? } else { Context::new() };
        let built = dockerfile::build(&catalogue, &file, &context, &[]);
        for note in &built.notes {
            let word = match note.gravity {
                Gravity::Error => "error",
                Gravity::Warning => "warning",
                Gravity::Advice => "note",
            };
            eprintln!("{path}:{}:{}: {word}: {}", note.line, note.column, note.message);
            if let Some(help) = note.help {
                eprintln!("    {help}");
            }
        }
        match built.image {
            Some(image) => Rc::make_mut(&mut catalogue).define(&name, image),
            None => bail!("{path}: the image {name} could not be built"),
        }
    }
    Ok(catalogue)
}

/// Every file below a folder, by its path from there.
fn files_below(folder: &Path) -> anyhow::Result<Context> {
    let mut out = Context::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(dir) = todo.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&dir).with_context(|| dir.display().to_string())?.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !matches!(name.to_str(), Some(".git" | "target" | "node_modules")) {
                todo.push(path);
            } else if kind.is_file() && out.len() < MOST.0 && entry.metadata().is_ok_and(|m| m.len() <= MOST.1) {
                let short = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                out.insert(short, std::fs::read(&path).with_context(|| path.display().to_string())?);
            }
        }
    }
    Ok(out)
}
