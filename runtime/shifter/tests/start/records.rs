use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use shifter_formats::acl::Access;
use shifter_formats::record::{LONGEST, Outcome, Phase, Record};

use crate::images::{entry, index};
use crate::node::{self, STARTS};
use crate::world::{ALICE, BOB, World, at, isolated, run, write};
use crate::{image, world};

const JOB: &str = "4711";

fn in_job(world: &World, words: &[&str]) -> world::Run {
    let prepare = |command: &mut Command| {
        command.env("SLURM_JOB_ID", JOB).env("TOKEN", "s3cret");
    };
    world.run_as(ALICE, prepare, words)
}

#[test]
fn a_start_is_one_record_without_arguments_and_variables() {
    isolated(|world| {
        node::memory();
        let log = node::log();
        let named = entry("site/app:1", Access::Public);
        image::install(named.id.as_str(), "");
        index(&named);
        world.configure("confId=c0ffee\nmodule_a_siteEnv=A=1\n");
        in_job(world, &["-i", "site/app:1", "-m", "a", "-V", "/tmp:/work", "/bin/sh", "-c", "exit 0 # s3cret"]).ok();
        let line = node::line(&log);
        assert!(line.starts_with("<86>shifter[") && !line.contains("s3cret") && !line.contains("/work"), "{line}");
        let record = Record::in_log_line(&line).unwrap().unwrap();
        assert_eq!(record.phases.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(), Phase::ALL);
        assert!(record.at > 0);
        let expected = Record {
            at: record.at,
            phases: record.phases.clone(),
            job_claimed: Some(JOB.to_owned()),
            image: Some("docker:site/app:1".to_owned()),
            digest: Some(named.digest.clone()),
            id: Some(named.id.to_string()),
            modules: vec!["a".to_owned()],
            config_id: Some("c0ffee".to_owned()),
            program: Some("/bin/sh".to_owned()),
            ..Record::new(Outcome::Started, ALICE)
        };
        assert_eq!(record, expected);
        let volumes = Some("/tmp:/work".to_owned());
        assert_eq!(node::remembered(ALICE), [Record { volumes, ..expected }]);
        log.set_nonblocking(true).unwrap();
        assert!(log.recv(&mut [0]).is_err(), "one record");
    });
}

#[test]
fn a_refusal_and_a_command_that_cannot_be_started_are_records() {
    isolated(|world| {
        node::memory();
        let log = node::log();
        let next = || {
            let record = node::record(&log);
            (record.outcome, record.exit, record.error.unwrap_or_default())
        };
        world.start(&["-i", "id:gone", "id"]).fails(1);
        let (outcome, exit, error) = next();
        assert_eq!((outcome, exit), (Outcome::Refused, Some(1)));
        assert!(error.starts_with("there is no image `id:gone`"), "{error}");
        world.start(&["--imagine"]).fails(1);
        assert_eq!(
            next(),
            (Outcome::Refused, Some(1), "unknown option `--imagine`; did you mean `--image`?".to_owned())
        );
        world.shifter(&["missing"]).fails(127);
        assert_eq!(next().0, Outcome::Started);
        assert_eq!(next(), (Outcome::Failed, Some(127), "missing: No such file or directory".to_owned()));
        fs::write("/etc/shifter/udiRoot.conf", "x=1\n").unwrap();
        world.start(&["-i", "id:gone", "id"]).fails(1);
        assert_eq!(next().0, Outcome::Failed);
    });
}

#[test]
fn hostile_text_stays_within_its_record() {
    isolated(|world| {
        node::memory();
        let log = node::log();
        let forged = "x\n<86>shifter[1]: @cee: {\"at\":1,\"outcome\":\"started\",\"uid\":0}";
        let long = format!("{forged}{}", "\u{1b}\"".repeat(50_000));
        for text in [forged, &long] {
            let prepare = |command: &mut Command| {
                command.env("SLURM_JOB_ID", text);
            };
            world.run_as(ALICE, prepare, &["--image", text, "--", text]).fails(1);
            let line = node::line(&log);
            assert!(line.len() <= LONGEST && !line.contains(char::is_control), "{line}");
            let record = Record::in_log_line(&line).unwrap().unwrap();
            assert_eq!((record.outcome, record.uid), (Outcome::Refused, ALICE));
        }
        assert_eq!(node::remembered(ALICE).len(), 2);
    });
}

