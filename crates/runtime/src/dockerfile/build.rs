//! Does what a Dockerfile says, on virtual time of its own.

use super::{Context, Dockerfile, Gravity, Instruction, Note, copy, words};
use crate::{
    ContainerConfig, Runtime, SandboxConfig, SimTime,
    catalogue::{Catalogue, Image},
    fs::{Author, Node, ROOT, Tree},
    runtime::{canonical, frozen_tree},
    sh,
};
use std::{net::Ipv4Addr, rc::Rc};

/// The longest a `RUN` may take, in milliseconds of virtual time.
const LIMIT: u64 = 120_000;
/// The name a stage's image has while it is built.
const STAGE: &str = "podglass.build/stage";

/// A line of what `docker build` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `[2/3] RUN echo hi`.
    pub title: String,
    /// What it printed.
    pub output: String,
    /// How long it took, in milliseconds of virtual time.
    pub took: u64,
}

/// What a build came to.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The image; `None` where the build failed.
    pub image: Option<Rc<Image>>,
    /// The full reference of the last image that is not built here.
    pub base: String,
    /// What was done.
    pub steps: Vec<Step>,
    /// What is to be said: of the text, and of what happened while it was built.
    pub notes: Vec<Note>,
}

/// Why an instruction failed.
pub(super) type Failure = String;

/// A stage of the build.
pub(super) struct Stage {
    name: Option<String>,
    pub(super) image: Image,
    shell: Vec<String>,
    cmd_set: bool,
    args: Vec<(String, String)>,
}

impl Stage {
    /// The files as they are now.
    pub(super) fn tree(&self) -> Rc<Tree> {
        frozen_tree(&self.image)
    }
    /// Puts a layer over them.
    pub(super) fn put_layer(&mut self, mut tree: Tree) {
        tree.become_image();
        self.image.size += tree.used();
        self.image.tree = Some(Rc::new(tree));
    }
    /// A variable: `ENV` wins over `ARG`.
    pub(super) fn lookup(&self, name: &str) -> Option<String> {
        let find = |list: &[(String, String)]| list.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.clone());
        find(&self.image.env).or_else(|| find(&self.args))
    }
    /// A path, from the working directory.
    pub(super) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.image.workdir.trim_end_matches('/')) }
    }
    /// The exec form as it stands, the shell form behind the shell.
    fn command(&self, args: &str) -> Vec<String> {
        words::exec_form(args).unwrap_or_else(|| self.shell.iter().cloned().chain([args.to_owned()]).collect())
    }
}

