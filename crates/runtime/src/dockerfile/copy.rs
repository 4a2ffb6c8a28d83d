//! `COPY` and `ADD`.

use super::build::{Builder, Failure, Stage, put};
use super::{Gravity, Instruction, words};
use crate::fs::{Ino, Node, Tree};
use std::{collections::BTreeMap, rc::Rc};

/// A file to be copied: path below the source, content, mode.
type Item = (String, Node, u32);

pub(super) fn copy(builder: &mut Builder<'_>, stage: &mut Stage, i: &Instruction) -> Result<(), Failure> {
    let lookup = |n: &str| stage.lookup(n);
    let mut names = match words::exec_form(&i.args) {
        Some(words) => words.iter().map(|w| words::replace(w, &lookup)).collect::<Result<Vec<_>, _>>()?,
        None => words::split(&i.args, &lookup)?,
    };
    let target = names.pop().unwrap_or_default();
    let flag = |name: &str| i.flags.iter().find(|(k, _)| k == name).map(|(_, v)| words::replace(v, &lookup)).transpose();
    let (from, owner, mode) = (flag("from")?, flag("chown")?, flag("chmod")?);
    let mode = mode
        .map(|m| u32::from_str_radix(&m, 8).map_err(|_| format!("invalid chmod parameter: '{m}'. it should be octal string and between 0 and 07777")))
        .transpose()?;
    if i.word == "COPY" && i.flags.iter().any(|(k, _)| !matches!(k.as_str(), "from" | "chown" | "chmod" | "link" | "parents" | "exclude")) {
        let unknown = i.flags.iter().map(|(k, _)| k.as_str()).find(|k| !matches!(*k, "from" | "chown" | "chmod" | "link" | "parents" | "exclude"));
        return Err(format!("unknown flag: --{}", unknown.unwrap_or_default()));
    }
    let base = stage.tree();
    let owner = owner.map_or(Ok((0, 0)), |o| owner_of(&base, &o))?;
    let source = from.as_deref().map(|f| builder.source(f));

    let mut items: Vec<Item> = Vec::new();
    let mut many = names.len() > 1;
    for name in &names {
        if let Some(word) = name.strip_prefix("<<") {
            let word = word.trim_start_matches('-');
            let Some(doc) = i.heredocs.iter().find(|d| d.name == word) else { return Err(format!("unterminated heredoc: {word}")) };
            let body = if doc.expand { words::replace(&doc.body, &lookup)? } else { doc.body.clone() };
            items.push((doc.name.clone(), file(body.into_bytes()), 0o644));
        } else if i.word == "ADD" && name.contains("://") {
            builder.notes.push((Gravity::Advice, format!("{name} is not downloaded: the file is assumed to be empty")));
            items.push((name.rsplit('/').next().unwrap_or_default().to_owned(), file(Vec::new()), 0o600));
        } else {
            let found = match &source {
                Some(tree) => from_tree(tree, name),
                None => from_context(builder, name),
            };
            if found.is_empty() {
                return Err(format!(
                    "failed to compute cache key: failed to calculate checksum of ref: \"/{}\": not found",
                    name.trim_start_matches(['.', '/'])
                ));
            }
            // A directory, or a pattern that fits several files, needs a directory to go to.
            many |= found.len() > 1 || found.iter().any(|(path, ..)| path.contains('/'));
            items.extend(found);
        }
    }
    if i.word == "ADD" && items.iter().any(|(p, ..)| [".tar", ".tar.gz", ".tgz", ".tar.xz"].iter().any(|e| p.ends_with(e))) {
        builder.notes.push((Gravity::Advice, "archives are copied here, not unpacked".into()));
    }
    let to = stage.absolute(&target);
    let mut tree = Tree::over(base);
    let place = real(&tree, &to);
    let dir = many || target.ends_with('/') || target == "." || tree.find(&place).is_some_and(|ino| tree.is_dir(ino));
    if many && !target.ends_with('/') && names.len() > 1 {
        return Err(format!("When using {} with more than one source file, the destination must be a directory and end with a /", i.word));
    }
    for (path, node, bits) in items {
        let path = if dir { format!("{}/{path}", place.trim_end_matches('/')) } else { place.clone() };
        put(&mut tree, &path, node, mode.unwrap_or(bits), owner)?;
    }
    stage.put_layer(tree);
    Ok(())
}

