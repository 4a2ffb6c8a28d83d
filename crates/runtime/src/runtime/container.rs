//! The start of containers and of additional processes in them.

use super::image;
use crate::{
    ContainerConfig, ContainerId, SandboxId, StartError, Stream, VolumeKind,
    catalogue::Image,
    fs::{Author, Node, ROOT, Tree},
    kernel::{Container, FsId, Kernel, MountPoint, OpenKind, PidSpace, load::Loaded, process::Birth, walk::Cred},
    program::{Env, Errno},
};
use std::{collections::BTreeMap, rc::Rc};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What containerd and runc put before the reason.
fn refused(reason: &str) -> StartError {
    StartError {
        message: format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {reason}"
        ),
        exit_code: 128,
    }
}

/// Go's words for an error.
fn go(errno: Errno) -> String {
    errno.text().to_lowercase()
}

/// Milliseconds from a container's start to the first step of its program.
const BOOT_MS: u64 = 30;

pub(super) fn start(kernel: &mut Kernel, sandbox: SandboxId, config: ContainerConfig, files: Option<&[(String, Vec<u8>)]>) -> Result<ContainerId, StartError> {
    let Some(s) = kernel.sandboxes.get(&sandbox.0) else { return Err(refused("the sandbox is gone")) };
    let (hostname, shares_pids) = (s.hostname.clone(), s.config.share_process_namespace);
    let known = kernel.catalogue.find(&config.image);
    let assumed = known.as_ref().is_none_or(|i| i.assumed);
    let image = known.clone().unwrap_or_else(|| kernel.catalogue.unknown());
    let base = if let Some(tree) = kernel.image_trees.get(&config.image) {
        tree.clone()
    } else {
        let tree = known.as_ref().map_or_else(|| image::frozen_tree(&image), image::shared_tree);
        kernel.image_trees.insert(config.image.clone(), tree.clone());
        tree
    };
    let id = kernel.fresh();
    let pid_space = if shares_pids { sandbox.0 } else { id };
    if shares_pids {
        // The sandbox's own process is PID 1 there.
        if kernel.pid_spaces.get(&pid_space).is_none() {
            kernel.pid_spaces.insert(pid_space, PidSpace { next: 6, ..PidSpace::default() });
        }
    } else {
        kernel.pid_spaces.insert(pid_space, PidSpace::default());
    }
    let config = Rc::new(config);
    let now = kernel.now;
    let points = vec![MountPoint { fs: FsId::Layer(id), ino: ROOT, read_only: config.read_only_root, path: "".into(), inner: "".into() }];
    let container = Container::new(config.clone(), sandbox.0, image.clone(), Tree::over(base), points, pid_space, now);
    kernel.containers.insert(id, Container { raw: files.map(|_| Vec::new()), ..container });
    if let Some(s) = kernel.sandboxes.get_mut(&sandbox.0) {
        s.containers.push(id);
    }
    for (path, content) in files.unwrap_or_default() {
        if let Some(c) = kernel.containers.get_mut(&id) {
            let _ = c.layer.put(path, Node::File(Rc::new(content.clone())), 0o644, Author::system(now));
        }
    }
    let result = prepare(kernel, id, sandbox.0, &config, &image, &hostname, assumed);
    match result {
        Ok(()) => {
            if files.is_none() {
                // The runtime reports a start before the program does anything.
                let init = kernel.containers.get(&id).and_then(|c| c.init);
                if let Some(process) = init {
                    kernel.hold_back(process, BOOT_MS);
                }
            }
            Ok(ContainerId(id))
        }
        Err(error) => {
            kernel.containers.remove(&id);
            if let Some(s) = kernel.sandboxes.get_mut(&sandbox.0) {
                s.containers.retain(|c| *c != id);
            }
            Err(error)
        }
    }
}