/// Builds the image. `build_args` are those of `--build-arg`; files of the text win over those of `context`.
pub fn build(catalogue: &Rc<Catalogue>, file: &Dockerfile, context: &Context, build_args: &[(String, String)]) -> Built {
    let mut built = Built { notes: file.notes.clone(), ..Built::default() };
    if file.has_errors() {
        return built;
    }
    let mut files = context.clone();
    files.extend(file.files.iter().map(|(k, v)| (k.clone(), v.clone())));
    let mut builder = Builder { catalogue, files, build_args, globals: Vec::new(), stages: Vec::new(), base: String::new(), notes: Vec::new() };
    // Steps are counted within their stage, which has a name where there are several.
    let stages: Vec<(String, usize)> = file
        .instructions
        .split(|i| i.word == "FROM")
        .skip(1)
        .zip(file.instructions.iter().filter(|i| i.word == "FROM"))
        .enumerate()
        .map(|(n, (own, from))| {
            let name = from.args.split_whitespace().nth(2).map_or_else(|| format!("stage-{n}"), str::to_owned);
            (name, 1 + own.iter().filter(|i| is_step(i)).count())
        })
        .collect();
    let mut at = 0;
    for i in &file.instructions {
        builder.notes.clear();
        let done = builder.instruction(i);
        built.notes.extend(builder.notes.drain(..).map(|(gravity, text)| file.note(i.start, i.end, gravity, text, None)));
        let (output, took, failed) = match done {
            Ok((output, took)) => (output, took, None),
            Err((output, why)) => (output, 0, Some(why)),
        };
        if is_step(i) {
            at = if i.word == "FROM" { 1 } else { at + 1 };
            let (stage, total) = builder.stages.len().checked_sub(1).and_then(|n| stages.get(n)).map_or(("", at), |(s, n)| (s.as_str(), *n));
            let stage = if stages.len() > 1 { format!("{stage} ") } else { String::new() };
            let flags = i.flags.iter().fold(String::new(), |text, (k, v)| text + "--" + k + "=" + v + " ");
            let what = if i.word == "FROM" { builder.base.clone() } else { i.args.clone() };
            built.steps.push(Step { title: format!("[{stage}{at}/{total}] {} {flags}{what}", i.word), output, took });
        }
        if let Some(why) = failed {
            built.notes.push(file.note(i.start, i.end, Gravity::Error, why, None));
            built.notes.sort_by_key(|n| n.start);
            return built;
        }
        if i.word == "FROM" && !builder.base.is_empty() && builder.base.contains('/') {
            built.base.clone_from(&builder.base);
        }
    }
    built.notes.sort_by_key(|n| n.start);
    // Who says what an image starts leaves nothing to assume.
    let says = file.instructions.iter().any(|i| matches!(i.word.as_str(), "CMD" | "ENTRYPOINT"));
    built.image = builder.stages.pop().map(|s| Rc::new(Image { assumed: s.image.assumed && !says, ..s.image }));
    built
}

/// Whether `docker build` shows it as a step.
fn is_step(i: &Instruction) -> bool {
    matches!(i.word.as_str(), "FROM" | "RUN" | "COPY" | "ADD" | "WORKDIR")
}

pub(super) struct Builder<'a> {
    catalogue: &'a Rc<Catalogue>,
    pub(super) files: Context,
    build_args: &'a [(String, String)],
    /// `ARG` before the first `FROM`.
    globals: Vec<(String, String)>,
    stages: Vec<Stage>,
    /// What the last `FROM` named: a stage, `scratch`, or the full reference of an image.
    base: String,
    pub(super) notes: Vec<(Gravity, String)>,
}

/// What an instruction printed and how long it took, or what it printed and why it failed.
type Done = Result<(String, u64), (String, Failure)>;

