//! `kubectl exec`

use super::logs::{behind, by_activity, status_of};
use crate::arguments::{self, Words};
use crate::flags::Flags;
use crate::json::Look;
use crate::moment::Moment;
use crate::session::{Failure, Session};
use crate::world::{ExecState, not_found};
use serde_json::Value;
use std::rc::Rc;

pub(super) const FLAGS: &str = "container,c: filename,f:, pod-running-timeout:d quiet,q? stdin,i? tty,t?";

pub(super) fn run(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let dash = flags.dash.unwrap_or(flags.args.len());
    let (before, command) = flags.args.split_at(dash.min(flags.args.len()));
    if flags.args.is_empty() || before.is_empty() {
        return Err(Failure::error("pod, type/name or --filename must be specified"));
    }
    if flags.dash.is_none() && before.len() > 1 {
        return Err(flags.usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"));
    }
    if command.is_empty() {
        return Err(Failure::error("you must specify at least one command for the container"));
    }
    let pod = pod(session, before.first().map_or("", String::as_str))?;
    if matches!(pod.text("status.phase"), "Succeeded" | "Failed") {
        return Err(Failure::error(format!("cannot exec into a container in a completed pod; current phase is {}", pod.text("status.phase"))));
    }
    let container = super::logs::pick_container(session, &pod, flags.text("container"), !flags.truth("quiet"))?;
    reachable(&pod, &container)?;
    let stdin = if flags.truth("stdin") { session.stdin.clone() } else { String::new() };
    let task = session.world.exec(&pod, &container, command, &stdin).map_err(Failure::error)?;
    finish(session, task)
}

/// Waits for a process and prints what it printed.
pub(super) fn finish(session: &mut Session<'_>, task: u32) -> Result<(), Failure> {
    let deadline = Moment(session.world.now().0 + 600 * 1_000_000_000);
    loop {
        match session.world.exec_state(task) {
            ExecState::Running => {
                if !session.world.pass(deadline) {
                    return Err(Failure::error("the process still runs after ten minutes; the terminal gives up waiting"));
                }
            }
            ExecState::Exited { stdout, stderr, code } => {
                session.print(stdout);
                session.complain(stderr);
                if code == 0 {
                    return Ok(());
                }
                return Err(Failure { text: format!("command terminated with exit code {code}\n"), code });
            }
            ExecState::NotStarted(why) => {
                return Err(Failure::error(format!("Internal error occurred: Internal error occurred: error executing command in container: {why}")));
            }
        }
    }
}

/// The Pod a word means: its name, or a workload's most active one.
pub(super) fn pod(session: &mut Session<'_>, word: &str) -> Result<Rc<Value>, Failure> {
    let pods = session.builtin("pods");
    let (resource, name) = if word.contains('/') {
        match arguments::words(session, &[word.to_owned()])? {
            Words::Names(mut n) => n.pop().unwrap_or((pods.clone(), word.to_owned())),
            Words::Types(_) => (pods.clone(), word.to_owned()),
        }
    } else {
        (pods.clone(), word.to_owned())
    };
    let namespace = session.namespace.clone();
    let object = session.world.find(&resource, &namespace, &name).ok_or_else(|| Failure::from(not_found(&resource, &name)))?;
    if resource.plural == "pods" {
        return Ok(object);
    }
    let mut all = behind(session, &object).map_err(|why| Failure::error(format!("cannot attach to {why}")))?;
    by_activity(&mut all);
    all.into_iter().next().ok_or_else(|| Failure::error("timed out waiting for the condition"))
}

/// Whether the kubelet can reach the container.
pub(super) fn reachable(pod: &Value, container: &str) -> Result<(), Failure> {
    if pod.text("spec.nodeName").is_empty() {
        return Err(Failure::error(format!("unable to upgrade connection: pod {} does not have a host assigned", pod.name())));
    }
    if !status_of(pod, container).is_some_and(|s| s.has("state.running")) {
        return Err(Failure::error(format!("unable to upgrade connection: container not found ({container:?})")));
    }
    Ok(())
}
