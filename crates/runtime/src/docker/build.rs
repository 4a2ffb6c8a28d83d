//! `docker build`, `images`, `pull`, `rmi`.

use super::{Answer, Stored, options::Options, run::short, table};
use crate::{
    Runtime,
    dockerfile::{self, Context, Gravity},
    runtime::{canonical, digest},
};
use std::rc::Rc;

/// Where the times of a build stand.
const WIDTH: usize = 84;

impl Runtime {
    pub(super) fn docker_build(&mut self, args: &[String], context: &Context) -> Answer {
        let options = match Options::read(
            args,
            "tag file build-arg target platform progress label network cache-from output",
            "quiet no-cache pull rm force-rm load push",
            true,
        ) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let Some(place) = options.rest.first() else {
            return Answer::failed(1, "ERROR: docker: 'docker buildx build' requires 1 argument\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n");
        };
        let folder = place.trim_start_matches("./").trim_end_matches(['/', '.']).to_owned();
        let below = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        let file_name = options.value("file").map_or_else(|| below("Dockerfile"), |f| f.trim_start_matches("./").to_owned());
        let Some(text) = context.get(&file_name).map(|t| String::from_utf8_lossy(t).into_owned()) else {
            let mut text = head(0.0, 1, 1, "ERROR");
            text.push_str(&line(" => [internal] load build definition from Dockerfile", 0));
            text.push_str(&format!(
                "ERROR: failed to build: failed to solve: failed to read dockerfile: open {}: no such file or directory\n",
                file_name.rsplit('/').next().unwrap_or_default()
            ));
            return Answer::failed(1, text);
        };
        let file = dockerfile::read(&text);
        let files: Context = context
            .iter()
            .filter(|(path, _)| **path != file_name)
            .filter_map(|(path, data)| {
                Some((if folder.is_empty() { path.as_str() } else { path.strip_prefix(&folder)?.strip_prefix('/')? }.to_owned(), data.clone()))
            })
            .collect();
        let build_args: Vec<(String, String)> =
            options.values("build-arg").into_iter().filter_map(|a| a.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let built = dockerfile::build(self.catalogue(), &file, &files, &build_args);
        let total = built.steps.len() + 4;
        let took: u64 = built.steps.iter().map(|s| s.took).sum();
        let mut out = head(took as f64 / 1000.0 + 0.1, total, total, if built.image.is_some() { "FINISHED" } else { "ERROR" });
        out.push_str(&line(&format!(" => [internal] load build definition from {}", file_name.rsplit('/').next().unwrap_or_default()), 0));
        out.push_str(&line(&format!(" => => transferring dockerfile: {}B", text.len()), 0));
        if !built.base.is_empty() {
            out.push_str(&line(&format!(" => [internal] load metadata for {}", built.base), 0));
        }
        out.push_str(&line(" => [internal] load .dockerignore", 0));
        out.push_str(&line(" => => transferring context: 2B", 0));
        for step in &built.steps {
            out.push_str(&line(&format!(" => {}", step.title.replace('\n', " ")), step.took));
        }
        let notes = |gravity: Gravity| built.notes.iter().filter(move |n| n.gravity == gravity);
        let Some(image) = built.image else {
            if let Some(step) = built.steps.last().filter(|s| !s.output.is_empty()) {
                out.push_str(&format!("------\n > {}:\n{}------\n", step.title, step.output));
            }
            for note in notes(Gravity::Error) {
                let source = text.lines().nth(note.line - 1).unwrap_or_default();
                out.push_str(&format!(
                    "{}:{}:{}\n--------------------\n{:>4} | >>> {source}\n--------------------\nERROR: failed to build: failed to solve: {}\n",
                    file_name, note.line, note.column, note.line, note.message
                ));
            }
            return Answer::failed(1, out);
        };
        let names: Vec<String> = options.values("tag").into_iter().map(str::to_owned).collect();
        let names = if names.is_empty() { dockerfile::image_name(&file_name, &file).into_iter().collect() } else { names };
        out.push_str(&line(" => exporting to image", 0));
        out.push_str(&line(" => => exporting layers", 0));
        let id = digest(&format!("{}{text}", built.base));
        out.push_str(&line(&format!(" => => writing image {id}"), 0));
        let mut catalogue = (**self.catalogue()).clone();
        for name in &names {
            out.push_str(&line(&format!(" => => naming to {}", canonical(name)), 0));
            catalogue.define(name, image.clone());
            let reference: Rc<str> = short(&canonical(name)).into();
            self.engine.images.retain(|i| i.reference != reference);
            self.engine.images.push(Stored { reference, created: self.now(), built: true });
        }
        self.set_catalogue(Rc::new(catalogue));
        for note in notes(Gravity::Warning).chain(notes(Gravity::Advice)) {
            out.push_str(&format!("(line {}: {})\n", note.line, note.message));
        }
        if names.is_empty() {
            out.push_str("(the image has no name: build it with -t NAME to run it)\n");
        }
        Answer::said(if options.has("quiet") { format!("{id}\n") } else { out })
    }

    pub(super) fn docker_images(&mut self, args: &[String]) -> Answer {
        let options = match Options::read(args, "filter format", "all quiet no-trunc digests", true) {
            Ok(options) => options,
            Err(why) => return Answer::failed(125, why),
        };
        let now = self.now();
        let mut rows = vec![["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"].map(str::to_owned).to_vec()];
        let mut ids = String::new();
        for stored in self.engine.images.iter().rev() {
            let (name, tag) = stored.reference.rsplit_once(':').unwrap_or((&stored.reference, "latest"));
            if options.rest.first().is_some_and(|only| only != name) {
                continue;
            }
            let facts = self.image(&stored.reference);
            let id = facts.digest.get(7..19).unwrap_or_default().to_owned();
            ids.push_str(&format!("{id}\n"));
            let created = if stored.built { format!("{} ago", table::ago(stored.created, now)) } else { "2 weeks ago".into() };
            rows.push(vec![name.to_owned(), tag.to_owned(), id, created, table::size(facts.size)]);
        }
        Answer::said(if options.has("quiet") { ids } else { table::table(&rows) })
    }

    pub(super) fn docker_pull(&mut self, args: &[String]) -> Answer {
        let Some(image) = args.iter().find(|a| !a.starts_with('-')) else { return Answer::failed(1, "docker: 'docker pull' requires 1 argument\n") };
        let canonical = self.image(image).canonical;
        let text = self.fetch(image, false);
        let text = if text.is_empty() { format!("Status: Image is up to date for {}\n", short(&canonical)) } else { text };
        Answer::said(format!("{text}{canonical}\n"))
    }

    pub(super) fn docker_rmi(&mut self, args: &[String]) -> Answer {
        let mut answer = Answer::default();
        for name in args.iter().filter(|a| !a.starts_with('-')) {
            let reference = short(&canonical(name));
            let used = self.engine.containers.iter().find(|c| short(&canonical(&c.image)) == reference);
            let known = self.engine.images.iter().any(|i| *i.reference == *reference);
            match used {
                _ if !known => answer.text.push_str(&format!("Error response from daemon: No such image: {reference}\n")),
                Some(c) => {
                    let id = c.hex.get(..12).unwrap_or_default();
                    answer.text.push_str(&format!("Error response from daemon: conflict: unable to remove repository reference \"{name}\" (must force) - container {id} is using its referenced image\n"));
                }
                None => {
                    self.engine.images.retain(|i| *i.reference != *reference);
                    answer.text.push_str(&format!("Untagged: {reference}\n"));
                    continue;
                }
            }
            answer.code = 1;
        }
        answer
    }
}

fn head(seconds: f64, done: usize, total: usize, word: &str) -> String {
    format!("[+] Building {seconds:.1}s ({done}/{total}) {word}\n")
}

/// A line of the build with its time at the right.
fn line(text: &str, took: u64) -> String {
    let time = format!("{:.1}s", took as f64 / 1000.0);
    format!("{text:<WIDTH$} {time:>6}\n")
}
