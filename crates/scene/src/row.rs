//! The row that `kubectl get pods` prints (follows `printPod` in
//! kubernetes/pkg/printers/internalversion/printers.go), and the role of its STATUS.

use crate::Role;
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use podglass_cluster::{Settings, SimTime};

/// A Pod's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodRow {
    /// Ready containers.
    pub ready: u32,
    /// Containers that count.
    pub total: u32,
    /// STATUS.
    pub status: String,
    /// RESTARTS, the number alone.
    pub restarts: i32,
    /// When the last restart's predecessor ended.
    pub last_restart: Option<Time>,
    /// IP.
    pub ip: String,
    /// NODE.
    pub node: String,
    /// The Pod's phase.
    pub phase: String,
    /// It is being deleted.
    pub deleting: bool,
}

/// Whether an init container is a native sidecar.
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Turns an API time into a moment of the cluster.
pub fn moment(settings: &Settings, time: &Time) -> SimTime {
    SimTime((time.0.as_millisecond() - settings.epoch).max(0) as u64)
}

fn condition(pod: &Pod, kind: &str) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_ref());
    conditions.is_some_and(|c| c.iter().any(|c| c.type_ == kind && c.status == "True"))
}

fn last_end(status: &ContainerStatus) -> Option<Time> {
    status.last_state.as_ref()?.terminated.as_ref()?.finished_at.clone()
}