fn file(data: Vec<u8>) -> Node {
    Node::File(Rc::new(data))
}

/// Files of the context that a source names: one file, all below a directory, or those that fit a pattern.
fn from_context(builder: &Builder<'_>, name: &str) -> Vec<Item> {
    let name = name.trim_start_matches("./").trim_matches('/');
    let name = if name == "." { "" } else { name };
    // What a script begins with stands for the bit that a file of a text cannot have.
    let item = |path: &str, data: &Vec<u8>| (path.to_owned(), file(data.clone()), if data.starts_with(b"#!") { 0o755 } else { 0o644 });
    let mut out = Vec::new();
    for (path, data) in &builder.files {
        if path == name || name.contains(['*', '?', '[']) && crate::shell::pattern::matches(name, path) {
            out.push(item(path.rsplit('/').next().unwrap_or(path), data));
        } else if let Some(below) = if name.is_empty() { Some(path.as_str()) } else { path.strip_prefix(name).and_then(|p| p.strip_prefix('/')) } {
            out.push(item(below, data));
        }
    }
    out
}

/// A file of another image, or all below a directory of it.
fn from_tree(tree: &Tree, name: &str) -> Vec<Item> {
    fn walk(tree: &Tree, ino: Ino, path: &str, out: &mut Vec<Item>) {
        let Some(inode) = tree.get(ino) else { return };
        match &inode.node {
            Node::Dir(entries) => {
                if !path.is_empty() {
                    out.push((path.to_owned(), Node::Dir(BTreeMap::new()), inode.mode));
                }
                for (name, child) in entries {
                    walk(tree, *child, &if path.is_empty() { name.to_string() } else { format!("{path}/{name}") }, out);
                }
            }
            node => out.push((path.to_owned(), node.clone(), inode.mode)),
        }
    }
    let place = real(tree, &format!("/{name}"));
    let Some(ino) = tree.find(&place) else { return Vec::new() };
    let mut out = Vec::new();
    walk(tree, ino, if tree.is_dir(ino) { "" } else { place.rsplit('/').next().unwrap_or_default() }, &mut out);
    out
}

/// A path with every link on the way followed; what does not exist stays as it is.
pub(super) fn real(tree: &Tree, path: &str) -> String {
    let mut todo: Vec<String> = path.split('/').rev().filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect();
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            done.pop();
            continue;
        }
        done.push(part);
        let here = done.join("/");
        if let Some(Node::Link(target)) = tree.find(&here).and_then(|ino| tree.get(ino)).map(|i| &i.node)
            && links < 32
        {
            links += 1;
            done.pop();
            if target.starts_with('/') {
                done.clear();
            }
            todo.extend(target.split('/').rev().filter(|p| !p.is_empty() && *p != ".").map(str::to_owned));
        }
    }
    format!("/{}", done.join("/"))
}

/// `--chown=USER[:GROUP]`, by the image's own `/etc/passwd` and `/etc/group`.
fn owner_of(tree: &Tree, text: &str) -> Result<(u32, u32), Failure> {
    let (user, group) = text.split_once(':').map_or((text, None), |(u, g)| (u, Some(g)));
    let entry = |path: &str, name: &str| {
        let data = tree.find(path).and_then(|ino| tree.data(ino).ok()).map(|d| String::from_utf8_lossy(d).into_owned()).unwrap_or_default();
        data.lines().map(|l| l.split(':').map(str::to_owned).collect::<Vec<_>>()).find(|f| f.first().is_some_and(|n| n == name))
    };
    let number = |f: Option<&String>| f.and_then(|n| n.parse::<u32>().ok());
    let refused = |what: &str, kind: &str, name: &str| {
        format!("unable to convert uid/gid chown string to host mapping: can't find {what} for {kind} {name}: no such {kind}: {name}")
    };
    let (uid, own) = if let Ok(uid) = user.parse::<u32>() {
        (uid, uid)
    } else {
        let found = entry("etc/passwd", user).ok_or_else(|| refused("uid", "user", user))?;
        (number(found.get(2)).unwrap_or(0), number(found.get(3)).unwrap_or(0))
    };
    let Some(group) = group else { return Ok((uid, own)) };
    if let Ok(gid) = group.parse() {
        return Ok((uid, gid));
    }
    let found = entry("etc/group", group).ok_or_else(|| refused("gid", "group", group))?;
    Ok((uid, number(found.get(2)).unwrap_or(0)))
}