impl Builder<'_> {
    fn instruction(&mut self, i: &Instruction) -> Done {
        let quiet = |r: Result<(), Failure>| r.map(|()| (String::new(), 0)).map_err(|why| (String::new(), why));
        match i.word.as_str() {
            "FROM" => quiet(self.from(i)),
            "ARG" => quiet(self.arg(i)),
            _ => {
                let Some(mut stage) = self.stages.pop() else { return quiet(Err("no build stage in current context".into())) };
                let done = if i.word == "RUN" { self.run(&mut stage, i) } else { quiet(self.change(&mut stage, i)) };
                self.stages.push(stage);
                done
            }
        }
    }

    fn from(&mut self, i: &Instruction) -> Result<(), Failure> {
        let globals = self.globals.clone();
        let lookup = |name: &str| globals.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.clone());
        let words = words::split(&i.args, &lookup)?;
        let wanted = words.first().cloned().filter(|w| !w.is_empty()).ok_or_else(|| format!("base name ({}) should not be blank", i.args))?;
        let name = words.get(2).map(|n| n.to_ascii_lowercase());
        let own = wanted == "scratch" || self.stages.iter().any(|s| s.name.as_deref() == Some(&wanted.to_ascii_lowercase()));
        self.base = if own { wanted.clone() } else { canonical(&wanted) };
        let image = self.image(&wanted);
        self.stages.push(Stage { name, image, shell: vec!["/bin/sh".into(), "-c".into()], cmd_set: false, args: Vec::new() });
        Ok(())
    }

    /// An earlier stage, an image of the catalogue, `scratch`, or one nobody knows.
    fn image(&mut self, wanted: &str) -> Image {
        if let Some(stage) = self.stages.iter().find(|s| s.name.as_deref() == Some(&wanted.to_ascii_lowercase())) {
            return stage.image.clone();
        }
        if wanted == "scratch" {
            return Image::default();
        }
        self.catalogue.find(wanted).map_or_else(
            || {
                self.notes.push((Gravity::Advice, format!("What the image {wanted} holds is not known: it is taken for Debian (an assumption)")));
                (*self.catalogue.unknown()).clone()
            },
            |image| (*image).clone(),
        )
    }

    /// The files of `COPY --from=`.
    pub(super) fn source(&mut self, from: &str) -> Rc<Tree> {
        let by_number = from.parse::<usize>().ok().and_then(|n| self.stages.get(n));
        match by_number {
            Some(stage) => stage.tree(),
            None => frozen_tree(&self.image(from)),
        }
    }

    fn arg(&mut self, i: &Instruction) -> Result<(), Failure> {
        for word in words::split(&i.args, &|n| self.stages.last().and_then(|s| s.lookup(n)))? {
            let (name, default) = word.split_once('=').map_or((word.as_str(), None), |(n, d)| (n, Some(d.to_owned())));
            let given = self.build_args.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.clone());
            let global = self.globals.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.clone());
            if let Some(value) = given.or(default).or(global) {
                self.stages.last_mut().map_or(&mut self.globals, |s| &mut s.args).push((name.to_owned(), value));
            }
        }
        Ok(())
    }

    fn change(&mut self, stage: &mut Stage, i: &Instruction) -> Result<(), Failure> {
        let split = |stage: &Stage| words::split(&i.args, &|n| stage.lookup(n));
        match i.word.as_str() {
            "ENV" => {
                for (k, v) in words::pairs(&i.args, "ENV", &|n| stage.lookup(n))? {
                    match stage.image.env.iter_mut().find(|(key, _)| *key == k) {
                        Some(slot) => slot.1 = v,
                        None => stage.image.env.push((k, v)),
                    }
                }
            }
            "LABEL" => drop(words::pairs(&i.args, "LABEL", &|n| stage.lookup(n))?),
            "CMD" => {
                stage.image.cmd = if i.args.is_empty() { Vec::new() } else { stage.command(&i.args) };
                stage.cmd_set = true;
            }
            "ENTRYPOINT" => {
                stage.image.entrypoint = stage.command(&i.args);
                // What the base image's CMD says belongs to the base image's ENTRYPOINT.
                if !stage.cmd_set {
                    stage.image.cmd.clear();
                }
            }
            "WORKDIR" => {
                let path = split(stage)?.join(" ");
                let path = stage.absolute(&path);
                stage.image.workdir = tidy(&path);
                self.make_dir(stage, &path)?;
            }
            "VOLUME" => {
                for path in words::exec_form(&i.args).map_or_else(|| split(stage), Ok)? {
                    let path = stage.absolute(&path);
                    self.make_dir(stage, &path)?;
                }
            }
            "USER" => stage.image.user = split(stage)?.join(" "),
            "STOPSIGNAL" => {
                let name = split(stage)?.join(" ");
                if crate::programs::processes::signal(&name).is_none() {
                    return Err(format!("invalid signal: {name}"));
                }
                stage.image.stop_signal = Some(name);
            }
            "SHELL" => stage.shell = words::exec_form(&i.args).unwrap_or_default(),
            "EXPOSE" => {
                for word in split(stage)? {
                    let (range, protocol) = word.split_once('/').unwrap_or((&word, "tcp"));
                    let (from, to) = range.split_once('-').unwrap_or((range, range));
                    let (Ok(from), Ok(to)) = (from.parse::<u16>(), to.parse::<u16>()) else { return Err(format!("invalid containerPort: {word}")) };
                    for port in (from..=to).filter(|_| protocol.eq_ignore_ascii_case("tcp")).take(1000) {
                        if !stage.image.ports.contains(&port) {
                            stage.image.ports.push(port);
                        }
                    }
                }
            }
            "COPY" | "ADD" => copy::copy(self, stage, i)?,
            _ => {}
        }
        Ok(())
    }

    fn make_dir(&mut self, stage: &mut Stage, path: &str) -> Result<(), Failure> {
        let mut tree = Tree::over(stage.tree());
        let path = copy::real(&tree, path);
        tree.make_dirs(&path, 0o755, Author::system(SimTime::ZERO)).map_err(|e| format!("mkdir {path}: {}", e.text().to_lowercase()))?;
        stage.put_layer(tree);
        Ok(())
    }

    fn run(&mut self, stage: &mut Stage, i: &Instruction) -> Done {
        let script = match i.heredocs.first() {
            Some(doc) if i.args.starts_with("<<") => doc.body.clone(),
            _ => i.heredocs.iter().fold(i.args.clone(), |text, doc| format!("{text}\n{}{}\n", doc.body, doc.name)),
        };
        let argv = stage.command(&script);
        let mut catalogue = (**self.catalogue).clone();
        catalogue.define(STAGE, Rc::new(Image { entrypoint: Vec::new(), ..stage.image.clone() }));
        let mut runtime = Runtime::new(Rc::new(catalogue), 1, sh::EPOCH);
        let sandbox = runtime.create_sandbox(SimTime::ZERO, SandboxConfig::alone("buildkitsandbox", Ipv4Addr::new(172, 17, 0, 2)));
        let env = stage.args.iter().filter(|(k, _)| !stage.image.env.iter().any(|(e, _)| e == k)).cloned().collect();
        let config = ContainerConfig { name: "build".into(), image: STAGE.into(), command: argv.clone(), env, ..ContainerConfig::default() };
        let named = argv.join(" ");
        let failed = |output: String, code: i32| {
            let shown = named.replace('\n', " ");
            (output, format!("process \"{shown}\" did not complete successfully: exit code: {code}"))
        };
        let container = match runtime.start_with_files(SimTime::ZERO, sandbox, config, &[]) {
            Ok(container) => container,
            Err(error) => return Err((String::new(), error.message)),
        };
        let (code, assumed) = sh::to_end(&mut runtime, container, LIMIT);
        let output = String::from_utf8_lossy(&runtime.raw_output(container)).into_owned();
        self.notes.extend(assumed.into_iter().map(|text| (Gravity::Advice, format!("{text} (an assumption)"))));
        match code {
            Some(0) => {}
            Some(code) => {
                let (output, mut why) = failed(output, code);
                if let Some(last) = output.lines().last() {
                    why = format!("{why}: {last}");
                }
                return Err((output, why));
            }
            None => return Err((output, format!("{named:?} did not end within {} virtual minutes", LIMIT / 60_000))),
        }
        let took = runtime.now().0;
        if let Some(layer) = runtime.take_layer(container) {
            stage.put_layer(layer);
        }
        Ok((output, took))
    }
}

/// A path without `.`, `..` and double slashes.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Puts a file at a path that has no links any more.
pub(super) fn put(tree: &mut Tree, path: &str, node: Node, mode: u32, owner: (u32, u32)) -> Result<(), Failure> {
    let author = Author { uid: owner.0, gid: owner.1, ..Author::system(SimTime::ZERO) };
    let is_dir = matches!(node, Node::Dir(_));
    let ino = tree.put(path, node, mode, author).map_err(|e| format!("cannot copy to {path}: {}", e.text().to_lowercase()))?;
    if ino != ROOT && !is_dir && tree.is_dir(ino) {
        return Err(format!("cannot copy to non-directory: {path} is a directory"));
    }
    Ok(())
}