fn prepare(kernel: &mut Kernel, id: u32, sandbox: u32, config: &ContainerConfig, image: &Image, hostname: &Rc<str>, assumed: bool) -> Result<(), StartError> {
    let author = Author::system(kernel.now);
    for (file, path) in [("hosts", "/etc/hosts"), ("hostname", "/etc/hostname"), ("resolv.conf", "/etc/resolv.conf")] {
        if let Some(ino) = kernel.sandboxes.get(&sandbox).and_then(|s| s.files.child(ROOT, file)) {
            mount(kernel, id, FsId::Sandbox(sandbox), ino, path, "", false)?;
        }
    }
    for m in &config.mounts {
        let fs = FsId::Volume(m.volume.0);
        let sub = m.sub_path.trim_matches('/');
        let Some(tree) = kernel.tree_mut(fs) else { return Err(refused("the volume is gone")) };
        let ino = if sub.is_empty() {
            ROOT
        } else {
            match resolve_sub_path(tree, sub) {
                Some(ino) => ino,
                None => tree.make_dirs(sub, 0o755, author).map_err(|e| refused(&format!("error during container init: mkdir {sub}: {}", go(e))))?,
            }
        };
        let projected = kernel.volumes.get(&m.volume.0).is_some_and(|v| v.kind == VolumeKind::Projected);
        if let Some(group) = config.fs_group
            && let Some(tree) = kernel.tree_mut(fs)
            && !projected
        {
            let _ = tree.change(ino, |i| {
                i.gid = group as u32;
                i.mode |= 0o2070;
            });
        }
        mount(kernel, id, fs, ino, &m.path, sub, m.read_only || projected)?;
    }
    let log_path = if config.termination_message_path.is_empty() { "/dev/termination-log" } else { &config.termination_message_path };
    let log = kernel.sandboxes.get_mut(&sandbox).and_then(|s| s.files.put(&format!("termination/{id}"), Node::File(Rc::default()), 0o666, author).ok());
    if let Some(ino) = log {
        mount(kernel, id, FsId::Sandbox(sandbox), ino, log_path, "", false)?;
        if let Some(c) = kernel.containers.get_mut(&id) {
            c.termination_log = Some(ino);
        }
    }
    // Who it runs as.
    let (uid, gid) = user(kernel, id, config.user, &image.user);
    let mut groups = groups_of(kernel, id, uid);
    groups.extend(config.fs_group.map(|g| g as u32));
    let cred = Rc::new(Cred { uid, gid: config.group.map_or(gid, |g| g as u32), groups });
    // The environment: the image's, the hostname, the manifest's; a later one wins in place.
    let mut env: Env = Vec::new();
    let mut set = |key: &str, value: &str, replace: bool| match env.iter_mut().find(|(k, _)| &**k == key) {
        Some(slot) => {
            if replace {
                slot.1 = value.into();
            }
        }
        None => env.push((key.into(), value.into())),
    };
    for (k, v) in &image.env {
        set(k, v, true);
    }
    set("PATH", PATH, false);
    set("HOSTNAME", hostname, true);
    for (k, v) in &config.env {
        set(k, v, true);
    }
    if config.tty {
        set("TERM", "xterm", false);
    }
    set("HOME", &home(kernel, id, uid), false);
    // What runc says of base64 of text in UTF-16, a usual slip.
    if let Some((name, _)) = env.iter().find(|(_, v)| v.contains('\0')) {
        return Err(refused(&format!("error during container init: invalid environment variable \"{name}\": contains nul byte (\\x00)")));
    }
    let env = Rc::new(env);
    // Where it runs.
    let workdir =
        config.working_dir.clone().filter(|d| !d.is_empty()).unwrap_or_else(|| if image.workdir.is_empty() { "/".to_owned() } else { image.workdir.clone() });
    let cwd: Rc<str> = match kernel.find_in(id, &Cred::default(), "/", &workdir, true) {
        Ok(found) if found.node.is_some_and(|(fs, ino)| kernel.tree(fs).is_some_and(|t| t.is_dir(ino))) => found.path.into(),
        Ok(found) if found.node.is_some() => return Err(refused(&format!("error during container init: mkdir {workdir}: not a directory"))),
        Err(Errno::NotDir) => {
            return Err(refused(&format!("error during container init: mkdir {}: not a directory", workdir.rsplit_once('/').map_or("", |(d, _)| d))));
        }
        _ => {
            make_dirs(kernel, id, &workdir, author);
            workdir.as_str().into()
        }
    };
    let argv: Vec<Rc<str>> = if config.command.is_empty() {
        let args = if config.args.is_empty() { &image.cmd } else { &config.args };
        image.entrypoint.iter().chain(args).map(|a| a.as_str().into()).collect()
    } else {
        config.command.iter().chain(&config.args).map(|a| a.as_str().into()).collect()
    };
    let name: Rc<str> = match argv.first() {
        Some(name) => name.clone(),
        None if assumed => "entrypoint".into(),
        None => {
            return Err(StartError { message: "failed to generate container spec: failed to generate spec: no command specified".to_owned(), exit_code: 128 });
        }
    };
    let loaded = match kernel.which(id, &cred, &cwd, &env, &name).and_then(|path| kernel.load(id, &cred, &cwd, &path, argv.clone(), 0)) {
        Ok(loaded) => loaded,
        Err(Errno::NoEnt | Errno::NotDir) if assumed => {
            let mut argv = argv;
            if argv.is_empty() {
                argv.push(name);
            }
            kernel.load_named(id, "assumed", argv)
        }
        Err(errno) => return Err(refused(&no_program(&name, errno))),
    };
    let stdin = kernel.new_open(if config.stdin { OpenKind::Silent } else { OpenKind::Device(crate::fs::Device::Null) }, true, false);
    let out = kernel.new_open(OpenKind::Log(id, Stream::Stdout), false, true);
    let err = kernel.new_open(OpenKind::Log(id, Stream::Stderr), false, true);
    if let Some(c) = kernel.containers.get_mut(&id) {
        c.env = env.clone();
    }
    let birth = entry(id, loaded, env, cwd, cred, [stdin, out, err]);
    let process = kernel.give_birth(birth).map_err(|e| refused(&go(e)))?;
    if let Some(c) = kernel.containers.get_mut(&id) {
        c.init = Some(process);
    }
    Ok(())
}

