//! What images hold and do.
//!
//! The data is YAML in `static/catalogue`: `bases.yaml` (which programs a distribution has) and one
//! file a field of images. [`Catalogue::builtin`] reads it.

use crate::{fs::Tree, program::Flavour};
use serde::Deserialize;
use std::{collections::BTreeMap, rc::Rc};

/// The embedded files with images.
const FILES: &[&str] = &[
    include_str!("../../../static/catalogue/bases.yaml"),
    include_str!("../../../static/catalogue/servers.yaml"),
    include_str!("../../../static/catalogue/courses.yaml"),
    include_str!("../../../static/catalogue/platform.yaml"),
];

/// All images the simulation knows.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By name without registry `docker.io`, `library/` and tag: `nginx`, `bitnami/kubectl`, `registry.k8s.io/pause`.
    pub images: BTreeMap<String, Rc<Image>>,
}

impl Catalogue {
    /// The catalogue that comes with the program. A mistake in the data leaves images out; a test keeps it free of them.
    pub fn builtin() -> Catalogue {
        let mut catalogue = Catalogue::default();
        let mut bases = BTreeMap::new();
        for text in FILES {
            if let Ok(file) = serde_yaml::from_str::<File>(text) {
                catalogue.add(file, &mut bases);
            }
        }
        catalogue
    }

    /// The [`builtin`](Catalogue::builtin) catalogue, read once a thread.
    pub fn shared() -> Rc<Catalogue> {
        thread_local!(static SHARED: Rc<Catalogue> = Rc::new(Catalogue::builtin()));
        SHARED.with(Rc::clone)
    }

    /// What an unknown image is taken for: a Debian system whose own program is assumed.
    pub fn unknown(&self) -> Rc<Image> {
        let base = self.find("debian");
        Rc::new(Image { assumed: true, size: 50_000_000, cmd: Vec::new(), entrypoint: Vec::new(), ..base.map(|b| (*b).clone()).unwrap_or_default() })
    }

    fn add(&mut self, file: File, bases: &mut BTreeMap<String, Base>) {
        for (name, mut base) in file.bases {
            if let Some(parent) = base.from.as_ref().and_then(|f| bases.get(f)) {
                let mut merged = parent.clone();
                merged.programs.append(&mut base.programs);
                merged.files.append(&mut base.files);
                merged.links.append(&mut base.links);
                merged.modes.append(&mut base.modes);
                merged.directories.append(&mut base.directories);
                base = Base { flavour: base.flavour.or(parent.flavour), all_programs: base.all_programs || parent.all_programs, ..merged };
            }
            bases.insert(name, base);
        }
        for entry in file.images {
            let image = Rc::new(entry.image(bases));
            for name in entry.names {
                self.images.insert(name, image.clone());
            }
        }
    }

    /// The image a reference names; `None` where the catalogue does not know it.
    pub fn find(&self, reference: &str) -> Option<Rc<Image>> {
        let name = short_name(reference);
        // The user's own images may have tags.
        let tagged = tag(reference).and_then(|tag| self.images.get(&format!("{name}:{tag}")));
        tagged.or_else(|| self.images.get(&name)).cloned()
    }

    /// Adds an image of the user's own, or replaces one. A name without a tag (or with `latest`) stands for every tag.
    pub fn define(&mut self, reference: &str, image: Rc<Image>) {
        let name = short_name(reference);
        match tag(reference).filter(|t| *t != "latest") {
            Some(tag) => self.images.insert(format!("{name}:{tag}"), image),
            None => self.images.insert(name, image),
        };
    }
}

/// `docker.io/library/nginx:1.27@sha256:…` → `nginx`.
pub fn short_name(reference: &str) -> String {
    let name = reference.split('@').next().unwrap_or(reference);
    let name = match name.rfind(':') {
        Some(i) if !name[i..].contains('/') => &name[..i],
        _ => name,
    };
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name).to_owned()
}

/// The tag of a reference; none where it has a digest.
fn tag(reference: &str) -> Option<&str> {
    reference.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/') && !reference.contains('@'))
}

/// What is known of an image.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// ENTRYPOINT.
    pub entrypoint: Vec<String>,
    /// CMD.
    pub cmd: Vec<String>,
    /// ENV.
    pub env: Vec<(String, String)>,
    /// WORKDIR; empty for `/`.
    pub workdir: String,
    /// USER: a number, a name, or empty for root.
    pub user: String,
    /// EXPOSE.
    pub ports: Vec<u16>,
    /// Files on top of nothing: the whole sparse tree, programs included.
    pub files: Vec<ImageFile>,
    /// STOPSIGNAL.
    pub stop_signal: Option<String>,
    /// Size in bytes.
    pub size: u64,
    /// Whose programs it has.
    pub flavour: Flavour,
    /// Name and parameters of the behaviour behind the image's own program.
    pub behaviour: BTreeMap<String, String>,
    /// What it does is an assumption.
    pub assumed: bool,
    /// The tags the registry of the recorded node has; empty: it has none of them.
    pub recorded_tags: Vec<String>,
    /// The files of an image that was built; they stand for `files`.
    pub(crate) tree: Option<Rc<Tree>>,
}

/// A path in an image.
#[derive(Clone, Debug)]
pub struct ImageFile {
    /// Absolute path; parents are made as directories (0755).
    pub path: String,
    /// What it is.
    pub content: ImageContent,
    /// Permission bits; 0 means 0755 for directories and programs, 0644 for files.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
}