/// What alice's start asks of the log, by strace(1).
fn calls_on_sockets(world: &World) -> String {
    fs::write("/etc/passwd", fs::read_to_string(at("etc/passwd")).unwrap()).unwrap();
    let mut command = Command::new("strace");
    command.args(["-u", "alice", "-o", "/srv/out/trace", "-e", "trace=%network", "/srv/bin/shifter"]);
    command.args(["-i", "id:busy", "/bin/id"]).current_dir("/").stdout(Stdio::null());
    let ended = command.status().expect("install the package `strace`");
    assert!(ended.success());
    let _configured = world;
    fs::read_to_string(at("out/trace")).unwrap()
}

#[test]
fn a_record_is_sent_as_root_and_without_waiting() {
    isolated(|world| {
        let log = node::log();
        let calls = calls_on_sockets(world);
        assert!(calls.contains("SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK"), "{calls}");
        let sent = calls.lines().find(|line| line.contains("sendmsg(")).unwrap();
        assert!(sent.contains("SCM_CREDENTIALS") && sent.contains("uid=0, gid=0"), "{sent}");
        assert!(sent.contains("MSG_DONTWAIT|MSG_NOSIGNAL"), "{sent}");
        assert_eq!(node::record(&log).outcome, Outcome::Started);
    });
}

#[test]
fn a_log_that_is_full_dead_or_not_there_loses_the_record_and_delays_nothing() {
    isolated(|world| {
        let log = node::log();
        let sender = std::os::unix::net::UnixDatagram::unbound().unwrap();
        sender.set_nonblocking(true).unwrap();
        while sender.send_to(&[b'x'; 2048], "/dev/log").is_ok() {}
        let calls = calls_on_sockets(world);
        let answers = |calls: &str| calls.lines().filter(|line| line.contains("EAGAIN")).count();
        assert_eq!(answers(&calls), 1, "the full log is asked once: {calls}");
        drop(log);
        assert!(calls_on_sockets(world).contains("ECONNREFUSED"));
        fs::remove_file("/dev/log").unwrap();
        assert!(calls_on_sockets(world).contains("ENOENT"));
    });
}

#[test]
fn a_record_says_how_many_before_it_were_left_out() {
    isolated(|world| {
        node::memory();
        let log = node::log();
        world.shifter(&["id"]).ok();
        assert_eq!(node::record(&log).left_out, 0);
        // A window that is over, in which 7 were left out.
        let count: Vec<u8> = [0_u64, 512, 7].iter().flat_map(|number| number.to_le_bytes()).collect();
        fs::write(format!("{STARTS}/{ALICE}.rate"), count).unwrap();
        world.shifter(&["id"]).ok();
        assert_eq!(node::record(&log).left_out, 7);
    });
}

#[test]
fn the_nodes_memory_is_roots_and_bounded() {
    isolated(|world| {
        node::memory();
        world.shifter(&["id"]).ok();
        let mode = |path: &str| fs::metadata(path).map(|facts| (facts.uid(), facts.mode() & 0o7777)).unwrap();
        assert_eq!(mode("/run/shifter"), (0, 0o755));
        assert_eq!(mode(STARTS), (0, 0o700));
        let file = format!("{STARTS}/{ALICE}");
        assert_eq!(mode(&file), (0, 0o600));
        let line = fs::read_to_string(&file).unwrap();
        fs::write(&file, line.repeat((64 << 10) / line.len() + 1)).unwrap();
        world.shifter(&["id"]).ok();
        assert_eq!(node::remembered(ALICE).len(), 1);
        assert!(fs::metadata(format!("{file}.old")).unwrap().len() >= 64 << 10);
        fs::write(&file, line.repeat((64 << 10) / line.len() + 1)).unwrap();
        world.shifter(&["id"]).ok();
        assert_eq!(fs::read_dir(STARTS).unwrap().count(), 3);
    });
}

