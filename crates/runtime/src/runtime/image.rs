//! Images: what the registry says of them, and the tree of files they begin with.
#![expect(clippy::format_push_string, reason = "once an image")]

use crate::{
    ImageFacts, ProjectedFile, SimTime,
    catalogue::{Catalogue, Image, ImageContent},
    fs::{Author, Device, Node, ROOT, Tree},
    kernel::load::program_file,
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// Fills in registry, repository and tag.
pub(crate) fn canonical(reference: &str) -> String {
    let (name, digest) = match reference.split_once('@') {
        Some((n, d)) => (n, Some(d)),
        None => (reference, None),
    };
    let (name, tag) = match name.rfind(':') {
        Some(i) if !name[i..].contains('/') => (&name[..i], Some(&name[i + 1..])),
        _ => (name, None),
    };
    let first = name.split('/').next().unwrap_or("");
    let full = if name.contains('/') && (first.contains('.') || first.contains(':') || first == "localhost") {
        name.to_owned()
    } else if name.contains('/') {
        format!("docker.io/{name}")
    } else {
        format!("docker.io/library/{name}")
    };
    match (tag, digest) {
        (_, Some(digest)) => format!("{full}@{digest}"),
        (Some(tag), None) => format!("{full}:{tag}"),
        (None, None) => format!("{full}:latest"),
    }
}

/// A digest made from text: stable, and looks like one.
pub(crate) fn digest(text: &str) -> String {
    let mut rng = fastrand::Rng::with_seed(text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)));
    let mut out = String::from("sha256:");
    for _ in 0..4 {
        out.push_str(&format!("{:016x}", rng.u64(..)));
    }
    out
}

pub(super) fn facts(catalogue: &Catalogue, reference: &str) -> ImageFacts {
    let found = catalogue.find(reference);
    let canonical = canonical(reference);
    ImageFacts {
        exists: true,
        assumed: found.as_ref().is_none_or(|i| i.assumed),
        size: found.as_ref().map_or(50_000_000, |i| i.size),
        digest: digest(&canonical),
        user: found.as_ref().map(|i| i.user.clone()).unwrap_or_default(),
        stop_signal: found.as_ref().and_then(|i| i.stop_signal.clone()),
        canonical,
    }
}

/// The files of an image with what every container has: `/dev`, `/proc`, `/sys`, places for mounts.
fn tree(image: &Image) -> Tree {
    let author = Author::system(SimTime::ZERO);
    let mut tree = Tree::new(SimTime::ZERO, 0o755);
    for dir in ["dev", "dev/shm", "dev/pts", "dev/mqueue", "proc", "sys", "etc", "tmp", "root", "var", "var/run", "home", "usr", "bin"] {
        // Merged systems have `/bin` as a link.
        if image.files.iter().any(|f| f.path.trim_start_matches('/') == dir && matches!(f.content, ImageContent::Link(_))) {
            continue;
        }
        let mode = match dir {
            "tmp" | "dev/shm" | "dev/mqueue" => 0o1777,
            "root" => 0o700,
            "proc" | "sys" => 0o555,
            _ => 0o755,
        };
        let _ = tree.put(dir, Node::Dir(BTreeMap::new()), mode, author);
    }
    for (name, device) in
        [("null", Device::Null), ("zero", Device::Zero), ("full", Device::Full), ("random", Device::Random), ("urandom", Device::Random), ("tty", Device::Tty)]
    {
        let _ = tree.put(&format!("dev/{name}"), Node::Device(device), 0o666, author);
    }
    for (name, target) in [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")] {
        let _ = tree.put(&format!("dev/{name}"), Node::Link(target.into()), 0o777, author);
    }
    for name in ["etc/hosts", "etc/hostname", "etc/resolv.conf"] {
        let _ = tree.put(name, Node::File(Rc::default()), 0o644, author);
    }
    let _ = tree.put("etc/mtab", Node::Link("/proc/mounts".into()), 0o777, author);
    for file in &image.files {
        if matches!(file.content, ImageContent::Directory) && file.mode == 0 && tree.find(&file.path).is_some() {
            continue;
        }
        let default = match file.content {
            ImageContent::Directory | ImageContent::Program(_) => 0o755,
            ImageContent::File(_) => 0o644,
            ImageContent::Link(_) => 0o777,
        };
        let mode = if file.mode == 0 { default } else { file.mode };
        let node = match &file.content {
            ImageContent::Directory => Node::Dir(BTreeMap::new()),
            ImageContent::File(data) => Node::File(data.clone()),
            ImageContent::Link(target) => Node::Link(target.as_str().into()),
            ImageContent::Program(name) => Node::File(Rc::new(program_file(name))),
        };
        if let Ok(ino) = tree.put(&file.path, node, mode, author)
            && file.owner != (0, 0)
        {
            let _ = tree.change(ino, |i| (i.uid, i.gid) = file.owner);
        }
    }
    tree
}

/// The files of an image, as the base of containers' layers.
pub(crate) fn frozen_tree(image: &Image) -> Rc<Tree> {
    image.tree.clone().unwrap_or_else(|| {
        let mut tree = tree(image);
        tree.freeze();
        Rc::new(tree)
    })
}

/// The same, made once a thread for each image of a catalogue: every new cluster would make it anew.
pub(super) fn shared_tree(image: &Rc<Image>) -> Rc<Tree> {
    thread_local!(static MADE: RefCell<Vec<(Rc<Image>, Rc<Tree>)>> = const { RefCell::new(Vec::new()) });
    if image.tree.is_some() {
        return frozen_tree(image);
    }
    MADE.with_borrow_mut(|made| {
        if let Some((_, tree)) = made.iter().find(|(i, _)| Rc::ptr_eq(i, image)) {
            return tree.clone();
        }
        let tree = frozen_tree(image);
        // Images of catalogues that came and went are not kept for ever.
        if made.len() >= 64 {
            made.clear();
        }
        made.push((image.clone(), tree.clone()));
        tree
    })
}

/// Writes the files of a ConfigMap, Secret or projected volume the way the kubelet's atomic writer does:
/// into a directory named after the time, `..data` pointing to it, and a link for each first part of a path.
pub(super) fn project(tree: &mut Tree, now: SimTime, unix_ms: i64, generation: u32, files: &[ProjectedFile]) {
    let author = Author::system(now);
    let stamp = jiff::Timestamp::from_millisecond(unix_ms).map(|t| t.strftime("..%Y_%m_%d_%H_%M_%S").to_string()).unwrap_or_default();
    let dir = format!("{stamp}.{}", 1_000_000_000 + u64::from(generation) * 7_919 + (unix_ms as u64 % 1_000_003));
    let old = tree.dir(ROOT).map(|entries| entries.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let _ = tree.make_dirs(&dir, 0o755, author);
    for file in files {
        let _ = tree.put(&format!("{dir}/{}", file.path), Node::File(Rc::new(file.content.clone())), file.mode, author);
    }
    let _ = tree.put("..data", Node::Link(dir.as_str().into()), 0o777, author);
    let mut names: Vec<&str> = files.iter().filter_map(|f| f.path.split('/').next()).collect();
    names.sort_unstable();
    names.dedup();
    for name in &names {
        if tree.child(ROOT, name).is_none() {
            let _ = tree.put(name, Node::Link(format!("..data/{name}").into()), 0o777, author);
        }
    }
    for name in old {
        if &*name != "..data" && !names.contains(&&*name) {
            let _ = tree.unlink(ROOT, &name, author);
        }
    }
}