fn later(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.0 >= b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

impl PodRow {
    /// Makes the row.
    pub fn of(pod: &Pod) -> PodRow {
        let mut row = PodRow::default();
        let none = k8s_openapi::api::core::v1::PodStatus::default();
        let status = pod.status.as_ref().unwrap_or(&none);
        let spec = pod.spec.as_ref();
        let inits = spec.and_then(|s| s.init_containers.as_deref()).unwrap_or_default();
        row.total = spec.map_or(0, |s| s.containers.len()) as u32;
        row.ip = status.pod_ip.clone().unwrap_or_default();
        row.node = spec.and_then(|s| s.node_name.clone()).unwrap_or_default();
        row.phase = status.phase.clone().unwrap_or_default();
        row.deleting = pod.metadata.deletion_timestamp.is_some();
        let mut reason = status.reason.clone().filter(|r| !r.is_empty()).unwrap_or_else(|| row.phase.clone());
        if status.conditions.iter().flatten().any(|c| c.type_ == "PodScheduled" && c.reason.as_deref() == Some("SchedulingGated")) {
            "SchedulingGated".clone_into(&mut reason);
        }
        row.total += inits.iter().filter(|c| is_sidecar(c)).count() as u32;
        let mut restarts = 0;
        let mut sidecar_restarts = 0;
        let mut last = None;
        let mut sidecar_last = None;
        let mut initializing = false;
        for (i, c) in status.init_container_statuses.iter().flatten().enumerate() {
            let sidecar = inits.iter().any(|s| s.name == c.name && is_sidecar(s));
            restarts += c.restart_count;
            last = later(last, last_end(c));
            if sidecar {
                sidecar_restarts += c.restart_count;
                sidecar_last = later(sidecar_last, last_end(c));
            }
            let terminated = c.state.as_ref().and_then(|s| s.terminated.as_ref());
            let waiting = c.state.as_ref().and_then(|s| s.waiting.as_ref()).and_then(|w| w.reason.as_deref()).unwrap_or_default();
            if terminated.is_some_and(|t| t.exit_code == 0) {
                continue;
            }
            if sidecar && c.started == Some(true) {
                row.ready += u32::from(c.ready);
                continue;
            }
            reason = match terminated {
                Some(t) => match t.reason.as_deref().unwrap_or_default() {
                    "" if t.signal.unwrap_or(0) != 0 => format!("Init:Signal:{}", t.signal.unwrap_or(0)),
                    "" => format!("Init:ExitCode:{}", t.exit_code),
                    why => format!("Init:{why}"),
                },
                None if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
                None => format!("Init:{i}/{}", inits.len()),
            };
            initializing = true;
            break;
        }
        if !initializing || condition(pod, "Initialized") {
            restarts = sidecar_restarts;
            last = sidecar_last;
            let mut running = false;
            for c in status.container_statuses.iter().flatten().rev() {
                restarts += c.restart_count;
                last = later(last, last_end(c));
                let state = c.state.clone().unwrap_or_default();
                if let Some(why) = state.waiting.and_then(|w| w.reason).filter(|r| !r.is_empty()) {
                    reason = why;
                } else if let Some(t) = state.terminated {
                    reason = match t.reason.filter(|r| !r.is_empty()) {
                        Some(why) => why,
                        None if t.signal.unwrap_or(0) != 0 => format!("Signal:{}", t.signal.unwrap_or(0)),
                        None => format!("ExitCode:{}", t.exit_code),
                    };
                } else if c.ready && state.running.is_some() {
                    running = true;
                    row.ready += 1;
                }
            }
            if reason == "Completed" && running {
                (if condition(pod, "Ready") { "Running" } else { "NotReady" }).clone_into(&mut reason);
            }
        }
        if row.deleting && !matches!(row.phase.as_str(), "Succeeded" | "Failed") {
            (if status.reason.as_deref() == Some("NodeLost") { "Unknown" } else { "Terminating" }).clone_into(&mut reason);
        }
        row.restarts = restarts;
        row.last_restart = last;
        row.status = if reason.is_empty() { "Pending".to_owned() } else { reason };
        row
    }

    /// READY: `1/2`.
    pub fn ready_text(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    /// RESTARTS: `3 (12s ago)`.
    pub fn restarts_text(&self, settings: &Settings, now: SimTime) -> String {
        match &self.last_restart {
            Some(t) if self.restarts > 0 => format!("{} ({} ago)", self.restarts, age(now.since(moment(settings, t)))),
            _ => self.restarts.to_string(),
        }
    }

    /// Role of the STATUS.
    pub fn role(&self) -> Role {
        let status = self.status.strip_prefix("Init:").unwrap_or(&self.status);
        match status {
            "Running" if self.ready == self.total => Role::Running,
            "Running" | "NotReady" => Role::NotReady,
            "Completed" | "Succeeded" => Role::Completed,
            "Terminating" => Role::Terminating,
            "Pending" | "SchedulingGated" => Role::Waiting,
            "ContainerCreating" | "PodInitializing" => Role::Starting,
            s if s.ends_with("BackOff") => Role::BackOff,
            s if s.contains('/') => Role::Starting,
            _ => Role::Failed,
        }
    }
}

/// An age as kubectl prints it (follows `HumanDuration` in apimachinery/pkg/util/duration/duration.go).
pub fn age(ms: u64) -> String {
    let s = ms / 1000;
    let (m, h) = (s / 60, s / 3600);
    match () {
        () if s < 120 => format!("{s}s"),
        () if m < 10 && s.is_multiple_of(60) => format!("{m}m"),
        () if m < 10 => format!("{m}m{}s", s % 60),
        () if m < 180 => format!("{m}m"),
        () if h < 8 && m % 60 == 0 => format!("{h}h"),
        () if h < 8 => format!("{h}h{}m", m % 60),
        () if h < 48 => format!("{h}h"),
        () if h < 192 && h.is_multiple_of(24) => format!("{}d", h / 24),
        () if h < 192 => format!("{}d{}h", h / 24, h % 24),
        () => format!("{}d", h / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_kubectl_prints_them() {
        for (ms, text) in [(0, "0s"), (119_999, "119s"), (120_000, "2m"), (125_000, "2m5s"), (600_000, "10m"), (3_600_000 * 3, "3h"), (3_600_000 * 50, "2d2h")]
        {
            assert_eq!(age(ms), text);
        }
    }

    #[test]
    fn a_pod_without_status_is_pending() {
        assert_eq!(PodRow::of(&Pod::default()).status, "Pending");
    }
}