/// What a path in an image is.
#[derive(Clone, Debug)]
pub enum ImageContent {
    /// A directory.
    Directory,
    /// A file.
    File(Rc<Vec<u8>>),
    /// A symbolic link.
    Link(String),
    /// A program, by the name [`crate::programs::load`] knows it by.
    Program(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bases: indexed::Bases,
    #[serde(default)]
    images: Vec<Entry>,
}

/// Bases in the order of the file, because one may stand on another.
mod indexed {
    use super::Base;
    use serde::{Deserialize, Deserializer, de::MapAccess, de::Visitor};

    #[derive(Default)]
    pub(super) struct Bases(Vec<(String, Base)>);

    impl IntoIterator for Bases {
        type Item = (String, Base);
        type IntoIter = std::vec::IntoIter<(String, Base)>;
        fn into_iter(self) -> Self::IntoIter {
            self.0.into_iter()
        }
    }

    impl<'de> Deserialize<'de> for Bases {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visit;
            impl<'de> Visitor<'de> for Visit {
                type Value = Bases;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a map of bases")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bases, A::Error> {
                    let mut list = Vec::new();
                    while let Some(entry) = map.next_entry()? {
                        list.push(entry);
                    }
                    Ok(Bases(list))
                }
            }
            deserializer.deserialize_map(Visit)
        }
    }
}

/// What a distribution holds.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Base {
    /// The base it extends.
    from: Option<String>,
    flavour: Option<Flavour>,
    /// Every program we know by a plain name is there (busybox).
    all_programs: bool,
    /// Where `programs` without a slash lie.
    bin: Option<String>,
    /// Programs, separated by blanks: names, or absolute paths with an optional `=NAME`.
    programs: Vec<String>,
    files: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
    directories: Vec<String>,
    /// Permission bits by path, octal.
    modes: BTreeMap<String, String>,
    /// Owners by path: `UID:GID`.
    owners: BTreeMap<String, String>,
}

/// An image as the files write it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    names: Vec<String>,
    base: String,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    env: Vec<String>,
    workdir: String,
    user: String,
    ports: Vec<u16>,
    stop_signal: Option<String>,
    /// Megabytes.
    size: f64,
    programs: Vec<String>,
    files: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
    directories: Vec<String>,
    modes: BTreeMap<String, String>,
    owners: BTreeMap<String, String>,
    behaviour: BTreeMap<String, String>,
    recorded_tags: Vec<String>,
    assumed: bool,
}

impl Entry {
    fn image(&self, bases: &BTreeMap<String, Base>) -> Image {
        let base = bases.get(&self.base).cloned().unwrap_or_default();
        let bin = base.bin.clone().unwrap_or_else(|| "/bin".to_owned());
        let mut files: BTreeMap<String, ImageContent> = BTreeMap::new();
        if base.all_programs {
            for name in crate::programs::names().filter(|n| crate::programs::in_busybox(n)) {
                files.insert(format!("{bin}/{name}"), ImageContent::Program(name.to_owned()));
            }
        }
        for program in base.programs.iter().chain(&self.programs).flat_map(|p| p.split_whitespace()) {
            let (path, name) = match program.split_once('=') {
                Some((path, name)) => (path.to_owned(), name.to_owned()),
                None if program.starts_with('/') => (program.to_owned(), program.rsplit('/').next().unwrap_or(program).to_owned()),
                None => (format!("{bin}/{program}"), program.to_owned()),
            };
            files.insert(path, ImageContent::Program(name));
        }
        for path in base.directories.iter().chain(&self.directories) {
            files.insert(path.clone(), ImageContent::Directory);
        }
        for (path, target) in base.links.iter().chain(&self.links) {
            files.insert(path.clone(), ImageContent::Link(target.clone()));
        }
        for (path, text) in base.files.iter().chain(&self.files) {
            files.insert(path.clone(), ImageContent::File(Rc::new(text.clone().into_bytes())));
        }
        let mode = |path: &str| self.modes.get(path).or_else(|| base.modes.get(path)).and_then(|m| u32::from_str_radix(m, 8).ok()).unwrap_or(0);
        let owner = |path: &str| {
            let text = self.owners.get(path).or_else(|| base.owners.get(path));
            text.and_then(|t| t.split_once(':')).and_then(|(u, g)| Some((u.parse().ok()?, g.parse().ok()?))).unwrap_or((0, 0))
        };
        Image {
            entrypoint: self.entrypoint.clone(),
            cmd: self.cmd.clone(),
            env: self.env.iter().filter_map(|e| e.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            workdir: self.workdir.clone(),
            user: self.user.clone(),
            ports: self.ports.clone(),
            files: files.into_iter().map(|(path, content)| ImageFile { mode: mode(&path), owner: owner(&path), path, content }).collect(),
            stop_signal: self.stop_signal.clone(),
            size: (self.size * 1_000_000.0) as u64,
            flavour: base.flavour.unwrap_or_default(),
            behaviour: self.behaviour.clone(),
            assumed: self.assumed,
            recorded_tags: self.recorded_tags.clone(),
            tree: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_has_no_mistakes() {
        for text in FILES {
            if let Err(error) = serde_yaml::from_str::<File>(text) {
                panic!("{error} in {}", text.lines().next().unwrap_or(""));
            }
        }
        let catalogue = Catalogue::builtin();
        assert!(catalogue.images.len() >= 60, "{} images", catalogue.images.len());
        let shells = ["sh", "bash", "dash", "busybox"];
        let mut unknown: Vec<String> = Vec::new();
        for (name, image) in &catalogue.images {
            for file in &image.files {
                if let ImageContent::Program(program) = &file.content
                    && !shells.contains(&program.as_str())
                    && crate::programs::load(program, &[Rc::from(program.as_str())]).is_none()
                {
                    unknown.push(format!("{name}: {program}"));
                }
            }
        }
        unknown.sort();
        unknown.dedup();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
