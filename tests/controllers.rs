//! Test vectors of the controllers: rollouts, sizes, Jobs, StatefulSets and DaemonSets as Kubernetes' own tests and recordings
//! of a real cluster have them. Each file of `controllers/` is a story with what must be in its journal.

podglass_tests::stories! {
    "controllers":
    ds_waits_until_the_old_pod_has_stopped
    sts_ordered_up_down_and_update
    sts_parallel
    sts_partition
    sts_waits_for_a_broken_pod
    v31_three_replicas_default
    v32_three_replicas_surge_one
    v33_three_replicas_unavailable_one
    v34_three_replicas_surge_all
    v35_four_replicas_default
    v36_four_replicas_surge_one
    v37_four_replicas_unavailable_one
    v43_one_replica_default
    v44_one_replica_unavailable_one
    v45_two_replicas_default
    v47_three_replicas_all_at_once
    v51_stuck_three_replicas
    v51_stuck_three_replicas_surge_all
    v51_stuck_three_replicas_unavailable_one
    v52_stuck_four_replicas
    v53_stuck_ten_replicas
    v58_a_third_template_over_a_stuck_second
    v59_undo_of_a_stuck_rollout
    v60_undo_of_a_stuck_rollout_of_ten
    v61_undo_with_unavailable_one
    v62_a_new_size_and_a_new_template_at_once
    v63_a_size_alone
    v80_a_size_during_a_stuck_rollout
    v93_a_job_of_five_two_at_a_time
    v97_a_failed_pod_is_replaced_after_ten_seconds
    v98_on_failure_restarts_in_the_pod
}
