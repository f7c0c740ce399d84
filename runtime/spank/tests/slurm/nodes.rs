//! What a node does for jobs: shared nodes, many ranks, the extern step, control groups, a whole node as a container.

use crate::cluster::{plugstack, udiroot};
use crate::ground::{at, write};
use crate::inside::with_cluster;

#[test]
fn sixty_four_ranks_of_a_node_join_one_container() {
    with_cluster(|cluster| {
        let words = ["srun", "-w", "n1", "-n64", "--overcommit", "--image=hello:1", "shifter", "sh", "-c"];
        let look = "echo $(cat /var/shifterSlurm.jobid) $(stat -c %d:%i /var/shifterConfig.json)";
        let said = cluster.as_alice(&[&words[..], &[look]].concat()).ok();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 64, "{said}");
        assert!(lines.iter().all(|line| *line == lines[0] && line.len() > 3), "{said}");
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), 0);
    });
}

#[test]
fn a_job_on_a_part_of_a_node_makes_its_own_container_and_leaves_others_alone() {
    with_cluster(|cluster| {
        let look = "cat /name; ls /var/shifterSlurm.jobid 2>&1 | grep -c cannot";
        let look = look.replace(" | grep -c cannot", "");
        let words = ["srun", "-p", "shared", "-w", "n1", "-n1", "--image=hello:1", "shifter", "sh", "-c", &look];
        let said = cluster.as_alice(&words);
        assert!(said.out.starts_with("hello:1\n") && said.out.contains("No such file"), "{said:?}");
        let log = std::fs::read_to_string(at("log/slurmd-n1")).unwrap();
        assert!(log.contains("so others may run on the node"), "{log}");

        // A container that is no job's of this node's: made by hand, as for another one.
        let setup = "/srv/shifter/sbin/setupRoot -U 11100 -G 11100 -u alice -j 999999 id";
        cluster.on_node(1, &format!("{setup} {}", cluster.hello)).ok();
        let there = cluster.mounted(1);
        cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/name"]).ok();
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), there);
        cluster.on_node(1, "/srv/shifter/sbin/unsetupRoot").ok();
        plugstack("required", "setup_root=0");
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "sh", "-c", &look]);
        assert!(said.out.contains("No such file"), "{said:?}");
    });
}

#[test]
fn tasks_wait_for_the_program_of_the_extern_step() {
    with_cluster(|cluster| {
        let program = write("hooks/extern", "#!/bin/sh\nsleep 1; id -u >/srv/out/extern; exit 3\n", 0o755);
        plugstack("required", &format!("Extern_Setup={}", program.display()));
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/srv/out/extern"]).ok();
        assert_eq!(said, "0\n");
        std::fs::remove_file(at("out/extern")).unwrap();
        cluster.until_idle();
        cluster.on_node(1, "test -z \"$(ls /run/shifter/slurm)\"").ok();
    });
}

#[test]
fn the_memory_group_of_a_job_goes_with_it() {
    with_cluster(|cluster| {
        let mount = "/sys/fs/cgroup/memory";
        if !std::path::Path::new(mount).join("tasks").exists() {
            return eprintln!("skipped: no memory controller of version 1");
        }
        plugstack("required", &format!("memory_cgroup={mount}"));
        let look = format!("ls -d {mount}/shifter/uid_11100/job_$SLURM_JOB_ID");
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "sh", "-c", &look]).ok();
        assert!(std::path::Path::new(said.trim()).starts_with(mount), "{said}");
        cluster.until_idle();
        assert!(!std::path::Path::new(said.trim()).exists(), "{}", crate::cluster::logs());
        let _others_have_it = std::fs::remove_dir(std::path::Path::new(mount).join("shifter"));
        plugstack("required", "memory_cgroup=/sys/fs/cgroup/unified");
        let said = cluster.as_alice(&["srun", "-w", "n1", "--image=hello:1", "shifter", "cat", "/name"]).ok();
        assert_eq!(said, "hello:1\n");
    });
}

#[test]
fn a_whole_node_can_be_the_container() {
    with_cluster(|cluster| {
        plugstack("required", "enable_ccm=1");
        udiroot("allowLocalChroot=1");
        let look = "ls /var/shifterConfig.json; cat /var/hostsfile; pwd; id -u; echo $SLURM_SPANK_SHIFTER_CCM";
        let said = cluster.as_alice(&["srun", "-w", "n1", "--chdir=/tmp", "--ccm", "sh", "-c", look]).ok();
        assert_eq!(said, "/var/shifterConfig.json\nn1\nn1\n/tmp\n11100\n1\n");
        let said = cluster.as_alice(&["srun", "--ccm", "--image=hello:1", "true"]).fails();
        assert!(said.contains("--ccm and --image exclude each other"), "{said}");
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), 0);
    });
}
