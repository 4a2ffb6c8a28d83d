//! What a failed Pod means for its Job, and when some indexes are enough (follows pod_failure_policy.go and success_policy.go).

use super::indexes::Indexes;
use k8s_openapi::api::batch::v1::{JobSpec, PodFailurePolicyOnExitCodesRequirement};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// What a failed Pod means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It counts against the limit.
    Count,
    /// It does not count.
    Ignore,
    /// The Job has failed, with this message.
    FailJob(String),
    /// Its index has failed.
    FailIndex,
}

/// The first rule that matches decides.
pub(super) fn judge(spec: &JobSpec, pod: &Pod) -> Verdict {
    let Some(policy) = &spec.pod_failure_policy else { return Verdict::Count };
    let name = format!("{}/{}", pod.metadata.namespace.as_deref().unwrap_or_default(), pod.metadata.name.as_deref().unwrap_or_default());
    for (index, rule) in policy.rules.iter().enumerate() {
        let message = if let Some(wanted) = &rule.on_exit_codes {
            matching_container(pod, wanted).map(|(container, code)| {
                format!("Container {container} for pod {name} failed with exit code {code} matching {} rule at index {index}", rule.action)
            })
        } else {
            let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
            conditions
                .filter(|c| rule.on_pod_conditions.iter().flatten().any(|w| w.type_ == c.type_ && w.status.as_deref().unwrap_or("True") == c.status))
                .map(|c| format!("Pod {name} has condition {} matching {} rule at index {index}", c.type_, rule.action))
                .next()
        };
        if let Some(message) = message {
            return match rule.action.as_str() {
                "Ignore" => Verdict::Ignore,
                "FailJob" => Verdict::FailJob(message),
                "FailIndex" => Verdict::FailIndex,
                _ => Verdict::Count,
            };
        }
    }
    Verdict::Count
}

/// The first ended container whose code is in the rule: app containers before init containers.
fn matching_container<'a>(pod: &'a Pod, wanted: &PodFailurePolicyOnExitCodesRequirement) -> Option<(&'a str, i32)> {
    let status = pod.status.as_ref()?;
    let all = status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten());
    let code = |c: &ContainerStatus| c.state.as_ref().and_then(|s| s.terminated.as_ref()).map(|t| t.exit_code).filter(|c| *c != 0);
    all.filter(|c| wanted.container_name.as_ref().is_none_or(|n| *n == c.name)).find_map(|c| {
        let exit = code(c)?;
        let listed = wanted.values.contains(&exit);
        (if wanted.operator == "NotIn" { !listed } else { listed }).then_some((c.name.as_str(), exit))
    })
}

/// The rule of the success policy that holds.
pub(super) fn success(spec: &JobSpec, indexes: &Indexes) -> Option<usize> {
    spec.success_policy.as_ref()?.rules.iter().position(|rule| {
        let (done, all) = indexes.completed_of(rule.succeeded_indexes.as_deref());
        done >= rule.succeeded_count.unwrap_or(all)
    })
}

/// A reason as it is kept in a condition.
pub(super) fn known_reason(text: &str) -> &'static str {
    const ALL: [&str; 7] =
        ["CompletionsReached", "SuccessPolicy", "PodFailurePolicy", "BackoffLimitExceeded", "DeadlineExceeded", "MaxFailedIndexesExceeded", "FailedIndexes"];
    ALL.into_iter().find(|r| *r == text).unwrap_or("BackoffLimitExceeded")
}
