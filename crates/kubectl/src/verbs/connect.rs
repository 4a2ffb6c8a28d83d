//! `kubectl attach`, `cp`, `port-forward`, `top`, `edit`: what needs a wire to a container, as far as
//! there is one.

use super::exec;
use super::logs::{names, pick_container};
use crate::arguments::{self, Wants, Words};
use crate::flags::Flags;
use crate::json::Look;
use crate::moment::Moment;
use crate::session::{Failure, Session};
use crate::world::{Deletion, not_found};
use serde_json::Value;

pub(super) const ATTACH_FLAGS: &str = "container,c: detach-keys: filename,f:, pod-running-timeout:d quiet,q? stdin,i? tty,t?";
pub(super) const CP_FLAGS: &str = "container,c: no-preserve? retries:i";
pub(super) const FORWARD_FLAGS: &str = "address:, pod-running-timeout:d";
pub(super) const TOP_FLAGS: &str =
    "all-namespaces,A? containers? field-selector: no-headers? selector,l: sort-by: sum? use-protocol-buffers? show-capacity? show-swap?";
pub(super) const EDIT_FLAGS: &str = "allow-missing-template-keys? field-manager: filename,f:, kustomize,k: output,o: output-patch? recursive,R? save-config? show-managed-fields? subresource: template: validate:=strict windows-line-endings?";

pub(super) fn attach(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let Some(word) = flags.args.first() else { return Err(flags.usage("at least 1 argument is required for attach")) };
    let pod = exec::pod(session, word)?;
    if matches!(pod.text("status.phase"), "Succeeded" | "Failed") {
        return Err(Failure::error(format!("cannot attach a container in a completed pod; current phase is {}", pod.text("status.phase"))));
    }
    let container = pick_container(session, &pod, flags.text("container"), !flags.truth("quiet")).map_err(|_| {
        Failure::error(format!(
            "cannot attach to the container: container {} is not valid for pod {} out of: {}",
            flags.text("container"),
            pod.name(),
            names(&pod)
        ))
    })?;
    session.complain("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n");
    exec::reachable(&pod, &container)?;
    attach_to(session, pod.name(), false)
}

/// Shows what the first container of a Pod prints until it ends.
pub(super) fn attach_to(session: &mut Session<'_>, name: &str, remove: bool) -> Result<(), Failure> {
    let pods = session.builtin("pods");
    let namespace = session.namespace.clone();
    let deadline = Moment(session.world.now().0 + 300 * 1_000_000_000);
    let mut seen = 0;
    let mut failed = false;
    while let Some(pod) = session.world.find(&pods, &namespace, name) {
        let container = pod.list("spec.containers").first().map(|c| c.text("name").to_owned()).unwrap_or_default();
        let lines = session.world.logs(&pod, &container, false).unwrap_or_default();
        let text: String = lines.iter().skip(seen).map(|l| l.text.as_str()).collect();
        seen = lines.len();
        session.print(text);
        failed = pod.text("status.phase") == "Failed";
        if matches!(pod.text("status.phase"), "Succeeded" | "Failed") || !session.world.pass(deadline) {
            break;
        }
    }
    if remove {
        session.world.delete(&pods, &namespace, name, Deletion::default())?;
        session.print(format!("pod {name:?} deleted from {namespace} namespace\n"));
        if failed {
            return Err(Failure::plain(format!("pod {namespace}/{name} terminated (Error)\n")));
        }
    }
    Ok(())
}

pub(super) fn cp(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let [from, to] = flags.args.as_slice() else { return Err(Failure::error("source and destination are required")) };
    let remote = |s: &str| s.split_once(':').map(|(p, f)| (p.to_owned(), f.to_owned()));
    let download = remote(from).is_some();
    let (target, path) = match (remote(from), remote(to)) {
        (None, None) => return Err(Failure::error("one of src or dest must be a remote file specification")),
        (Some(_), Some(_)) => return Err(Failure::error("one of src or dest must be a local file specification")),
        (None, Some(t)) => {
            if session.files.read(from).is_err() && session.files.directory(from).is_none() {
                return Err(Failure::error(format!("{from} doesn't exist in local filesystem")));
            }
            t
        }
        (Some(t), None) => t,
    };
    if path.is_empty() {
        return Err(Failure::error("filepath can not be empty"));
    }
    let pod = exec::pod(session, target.rsplit('/').next().unwrap_or(&target))?;
    if matches!(pod.text("status.phase"), "Succeeded" | "Failed") {
        return Err(Failure::error(format!("cannot exec into a container in a completed pod; current phase is {}", pod.text("status.phase"))));
    }
    if download {
        return Err(Failure::error("a simulated cluster writes no files of this machine: use exec with cat"));
    }
    let container = pick_container(session, &pod, flags.text("container"), true)?;
    exec::reachable(&pod, &container)?;
    upload(session, &pod, &container, from, &path)
}

