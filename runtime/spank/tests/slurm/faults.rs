//! Jobs that do not go well: no container, killed, cancelled in the middle of its set-up, a node that is lost.

use std::process::Stdio;

use crate::cluster::{logs, plugstack, udiroot, until};
use crate::ground::{at, write};
use crate::inside::with_cluster;

/// What setupRoot finds in its way, and starts do not mind.
const OBSTACLE: &str = "mount -t tmpfs -o mode=755 obstacle /srv/udi";

#[test]
fn a_set_up_that_fails_costs_a_job_nothing_unless_the_site_says_so() {
    with_cluster(|cluster| {
        cluster.on_node(1, OBSTACLE).ok();
        let look = "test ! -e /var/shifterSlurm.jobid && cat /name";
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "sh", "-c", look]).ok();
        assert_eq!(said, "hello:1\n");
        let log = std::fs::read_to_string(at("log/slurmd-n1")).unwrap();
        assert!(log.contains("no container: something that setupRoot did not make is mounted at"), "{log}");
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), 1, "what is not ours stays");
        cluster.on_node(1, "umount /srv/udi").ok();
    });
}

#[test]
fn a_job_that_must_not_run_without_its_container_fails_and_says_why() {
    with_cluster(|cluster| {
        let why = "the container of this job could not be made: something that setupRoot did not make is mounted";
        cluster.on_node(1, OBSTACLE).ok();
        for need in ["required", "optional"] {
            plugstack(need, "on_setup_failure=fail-job");
            let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/name"]).fails();
            assert!(said.contains(why), "{said}");
            let job = cluster.sbatch(&["-w", "n1", "--image=hello:1"], "shifter cat /name").job();
            let said = cluster.output(&job);
            assert!(said.contains(why) && !said.contains("hello:1\n"), "{said}");
            assert_eq!(cluster.state(&job), "FAILED");
            cluster.until_idle();
        }
        cluster.on_node(1, "umount /srv/udi; test -z \"$(ls /run/shifter/slurm)\"").ok();
    });
}

#[test]
fn a_node_drains_where_the_site_wants_that() {
    with_cluster(|cluster| {
        plugstack("required", "on_setup_failure=drain");
        cluster.on_node(1, OBSTACLE).ok();
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/name"]);
        assert_ne!(said.code, Some(0), "{said:?}");
        until("the node drains", || cluster.nodes()[0].starts_with("drain"));
        cluster.on_node(1, "umount /srv/udi").ok();
        cluster.run(&["scancel", "-u", "alice"]);
        until("it is back", || {
            cluster.run(&["scontrol", "update", "nodename=n1", "state=resume"]);
            cluster.nodes()[0] == "idle"
        });
    });
}

#[test]
fn a_job_that_is_killed_leaves_nothing_on_its_nodes() {
    with_cluster(|cluster| {
        let job = cluster.sbatch(&["-N2", "--image=hello:1"], "srun -N2 shifter sleep 600").job();
        until("it runs", || cluster.on_node(2, "pgrep -f '^sleep 600' >/dev/null").code == Some(0));
        assert!(cluster.mounted(1) > 0 && cluster.mounted(2) > 0, "{}", logs());
        cluster.run(&["scancel", &job]).ok();
        cluster.until_ended(&job);
        cluster.until_idle();
        assert_eq!((cluster.mounted(1), cluster.mounted(2)), (0, 0));
    });
}

#[test]
fn a_job_that_is_cancelled_in_its_set_up_leaves_nothing() {
    with_cluster(|cluster| {
        write("hooks/slow", "echo >/srv/out/begun; sleep 2\n", 0o700);
        udiroot("sitePreMountHook=/srv/hooks/slow");
        let job = cluster.sbatch(&["-w", "n1", "--image=hello:1"], "shifter cat /name").job();
        until("its set-up begins", || at("out/begun").exists());
        cluster.run(&["scancel", &job]).ok();
        cluster.until_ended(&job);
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), 0);
        std::fs::remove_file(at("out/begun")).unwrap();
        udiroot("");
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/name"]).ok();
        assert_eq!(said, "hello:1\n");
    });
}

#[test]
fn a_node_that_was_lost_serves_the_next_job() {
    with_cluster(|cluster| {
        plugstack("required", "exclusive_nodes=1");
        let words = ["sbatch", "--parsable", "--no-requeue", "-N2", "-w", "n1,n2", "--image=hello:1"];
        let long =
            cluster.alice(&[&words[..], &["--wrap", "sleep 600"]].concat()).stdout(Stdio::piped()).output().unwrap();
        let job = String::from_utf8(long.stdout).unwrap().trim().to_owned();
        until("it runs", || cluster.state(&job) == "RUNNING" && cluster.mounted(2) > 0);
        cluster.lose(2, |cluster| {
            cluster.run(&["scontrol", "update", "nodename=n2", "state=down", "reason=lost"]).ok();
            cluster.until_ended(&job);
        });
        assert!(cluster.mounted(2) > 0, "nobody has cleared the lost node");
        until("it is back", || {
            cluster.run(&["scontrol", "update", "nodename=n2", "state=resume"]);
            cluster.nodes()[1] == "idle"
        });
        let look = "echo $SLURM_JOB_ID $(cat /var/shifterSlurm.jobid)";
        let said = cluster.as_alice(&["srun", "-w", "n2", "--image=hello:1", "shifter", "sh", "-c", look]).ok();
        let numbers: Vec<&str> = said.split_whitespace().collect();
        assert!(numbers.len() == 2 && numbers[0] == numbers[1], "{said}{}", logs());
        cluster.until_idle();
        assert_eq!((cluster.mounted(1), cluster.mounted(2)), (0, 0));
    });
}
