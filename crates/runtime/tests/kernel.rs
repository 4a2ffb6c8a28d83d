//! What containers of one or two Pods see of files, signals, sockets and names.

use podglass_runtime::{
    ContainerConfig, ContainerId, Happening, Mount, NetworkTable, ProjectedFile, Request, Runtime, SandboxConfig, SandboxId, Signal, SimTime, TaskId,
    TaskOutcome, VolumeKind, catalogue::Catalogue,
};
use std::{net::Ipv4Addr, rc::Rc};

fn runtime() -> Runtime {
    Runtime::new(Rc::new(Catalogue::builtin()), 1, 1_768_478_400_000)
}

fn sandbox(runtime: &mut Runtime, last: u8) -> SandboxId {
    runtime.create_sandbox(SimTime::ZERO, SandboxConfig::alone(&format!("pod-{last}"), Ipv4Addr::new(10, 244, 0, last)))
}

fn script(text: &str) -> ContainerConfig {
    ContainerConfig {
        name: "main".to_owned(),
        image: "busybox".to_owned(),
        command: ["sh", "-c", text].map(str::to_owned).to_vec(),
        args: Vec::new(),
        env: Vec::new(),
        working_dir: None,
        user: None,
        group: None,
        fs_group: None,
        mounts: Vec::new(),
        read_only_root: false,
        memory_limit: None,
        termination_message_path: "/dev/termination-log".to_owned(),
        declared_ports: Vec::new(),
        init: false,
        stdin: false,
        tty: false,
        stop_signal: None,
    }
}

fn start(runtime: &mut Runtime, sandbox: SandboxId, config: ContainerConfig) -> ContainerId {
    runtime.start(SimTime::ZERO, sandbox, config).expect("it starts")
}

fn log(runtime: &Runtime, container: ContainerId) -> String {
    runtime.logs(container).iter().flat_map(|l| [&*l.text, "\n"]).collect()
}

#[track_caller]
fn check(config: ContainerConfig, expected: &str) {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let c = start(&mut r, pod, config);
    r.advance(SimTime(20_000));
    assert_eq!(log(&r, c), expected);
}

fn outcome(runtime: &mut Runtime, task: TaskId) -> Option<TaskOutcome> {
    runtime.take_occurrences().into_iter().find_map(|o| match o.what {
        Happening::TaskEnded { task: t, outcome } if t == task => Some(outcome),
        _ => None,
    })
}

#[test]
fn a_volume_hides_what_the_image_has_and_is_shared() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let volume = r.create_volume(SimTime::ZERO, VolumeKind::EmptyDir, "data");
    let mount = |path: &str, read_only| Mount { volume, path: path.to_owned(), sub_path: String::new(), read_only };
    let writer = ContainerConfig { mounts: vec![mount("/etc", false)], ..script("ls /etc | grep -c passwd; echo hello > /etc/greeting; sleep 100") };
    let reader = ContainerConfig { mounts: vec![mount("/in", true)], ..script("sleep 1; cat /in/greeting; echo x > /in/no; echo $?") };
    start(&mut r, pod, writer);
    let reader = start(&mut r, pod, reader);
    r.advance(SimTime(5_000));
    assert_eq!(log(&r, reader), "hello\nsh: can't create /in/no: Read-only file system\n1\n");
    assert_eq!(r.volume_files(volume).iter().map(|f| f.path.clone()).collect::<Vec<_>>(), ["/greeting"]);
}