/// Why a command cannot be run, in runc's words.
fn no_program(name: &str, errno: Errno) -> String {
    match errno {
        Errno::NoEnt if !name.contains('/') => format!("exec: \"{name}\": executable file not found in $PATH"),
        Errno::NoEnt | Errno::NotDir => format!("exec: \"{name}\": stat {name}: {}", go(errno)),
        Errno::NoExec => format!("exec {name}: exec format error"),
        _ => format!("exec: \"{name}\": {}", go(errno)),
    }
}

/// A process that comes into a container from outside: its first one, or an exec.
fn entry(container: u32, loaded: Loaded, env: Rc<Env>, cwd: Rc<str>, cred: Rc<Cred>, streams: [u32; 3]) -> Birth {
    Birth { container, parent: None, program: loaded.program, argv: loaded.argv, env, cwd, cred, umask: 0o022, fds: streams.map(Some).to_vec(), ignored: 0 }
}

/// Finds a sub-path within a volume; links inside the volume (`..data`) are followed.
pub(super) fn resolve_sub_path(tree: &Tree, sub: &str) -> Option<u32> {
    let mut at = ROOT;
    for part in sub.split('/') {
        let mut next = tree.child(at, part)?;
        for _ in 0..8 {
            let Some(Node::Link(target)) = tree.get(next).map(|i| &i.node) else { break };
            next = tree.find(target).or_else(|| {
                target.split('/').try_fold(ROOT, |at, name| {
                    let child = tree.child(at, name)?;
                    match tree.get(child).map(|i| &i.node) {
                        Some(Node::Link(inner)) => tree.find(inner),
                        _ => Some(child),
                    }
                })
            })?;
        }
        at = next;
    }
    Some(at)
}

