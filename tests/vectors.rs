//! Test vectors of a kubelet that need a whole Pod: the end-to-end orderings of Kubernetes' own node tests
//! (test/e2e_node/container_lifecycle_test.go), its rules for volumes, configuration and back-off, and timelines
//! that were recorded on a real node. Each file of `vectors/` is a story with what must be in its journal.

use podglass_tests::expect::Expected;
use podglass_tests::{facts, story};

#[track_caller]
fn check(name: &str) {
    let file = story::read(&format!("vectors/{name}.yaml"));
    let expected = Expected::of(&file);
    assert!(!expected.is_empty(), "{name} expects nothing");
    let cluster = story::play(&file);
    let lines = facts::lines(&cluster, 0);
    let wrong = expected.missing(&lines);
    if !wrong.is_empty() {
        let journal: Vec<String> =
            lines.iter().filter(|l| std::env::var_os("ALL").is_some() || !l.text.starts_with("print ")).map(|l| format!("{:9.3} {}", l.at, l.text)).collect();
        panic!("{name}:\n{}\n\nThe journal:\n{}", wrong.join("\n"), journal.join("\n"));
    }
}

macro_rules! vectors {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
        #[test]
        fn every_file_is_a_test() {
            assert_eq!(story::names("vectors"), [$(stringify!($name)),*]);
        }
    };
}

vectors! {
    v100_a_command_that_is_not_in_the_image
    v101_two_containers_on_one_port
    v102_run_as_non_root
    v102b_run_as_user_zero_and_non_root
    v103_a_deleted_pod_that_ends_well
    v103b_a_deleted_pod_that_is_killed
    v104_restart_all_containers
    v53_init_containers_strictly_in_order
    v54_a_failed_init_container_with_never
    v55_init_container_ends_before_post_start
    v56_a_regular_container_restarts
    v57_the_next_container_waits_for_post_start
    v58_an_init_image_that_is_missing
    v59_init_containers_do_not_run_again
    v60_deleted_and_term_is_ignored
    v61_a_pre_stop_hook_that_never_ends
    v62_a_failed_startup_probe_runs_pre_stop
    v63_a_failed_liveness_probe_runs_pre_stop
    v64_readiness_is_probed_during_pre_stop
    v65_a_sidecar_is_left_alone_during_a_kill
    v66_a_lost_sandbox_runs_everything_again
    v66b_a_lost_sandbox_with_a_sidecar
    v67_init_containers_and_sidecars_in_turn
    v68_a_sidecar_does_not_hold_a_pod_that_never_restarts
    v68b_a_sidecar_does_not_hold_a_pod_on_failure
    v68c_always_restarts_the_app_beside_its_sidecar
    v69_a_sidecar_image_that_is_missing
    v70_a_sidecar_restarts_before_and_after_the_app_starts
    v71_a_failing_init_container_before_a_sidecar_with_never
    v71b_a_failing_init_container_before_a_sidecar_on_failure
    v72_a_sidecar_before_a_failing_init_container_with_never
    v72b_a_sidecar_before_a_failing_init_container
    v73_startup_probes_gate_one_after_the_other
    v74_a_sidecar_whose_startup_probe_fails
    v75_a_sidecar_whose_liveness_probe_fails
    v76_sidecars_end_in_reverse_order
    v77_pre_stop_hooks_that_never_end
    v78_pre_stop_hooks_run_side_by_side
    v79_deleted_while_the_first_init_container_runs
    v80_the_first_restart_comes_at_the_next_relist
    v82_the_back_off_doubles
    v83_a_run_of_eleven_minutes_resets_the_back_off
    v84_a_run_of_nine_minutes_does_not
    v84b_short_lives_under_a_liveness_probe
    v84c_long_lives_under_a_liveness_probe
    v85_a_changed_image_starts_at_once
    v86_exit_code_zero_backs_off_too
    v87_a_missing_image
    v97_env_from_a_missing_config_map
    v98_a_volume_from_a_missing_config_map
    v99_an_optional_key_that_is_missing
    w12j_back_off_in_words
    w14_01_a_plain_pod_deleted
    w14_02_exits_one_at_once
    w14_03_command_not_found
    w14_04_http_liveness_always
    w14_04_http_liveness_never
    w14_06_env_from_a_missing_secret
    w14_07_a_volume_from_a_missing_config_map
    w14_08_init_containers_and_sidecars
    w14_09_deleted_with_sidecars
    w14_10_deleted_in_a_crash_loop
    w14_10_deleted_while_a_volume_is_missing
    w14_10_deleted_while_initializing
    w14_10_deleted_while_the_image_is_missing
    w14_11_a_deadline_in_a_crash_loop
    w14_11_a_deadline_while_initializing
    w14_11_a_deadline_while_running
    w14_12_post_start_fails
}