#[test]
fn what_cannot_be_kept_in_memory_is_not_kept() {
    isolated(|world| {
        node::memory();
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", "ulimit -f 100; exec /srv/bin/shifter -i id:busy id"]).current_dir("/");
        run(ALICE, limited).ok();
        assert!(!fs::exists("/run/shifter").unwrap(), "a limit on files");
        // A directory that is not root's alone is not used.
        fs::create_dir("/run/shifter").unwrap();
        std::os::unix::fs::chown("/run/shifter", Some(BOB), None).unwrap();
        world.shifter(&["id"]).ok();
        assert_eq!(fs::read_dir("/run/shifter").unwrap().count(), 0);
    });
}

#[test]
fn why_tells_the_callers_own_starts_and_nobody_elses() {
    isolated(|world| {
        node::memory();
        let why = |uid, option: &str| world.run_as(uid, |_| {}, &[option]);
        let nothing = "shifter: no start of yours is recorded on this node since it was booted\n";
        assert_eq!(why(ALICE, "--why").fails(1), nothing);
        world.configure("siteFs=/srv/host:/host:ro\nmodule_m_siteFs=/srv/etc:/of/module");
        in_job(world, &["-i", "id:busy", "-m", "m", "-V", "/tmp:/mine", "id"]).ok();
        let told = why(ALICE, "--why").ok();
        for line in [
            "volumes        /tmp:/mine\n",
            "mount          /srv/host:/host:ro (siteFs)\n",
            "mount          /srv/etc:/of/module (module m)\n",
        ] {
            assert!(told.contains(line), "{line} in {told}");
        }
        in_job(world, &["-i", "id:busy", "missing"]).fails(127);
        in_job(world, &["-i", "id:gone", "id"]).fails(1);
        let last = why(ALICE, "--why").ok();
        assert!(last.starts_with("refused ") && last.contains(", in job 4711\n"), "{last}");
        assert!(!last.contains("mount"), "{last}");
        assert!(
            last.contains("image          id:gone\n") && last.contains("because        there is no image"),
            "{last}"
        );
        let of_job = why(ALICE, "--why=4711").ok();
        assert!(of_job.starts_with("job            4711: 2 started, 1 refused, 1 failed\nfailed "), "{of_job}");
        assert!(of_job.contains("because        missing: No such file or directory\n"), "{of_job}");
        assert!(why(ALICE, "--why=1").fails(1).contains("no start of yours in job `1`"));
        assert_eq!(why(BOB, "--why").fails(1), nothing);
        assert!(why(BOB, "--why=4711").fails(1).contains("no start of yours"));
    });
}

#[test]
fn why_in_a_container_tells_what_it_is_made_of() {
    const SCRIPT: &str = "for lib in /programs/lib*/*/; do LD_LIBRARY_PATH=$lib:$LD_LIBRARY_PATH; done; \
        export LD_LIBRARY_PATH; /programs/srv/bin/shifter --why";
    isolated(|world| {
        fs::create_dir_all(at("programs")).unwrap();
        image::copy_with_libraries("/srv/bin/shifter", &at("programs"));
        write("data/x", "");
        world.configure("confId=c0ffee\nsiteFs=/srv/programs:/programs;/srv/data:/data2:ro\nmodule_a_siteEnv=A=1");
        let told = world.shifter(&["-m", "a", "/bin/sh", "-c", SCRIPT]).ok();
        for line in [
            "image          id:busy\n",
            "identity       busy\n",
            "modules        a\n",
            "configuration  c0ffee\n",
            "mount          / from overlay ",
            "mount          /data2 from tmpfs ",
            ", its /data (ro)\n",
        ] {
            assert!(told.contains(line), "{line} in {told}");
        }
    });
}