#[test]
fn projected_files_change_all_at_once_through_their_link() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let volume = r.create_volume(SimTime::ZERO, VolumeKind::Projected, "config");
    let file = |content: &str| vec![ProjectedFile { path: "app.conf".to_owned(), content: content.as_bytes().to_vec(), mode: 0o644 }];
    r.project(SimTime::ZERO, volume, file("one\n"));
    let mount = |path: &str, sub_path: &str| Mount { volume, path: path.to_owned(), sub_path: sub_path.to_owned(), read_only: true };
    let config = ContainerConfig {
        mounts: vec![mount("/config", ""), mount("/single.conf", "app.conf")],
        ..script("while true; do cat /config/app.conf /single.conf; readlink /config/app.conf; sleep 2; done")
    };
    let c = start(&mut r, pod, config);
    r.advance(SimTime(1_000));
    r.project(SimTime(1_000), volume, file("two\n"));
    r.advance(SimTime(3_000));
    assert_eq!(log(&r, c), "one\none\n..data/app.conf\ntwo\none\n..data/app.conf\n");
}

#[test]
fn a_read_only_root_refuses_writes_but_not_to_volumes_and_devices() {
    check(
        ContainerConfig { read_only_root: true, ..script("echo x > /tmp/x; echo done > /dev/null && echo fine") },
        "sh: can't create /tmp/x: Read-only file system\nfine\n",
    );
}

#[test]
fn another_user_may_not_write_what_is_roots() {
    check(
        ContainerConfig { user: Some(1000), ..script("id -u; echo x > /etc/x; touch /tmp/mine && echo ok; cat /etc/passwd > /dev/null && echo readable") },
        "1000\nsh: can't create /etc/x: Permission denied\nok\nreadable\n",
    );
}

#[test]
fn pid_one_without_a_handler_ignores_term_and_is_killed_by_kill() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let c = start(&mut r, pod, script("sleep 1000"));
    r.signal(SimTime(1_000), c, Signal::Term);
    r.advance(SimTime(5_000));
    assert!(r.is_running(c));
    r.signal(SimTime(6_000), c, Signal::Kill);
    let ended =
        r.take_occurrences().into_iter().find_map(|o| if let Happening::Exited { code, signal, .. } = o.what { Some((o.at, code, signal)) } else { None });
    assert_eq!(ended, Some((SimTime(6_000), 137, Some(Signal::Kill))));
}

#[test]
fn the_termination_message_is_reported() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    start(&mut r, pod, script("echo because > /dev/termination-log; exit 3"));
    r.advance(SimTime(100));
    let ended = r.take_occurrences().into_iter().find_map(|o| if let Happening::Exited { code, message, .. } = o.what { Some((code, message)) } else { None });
    assert_eq!(ended, Some((3, "because\n".to_owned())));
}

#[test]
fn a_program_that_is_not_there_cannot_be_started() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let error = |r: &mut Runtime, argv: &str| {
        r.start(SimTime::ZERO, pod, ContainerConfig { command: vec![argv.to_owned()], ..script("") }).expect_err("refused").message
    };
    assert!(error(&mut r, "sleep2.0").ends_with("unable to start container process: exec: \"sleep2.0\": executable file not found in $PATH"));
    assert!(error(&mut r, "/bin/nosuch").ends_with("exec: \"/bin/nosuch\": stat /bin/nosuch: no such file or directory"));
    assert!(error(&mut r, "/etc/passwd").ends_with("exec: \"/etc/passwd\": permission denied"));
}

#[test]
fn a_task_runs_beside_pid_one_and_reports_its_output() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let c = start(&mut r, pod, script("echo ready > /tmp/healthy; sleep 1000"));
    r.advance(SimTime(1_000));
    let task = r.exec(SimTime(1_000), c, ["sh", "-c", "cat /tmp/healthy; echo $PPID $$ >&2; exit 4"].map(str::to_owned).to_vec(), String::new());
    r.advance(SimTime(2_000));
    let Some(TaskOutcome::Exited { code, stdout, .. }) = outcome(&mut r, task) else { panic!("it ended") };
    assert_eq!((code, stdout.as_str()), (4, "ready\n"));
    let task = r.exec(SimTime(2_000), c, vec!["nosuch".to_owned()], String::new());
    assert_eq!(
        outcome(&mut r, task),
        Some(TaskOutcome::NotStarted(
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH".to_owned()
        ))
    );
}

