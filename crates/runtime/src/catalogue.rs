//! What images hold and do.

use crate::program::Flavour;
use std::{collections::BTreeMap, rc::Rc};

/// All images the simulation knows.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// By name without registry `docker.io`, `library/` and tag: `nginx`, `bitnami/kubectl`, `registry.k8s.io/pause`.
    pub images: BTreeMap<String, Rc<Image>>,
}

impl Catalogue {
    /// The image a reference names; `None` where the catalogue does not know it.
    pub fn find(&self, reference: &str) -> Option<Rc<Image>> {
        self.images.get(&short_name(reference)).cloned()
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
