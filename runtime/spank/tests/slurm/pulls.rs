//! Jobs whose image is not there when they are submitted: pulled at once, or held until it is there.

use crate::cluster::{Cluster, plugstack, until};
use crate::ground::{PREFIX, at, write};
use crate::images;
use crate::inside::with_cluster;

/// The program that releases jobs, as it is rendered, with so many seconds of patience.
fn release(cluster: &Cluster, seconds: u32) {
    let text = include_str!("../../../../templates/slurm/shifter-release")
        .replace("{{ source }}", "rig.toml")
        .replace("{{ shifterimg|sh }}", &format!("{PREFIX}/bin/shifterimg"))
        .replace("{{ seconds }}", &seconds.to_string());
    let program = write("hooks/shifter-release", text, 0o755);
    let said = cluster.run(&[&program.display().to_string()]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
}

fn comment(cluster: &Cluster, job: &str) -> String {
    cluster.run(&["squeue", "-h", "-j", job, "-o", "%k"]).ok().trim().to_owned()
}

#[test]
fn a_command_waits_for_an_image_that_is_not_there_yet() {
    with_cluster(|cluster| {
        images::publish("awaited", "1", &[]);
        plugstack("required", "pull_at_submit=wait pull_timeout=50");
        let said = cluster.as_alice(&["srun", "--image=awaited:1", "shifter", "cat", "/name"]);
        assert!(said.err.contains("pulling docker:awaited:1"), "{said:?}");
        assert_eq!(said.ok(), "awaited:1\n");
        let said = cluster.as_alice(&["srun", "--image=never:1", "true"]).fails();
        assert!(said.contains("image `docker:never:1`: ") && said.contains("Invalid --image"), "{said}");
    });
}

#[test]
fn a_batch_job_is_held_until_its_image_is_there_and_then_needs_no_gateway() {
    with_cluster(|cluster| {
        images::publish("held", "1", &[]);
        plugstack("required", "pull_at_submit=hold");
        let script = "shifter cat /name; srun shifter sh -c 'echo srun $(cat /name)'";
        let job = cluster.sbatch(&["-w", "n1", "--image=held:1"], script).job();
        let shown = || cluster.run(&["scontrol", "show", "job", &job]).ok();
        assert!(shown().contains("AdminComment=shifter:waiting:docker:held:1"), "{}", shown());
        assert!(shown().contains("Priority=0 ") && cluster.state(&job) == "PENDING", "{}", shown());
        let lookup = [format!("{PREFIX}/bin/shifterimg"), "lookup".to_owned(), "held:1".to_owned()];
        until("it is pulled", || cluster.as_alice(&lookup.each_ref().map(String::as_str)).code == Some(0));
        assert_eq!(cluster.state(&job), "PENDING", "nobody has released it");
        // Between two runs it is known and nothing else.
        release(cluster, 600);
        cluster.gateway = None;
        let said = cluster.output(&job);
        assert_eq!(said, "held:1\nsrun held:1\n", "{}", crate::cluster::logs());
    });
}

#[test]
fn a_job_whose_image_does_not_come_stays_held_and_says_so() {
    with_cluster(|cluster| {
        plugstack("required", "pull_at_submit=hold");
        // A pull that began and then failed: the layout goes away while the job is submitted.
        images::publish("fails", "1", &[("large", vec![7; 8 << 20])]);
        let blobs = at("layouts/fails/blobs/sha256");
        for entry in std::fs::read_dir(blobs).unwrap().flatten() {
            if entry.metadata().unwrap().len() > 1 << 20 {
                std::fs::write(entry.path(), "not the layer").unwrap();
            }
        }
        let job = cluster.sbatch(&["-w", "n1", "--image=fails:1"], "true").job();
        std::thread::sleep(std::time::Duration::from_secs(2));
        release(cluster, 0);
        assert_eq!(cluster.state(&job), "PENDING");
        let said = comment(cluster, &job);
        assert_eq!(said, "held: image docker:fails:1 is not there; pull it by: shifterimg pull docker:fails:1");
        cluster.run(&["scancel", &job]).ok();
        cluster.until_ended(&job);
    });
}