#[test]
fn an_assumed_image_answers_on_its_declared_ports_and_a_second_bind_fails() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let unknown = || ContainerConfig { image: "example.com/mystery:1".to_owned(), command: Vec::new(), declared_ports: vec![8080], ..script("") };
    start(&mut r, pod, unknown());
    r.advance(SimTime(500));
    let get = |r: &mut Runtime, port| {
        r.request(
            SimTime(1_000),
            0,
            Request::Http {
                ip: Ipv4Addr::new(10, 244, 0, 5),
                port,
                https: false,
                method: "GET".to_owned(),
                path: "/".to_owned(),
                headers: Vec::new(),
                body: String::new(),
            },
        )
    };
    let task = get(&mut r, 8080);
    r.advance(SimTime(1_500));
    assert!(matches!(outcome(&mut r, task), Some(TaskOutcome::Http { status: 200, .. })));
    let task = get(&mut r, 81);
    assert_eq!(outcome(&mut r, task), Some(TaskOutcome::Failed("dial tcp 10.244.0.5:81: connect: connection refused".to_owned())));
    start(&mut r, pod, unknown());
    r.advance(SimTime(3_000));
    let happened: Vec<Happening> = r.take_occurrences().into_iter().map(|o| o.what).collect();
    assert!(happened.iter().any(|h| matches!(h, Happening::PortInUse { port: 8080, .. })));
    assert!(happened.iter().any(|h| matches!(h, Happening::Exited { code: 1, .. })));
}

#[test]
fn a_busy_loop_is_told_and_others_go_on() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    start(&mut r, pod, script("while true; do :; done"));
    let other = start(&mut r, pod, script("sleep 1; echo alive"));
    r.advance(SimTime(2_000));
    assert_eq!(log(&r, other), "alive\n");
    assert!(r.take_occurrences().iter().any(|o| o.what == Happening::BurningCpu));
}

#[test]
fn names_are_looked_up_with_search_domains() {
    let mut r = runtime();
    let pod = sandbox(&mut r, 5);
    let c = start(&mut r, pod, script("until nslookup db.default.svc.cluster.local > /dev/null 2>&1; do echo waiting; sleep 2; done; echo found"));
    r.advance(SimTime(3_000));
    let mut table = NetworkTable::default();
    table.names.insert("db.default.svc.cluster.local".to_owned(), vec![Ipv4Addr::new(10, 96, 3, 4)]);
    r.set_network(SimTime(3_000), table);
    r.advance(SimTime(9_000));
    let text = log(&r, c);
    // Without the program the loop would wait for ever.
    assert!(text.starts_with("waiting\nwaiting\n"), "{text}");
}

#[test]
fn a_clone_goes_on_as_the_original_does_in_small_steps_as_in_large_ones() {
    let build = || {
        let mut r = runtime();
        let pod = sandbox(&mut r, 5);
        let c = start(
            &mut r,
            pod,
            script("i=0; trap 'echo bye; exit 0' TERM; tail -f /tmp/l 2>/dev/null & while true; do i=$((i+1)); echo $i $RANDOM | tee -a /tmp/l; sleep 1; done"),
        );
        (r, c)
    };
    let (mut a, c) = build();
    for ms in 0..100 {
        a.advance(SimTime(ms * 100));
    }
    let mut copy = a.clone();
    a.advance(SimTime(20_000));
    a.signal(SimTime(20_500), c, Signal::Term);
    a.advance(SimTime(25_000));
    copy.advance(SimTime(20_000));
    copy.signal(SimTime(20_500), c, Signal::Term);
    copy.advance(SimTime(25_000));
    let (mut b, _) = build();
    b.advance(SimTime(20_000));
    b.signal(SimTime(20_500), c, Signal::Term);
    b.advance(SimTime(25_000));
    assert!(log(&a, c).ends_with("bye\n"));
    assert_eq!(a.logs(c), b.logs(c));
    assert_eq!(a.logs(c), copy.logs(c));
    assert_eq!(a.take_occurrences(), b.take_occurrences());
}
