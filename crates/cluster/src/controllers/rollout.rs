//! The arithmetic of a rollout: surge, unavailability, sizes (follows pkg/controller/deployment/util/deployment_util.go).

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// A number or a percentage of `total`; percentages are rounded up or down. `None` where the text is no percentage.
pub(crate) fn resolve(value: Option<&IntOrString>, total: i32, up: bool) -> Option<i32> {
    match value {
        None => Some(0),
        Some(IntOrString::Int(n)) => Some(*n),
        Some(IntOrString::String(text)) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            let product = percent * i64::from(total);
            Some(if up { (product + 99).div_euclid(100) } else { product.div_euclid(100) } as i32)
        }
    }
}

/// `maxSurge` and `maxUnavailable` in Pods; both 0 becomes one unavailable (`ResolveFenceposts`).
pub(crate) fn fenceposts(surge: Option<&IntOrString>, unavailable: Option<&IntOrString>, desired: i32) -> Option<(i32, i32)> {
    let surge = resolve(surge, desired, true)?;
    let unavailable = resolve(unavailable, desired, false)?;
    Some((surge, if surge == 0 && unavailable == 0 { 1 } else { unavailable }))
}

/// The size of the new ReplicaSet within the surge (`NewRSNewReplicas`). `total` is the size of all together.
pub(crate) fn new_size(replicas: i32, surge: i32, total: i32, new: i32) -> i32 {
    let cap = replicas.saturating_add(surge);
    if total >= cap { new } else { new + (cap - total).min(replicas - new) }
}

/// One ReplicaSet in a proportional scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Its size.
    pub(crate) size: i32,
    /// What `deployment.kubernetes.io/max-replicas` says of its last scaling.
    pub(crate) max_before: Option<i32>,
}

/// The new sizes of ReplicaSets, already in the order of preference, when the Deployment's size changes in the middle
/// of a rollout (`scale` and `GetReplicaSetProportion`). `running` is the Deployment's `status.replicas`.
pub(crate) fn proportions(sets: &[Share], replicas: i32, surge: i32, running: i32) -> Vec<i32> {
    let total: i32 = sets.iter().map(|s| s.size).sum();
    let allowed = if replicas > 0 { replicas.saturating_add(surge) } else { 0 };
    let to_add = allowed - total;
    let mut added = 0;
    let mut sizes: Vec<i32> = sets
        .iter()
        .map(|set| {
            if to_add == 0 {
                return set.size;
            }
            let left = to_add - added;
            let part = if set.size == 0 || left == 0 { 0 } else { clamp(fraction(*set, replicas, surge, running), left) };
            added += part;
            set.size + part
        })
        .collect();
    if to_add != 0
        && let Some(first) = sizes.first_mut()
    {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

fn clamp(part: i32, left: i32) -> i32 {
    if left > 0 { part.min(left) } else { part.max(left) }
}

fn fraction(set: Share, replicas: i32, surge: i32, running: i32) -> i32 {
    if replicas == 0 {
        return -set.size;
    }
    let before = set.max_before.unwrap_or(running);
    if before == 0 {
        return 0;
    }
    let exact = f64::from(set.size) * f64::from(replicas.saturating_add(surge)) / f64::from(before);
    exact.round() as i32 - set.size
}

#[cfg(test)]
mod tests {
    use super::{Share, fenceposts, new_size, proportions};
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

    fn value(text: &str) -> Option<IntOrString> {
        match text {
            "-" => None,
            t => Some(t.parse().map_or_else(|_| IntOrString::String(t.into()), IntOrString::Int)),
        }
    }

    #[test]
    fn surge_is_rounded_up_and_unavailability_down() {
        for (surge, unavailable, desired, expected) in [
            ("0%", "0%", 0, Some((0, 1))),
            ("39%", "39%", 10, Some((4, 3))),
            ("oops", "39%", 10, None),
            ("-", "39%", 10, Some((0, 3))),
            ("39%", "-", 10, Some((4, 0))),
            ("-", "-", 10, Some((0, 1))),
            ("25%", "25%", 1, Some((1, 0))),
            ("25%", "25%", 3, Some((1, 0))),
            ("25%", "25%", 4, Some((1, 1))),
            ("25%", "25%", 5, Some((2, 1))),
            ("25%", "25%", 10, Some((3, 2))),
        ] {
            assert_eq!(fenceposts(value(surge).as_ref(), value(unavailable).as_ref(), desired), expected, "{surge} {unavailable} {desired}");
        }
    }

    #[test]
    fn the_new_replica_set_grows_within_the_surge() {
        for (replicas, surge, old, new, expected) in
            [(10, 0, 10, 0, 0), (10, 2, 10, 0, 2), (10, 2, 5, 0, 7), (10, 2, 10, 2, 2), (1, 1, 5, 5, 5), (6, 10, 5, 2, 6)]
        {
            assert_eq!(new_size(replicas, surge, old + new, new), expected, "{replicas} {surge} {old} {new}");
        }
    }

    #[test]
    fn a_scaling_during_a_rollout_is_shared_by_size() {
        // Sets in order of size, as the caller sorts them; the size before the scaling is their annotation.
        for (sizes, max_before, replicas, surge, expected) in [
            (vec![3, 2], 5, 10, 0, vec![6, 4]),
            (vec![3, 2], 5, 3, 0, vec![2, 1]),
            (vec![8, 1], 9, 4, 0, vec![4, 0]),
            (vec![3, 2, 2], 7, 10, 0, vec![4, 3, 3]),
            (vec![8, 3, 2], 13, 8, 0, vec![5, 2, 1]),
            (vec![1, 1, 1], 3, 4, 0, vec![2, 1, 1]),
            (vec![1, 1, 1], 3, 2, 0, vec![0, 1, 1]),
            (vec![2, 2], 4, 5, 0, vec![3, 2]),
            (vec![3, 2, 1], 6, 0, 0, vec![0, 0, 0]),
            (vec![6, 6], 12, 20, 2, vec![11, 11]),
            (vec![8, 5], 13, 50, 6, vec![34, 22]),
            (vec![7, 3], 10, 14, 0, vec![10, 4]),
            (vec![8, 5], 13, 15, 3, vec![11, 7]),
        ] {
            let shares: Vec<Share> = sizes.iter().map(|s| Share { size: *s, max_before: Some(max_before) }).collect();
            assert_eq!(proportions(&shares, replicas, surge, max_before), expected, "{sizes:?} to {replicas}");
        }
    }
}