/// Puts a file, or a folder's files, into a container, as tar in it would.
fn upload(session: &mut Session<'_>, pod: &Value, container: &str, from: &str, to: &str) -> Result<(), Failure> {
    if let Some(names) = session.files.directory(from) {
        for name in names {
            upload(session, pod, container, &format!("{from}/{name}"), &format!("{}/{name}", to.trim_end_matches('/')))?;
        }
        return Ok(());
    }
    let bytes = session.files.read(from).map_err(|why| Failure::error(format!("open {from}: {why}")))?;
    let Ok(text) = String::from_utf8(bytes) else { return Err(Failure::error(format!("{from} is no text: only texts can be copied"))) };
    // Into a folder where there is one of that name; tar makes what is missing only below it.
    const SCRIPT: &str = r#"d="$0"; [ -d "$d" ] && d="${d%/}/$1"; p="${d%/*}"; if [ -n "$p" ] && [ "$p" != "$d" ] && [ ! -d "$p" ]; then echo "tar: can't change directory to '$p': No such file or directory" >&2; exit 1; fi; cat > "$d""#;
    let name = from.rsplit('/').next().unwrap_or(from);
    let command = ["sh", "-c", SCRIPT, to, name].map(str::to_owned);
    let task = session.world.exec(pod, container, &command, &text).map_err(Failure::error)?;
    exec::finish(session, task)
}

pub(super) fn port_forward(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let [target, ports @ ..] = flags.args.as_slice() else { return Err(flags.usage("TYPE/NAME and list of ports are required for port-forward")) };
    if ports.is_empty() {
        return Err(flags.usage("TYPE/NAME and list of ports are required for port-forward"));
    }
    let pods = session.builtin("pods");
    let (resource, name) = if target.contains('/') {
        match arguments::words(session, std::slice::from_ref(target))? {
            Words::Names(mut n) => n.pop().unwrap_or((pods, target.clone())),
            Words::Types(_) => (pods, target.clone()),
        }
    } else {
        (pods, target.clone())
    };
    let namespace = session.namespace.clone();
    let object = session.world.find(&resource, &namespace, &name).ok_or_else(|| Failure::from(not_found(&resource, &name)))?;
    let mut lines = String::new();
    for spec in ports {
        let (local, remote) = spec.split_once(':').unwrap_or((spec, spec));
        let number = if resource.plural == "services" {
            let port = object.list("spec.ports").iter().find(|p| p.int("port").to_string() == remote || p.text("name") == remote);
            port.map(|p| p.int("port")).ok_or_else(|| Failure::error(format!("Service {name} does not have a service port {remote}")))?
        } else {
            match remote.parse::<i64>() {
                Ok(n) => n,
                Err(_) => object
                    .list("spec.containers")
                    .iter()
                    .flat_map(|c| c.list("ports"))
                    .find(|p| p.text("name") == remote)
                    .map(|p| p.int("containerPort"))
                    .ok_or_else(|| Failure::error(format!("Pod '{name}' does not have a named port '{remote}'")))?,
            }
        };
        let local = if local.is_empty() { remote } else { local };
        lines.push_str(&format!("Forwarding from 127.0.0.1:{local} -> {number}\nForwarding from [::1]:{local} -> {number}\n"));
    }
    let pod = exec::pod(session, target)?;
    if pod.text("status.phase") != "Running" {
        return Err(Failure::error(format!("unable to forward port because pod is not running. Current status={}", pod.text("status.phase"))));
    }
    session.print(lines);
    Ok(())
}

pub(super) fn top(_session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    Err(Failure::error("Metrics API not available"))
}

pub(super) fn edit(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let selection = arguments::select(session, flags, &flags.args, Wants { all_by_default: true, ..Wants::default() })?;
    selection.complain(session)?;
    Err(Failure::error("unable to launch the editor \"vi\""))
}

pub(super) fn certificate(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let requests = session.builtin("certificatesigningrequests");
    match flags.args.first() {
        Some(name) => Err(Failure::from(not_found(&requests, name))),
        None => Err(Failure::error("one or more CSRs must be specified as <name> or -f <filename>")),
    }
}

pub(super) fn plugins(_session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    Err(Failure::error("unable to find any kubectl plugins in your PATH"))
}