fn make_dirs(kernel: &mut Kernel, id: u32, path: &str, author: Author) {
    let mut at = String::new();
    for part in path.split('/').filter(|p| !p.is_empty()) {
        at.push('/');
        at.push_str(part);
        if let Ok(found) = kernel.find_in(id, &Cred::default(), "/", &at, true)
            && found.node.is_none()
            && let Some(tree) = kernel.tree_mut(found.dir.0)
        {
            let _ = tree.add(found.dir.1, &found.name, Node::Dir(BTreeMap::new()), 0o755, author);
        }
    }
}

/// Shows a tree's inode at a path; the place is made where it does not exist.
fn mount(kernel: &mut Kernel, id: u32, fs: FsId, ino: u32, path: &str, inner: &str, read_only: bool) -> Result<(), StartError> {
    let author = Author::system(kernel.now);
    let is_dir = kernel.tree(fs).is_some_and(|t| t.is_dir(ino));
    let path = path.trim_end_matches('/');
    let found = kernel.find_in(id, &Cred::default(), "/", if path.is_empty() { "/" } else { path }, true);
    let target = match found {
        Ok(f) if f.node.is_some() => f,
        _ => {
            let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
            make_dirs(kernel, id, dir, author);
            let parent = kernel
                .find_in(id, &Cred::default(), "/", if dir.is_empty() { "/" } else { dir }, true)
                .map_err(|e| refused(&format!("error mounting {path}: {}", go(e))))?;
            if let Some((fs, dir)) = parent.node
                && let Some(tree) = kernel.tree_mut(fs)
            {
                let node = if is_dir { Node::Dir(BTreeMap::new()) } else { Node::File(Rc::default()) };
                let _ = tree.add(dir, name, node, if is_dir { 0o755 } else { 0o644 }, author);
            }
            kernel.find_in(id, &Cred::default(), "/", path, true).map_err(|e| refused(&format!("error mounting {path}: {}", go(e))))?
        }
    };
    let Some(node) = target.node else { return Ok(()) };
    let target_is_dir = kernel.tree(node.0).is_some_and(|t| t.is_dir(node.1));
    if target_is_dir != is_dir {
        return Err(refused(&format!(
            "error during container init: error mounting \"{path}\" to rootfs at \"{path}\": mount {path}: not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"
        )));
    }
    if let Some(c) = kernel.containers.get_mut(&id) {
        let points = Rc::make_mut(&mut c.mount_points);
        let index = points.len() as u16;
        points.push(MountPoint { fs, ino, read_only, path: target.path.as_str().into(), inner: inner.into() });
        c.mounts.insert(node, index);
    }
    Ok(())
}

/// A file of the container as text.
fn text(kernel: &Kernel, id: u32, path: &str) -> String {
    kernel
        .find_in(id, &Cred::default(), "/", path, true)
        .ok()
        .and_then(|f| f.node)
        .and_then(|(fs, ino)| kernel.tree(fs)?.data(ino).ok())
        .map(|d| String::from_utf8_lossy(d).into_owned())
        .unwrap_or_default()
}

