//! A change of size: one ReplicaSet takes it, or all share it in the middle of a rollout (follows `scale` in sync.go).

use super::{DESIRED, MAX, Sync, available, size};
use crate::controllers::rollout::{self, Share};

impl Sync<'_, '_> {
    /// Gives the ReplicaSets the sizes that the Deployment's size asks for.
    pub(super) fn scale(&mut self, new: Option<usize>) {
        let replicas = self.replicas();
        let active: Vec<usize> = (0..self.sets.len()).filter(|i| size(&self.sets[*i]) > 0).collect();
        if active.len() <= 1 {
            let newest_old = (0..self.sets.len()).rev().find(|i| Some(*i) != new);
            if let Some(only) = active.first().copied().or(new).or(newest_old) {
                self.resize(only, replicas);
            }
            return;
        }
        if new.is_some_and(|n| self.is_saturated(n)) {
            for i in active.into_iter().filter(|i| Some(*i) != new) {
                self.resize(i, 0);
            }
            return;
        }
        if !self.rolling() {
            return;
        }
        let surge = self.limits().0;
        let total: i32 = active.iter().map(|i| size(&self.sets[*i])).sum();
        let allowed = if replicas > 0 { replicas + surge } else { 0 };
        let mut order = active;
        // Largest first; of equal ones the newer first when growing, the older first when shrinking.
        if allowed > total {
            order.reverse();
        }
        order.sort_by_key(|i| std::cmp::Reverse(size(&self.sets[*i])));
        let shares: Vec<Share> = order.iter().map(|i| Share { size: size(&self.sets[*i]), max_before: self.number(*i, MAX) }).collect();
        let running = self.deployment.status.as_ref().and_then(|s| s.replicas).unwrap_or(0);
        for (i, to) in order.into_iter().zip(rollout::proportions(&shares, replicas, surge, running)) {
            self.write_size(i, to);
        }
    }

    /// Whether a ReplicaSet has all the Deployment's Pods, and they are available.
    fn is_saturated(&self, index: usize) -> bool {
        let replicas = self.replicas();
        size(&self.sets[index]) == replicas && self.number(index, DESIRED) == Some(replicas) && available(&self.sets[index]) == replicas
    }

    /// A number in an annotation of a ReplicaSet.
    fn number(&self, index: usize, annotation: &str) -> Option<i32> {
        self.sets[index].metadata().annotations.as_ref()?.get(annotation)?.parse().ok()
    }
}