/// User and group: the manifest's number, or the image's number or name.
fn user(kernel: &Kernel, id: u32, wanted: Option<i64>, image_user: &str) -> (u32, u32) {
    let passwd = text(kernel, id, "/etc/passwd");
    let entry = |test: &dyn Fn(&[&str]) -> bool| {
        passwd
            .lines()
            .map(|l| l.split(':').collect::<Vec<_>>())
            .find(|f| f.len() >= 4 && test(f))
            .and_then(|f| Some((f.get(2)?.parse::<u32>().ok()?, f.get(3)?.parse::<u32>().ok()?)))
    };
    let by_number = |uid: u32| entry(&|f: &[&str]| f.get(2).and_then(|u| u.parse().ok()) == Some(uid)).unwrap_or((uid, 0));
    if let Some(uid) = wanted {
        return by_number(uid as u32);
    }
    let (name, group) = image_user.split_once(':').unwrap_or((image_user, ""));
    let (uid, mut gid) = match name.parse::<u32>() {
        Ok(uid) => by_number(uid),
        Err(_) if name.is_empty() => (0, 0),
        Err(_) => entry(&|f: &[&str]| f.first() == Some(&name)).unwrap_or((0, 0)),
    };
    if let Ok(g) = group.parse() {
        gid = g;
    }
    (uid, gid)
}
fn groups_of(kernel: &Kernel, id: u32, uid: u32) -> Vec<u32> {
    let passwd = text(kernel, id, "/etc/passwd");
    let Some(name) = passwd.lines().find(|l| l.split(':').nth(2).and_then(|u| u.parse().ok()) == Some(uid)).and_then(|l| l.split(':').next()) else {
        return Vec::new();
    };
    text(kernel, id, "/etc/group")
        .lines()
        .filter_map(|l| {
            let f: Vec<&str> = l.split(':').collect();
            f.get(3)?.split(',').any(|m| m == name).then(|| f.get(2)?.parse().ok())?
        })
        .collect()
}
fn home(kernel: &Kernel, id: u32, uid: u32) -> String {
    let passwd = text(kernel, id, "/etc/passwd");
    passwd
        .lines()
        .map(|l| l.split(':').collect::<Vec<_>>())
        .find(|f| f.get(2).and_then(|u| u.parse().ok()) == Some(uid))
        .and_then(|f| f.get(5).map(|h| (*h).to_owned()))
        .unwrap_or_else(|| if uid == 0 { "/root".to_owned() } else { "/".to_owned() })
}

/// Starts an additional process; the error is what the runtime says.
pub(super) fn exec(kernel: &mut Kernel, container: ContainerId, task: u32, argv: Vec<String>, stdin: String) -> Result<(), String> {
    let id = container.0;
    let init = kernel.containers.get(&id).and_then(|c| c.init).ok_or_else(|| format!("container {id} is not running"))?;
    let Some(p) = kernel.processes.get(init) else { return Err("container not running".to_owned()) };
    let cred = p.cred.clone();
    let Some(c) = kernel.containers.get(&id) else { return Err("container not found".to_owned()) };
    let (env, config, image) = (c.env.clone(), c.config.clone(), c.image.clone());
    let workdir = config.working_dir.clone().unwrap_or_else(|| image.workdir.clone());
    let cwd: Rc<str> = if workdir.is_empty() { "/".into() } else { workdir.into() };
    let argv: Vec<Rc<str>> = argv.into_iter().map(Rc::from).collect();
    let Some(name) = argv.first().cloned() else { return Err("no command".to_owned()) };
    let assumed = image.assumed;
    let loaded = match kernel.which(id, &cred, &cwd, &env, &name).and_then(|path| kernel.load(id, &cred, &cwd, &path, argv.clone(), 0)) {
        Ok(loaded) => loaded,
        Err(Errno::NoEnt) if assumed => kernel.load_named(id, &name, argv),
        Err(errno) => {
            let reason = no_program(&name, errno);
            return Err(format!("OCI runtime exec failed: exec failed: unable to start container process: {reason}"));
        }
    };
    let input =
        kernel.new_open(if stdin.is_empty() { OpenKind::Device(crate::fs::Device::Null) } else { OpenKind::Text(Rc::new(stdin.into_bytes())) }, true, false);
    let out = kernel.new_open(OpenKind::Capture(task, Stream::Stdout), false, true);
    let err = kernel.new_open(OpenKind::Capture(task, Stream::Stderr), false, true);
    let birth = entry(id, loaded, env, cwd, cred, [input, out, err]);
    let process = kernel.give_birth(birth).map_err(|e| format!("OCI runtime exec failed: {}", go(e)))?;
    if let Some(p) = kernel.processes.get_mut(process) {
        p.task = Some(task);
    }
    if let Some(t) = kernel.tasks.get_mut(&task) {
        t.process = Some(process);
    }
    Ok(())
}
