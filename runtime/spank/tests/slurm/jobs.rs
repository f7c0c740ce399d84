//! Jobs that go well: batch, interactive, direct.

use crate::cluster::plugstack;
use crate::ground::at;
use crate::inside::with_cluster;

const LOOK: &str = "echo $(cat /name) $(hostname) job $(cat /var/shifterSlurm.jobid)";

#[test]
fn a_batch_job_resolves_its_image_once_and_needs_no_gateway_afterwards() {
    with_cluster(|cluster| {
        let script = format!(
            "until test -e /srv/out/go; do sleep .05; done
             env | grep SHIFTER_ | sort
             shifter sh -c '{LOOK}; cat /var/hostsfile'
             srun -N2 shifter sh -c '{LOOK}' | sort"
        );
        let job = cluster.sbatch(&["-N2", "--image=hello:1"], &script).job();
        cluster.gateway = None;
        std::fs::write(at("out/go"), "").unwrap();
        let said = cluster.output(&job);
        std::fs::remove_file(at("out/go")).unwrap();
        let hello = &cluster.hello;
        for line in [
            format!("SLURM_SPANK_SHIFTER_IMAGE={hello}"),
            "SLURM_SPANK_SHIFTER_IMAGETYPE=id".to_owned(),
            "SLURM_SPANK_SHIFTER_IMAGEREQUEST=docker:hello:1".to_owned(),
            format!("hello:1 n1 job {job}\nn1\n"),
            format!("hello:1 n1 job {job}\nhello:1 n2 job {job}\n"),
        ] {
            assert!(said.contains(&line), "no `{line}` in:\n{said}\n{}", crate::cluster::logs());
        }
        cluster.until_idle();
        assert_eq!((cluster.mounted(1), cluster.mounted(2)), (0, 0));
        assert!(!crate::cluster::logs().contains(&format!("shifter: job {job}:")), "{}", crate::cluster::logs());
    });
}

#[test]
fn a_direct_srun_runs_in_its_image() {
    with_cluster(|cluster| {
        let said = cluster
            .as_alice(&["srun", "-N3", "--image=hello:1", "shifter", "sh", "-c", "echo $(cat /name) $(id -u)"])
            .ok();
        assert_eq!(said, "hello:1 11100\n".repeat(3));
        let alone = ["srun", "--export=NONE", "--image=hello:1", "/srv/shifter/bin/shifter", "cat", "/name"];
        assert_eq!(cluster.as_alice(&alone).ok(), "hello:1\n");
        cluster.until_idle();
        assert_eq!(cluster.mounted(1), 0);
    });
}

#[test]
fn an_allocation_runs_several_images_and_volumes_add_up() {
    with_cluster(|cluster| {
        let shell = "srun shifter sh -c 'cat /name; cat /a/mark /b/mark'
                     srun --image=other:1 shifter cat /name
                     srun --volume=/srv/out/one:/c shifter sh -c 'cat /c/mark; ls /a 2>&1'
                     shifter cat /name /b/mark";
        for name in ["one", "two"] {
            std::fs::create_dir_all(at(&format!("out/{name}"))).unwrap();
            std::fs::write(at(&format!("out/{name}/mark")), format!("{name}\n")).unwrap();
        }
        let volumes = ["--volume=/srv/out/one:/a", "--volume=/srv/out/two:/b"];
        let said = cluster
            .as_alice(&[&["salloc", "-N1", "--image=docker:hello:1"], &volumes[..], &["sh", "-c", shell]].concat());
        let lines = "hello:1\none\ntwo\nother:1\none\n";
        assert!(said.out.starts_with(lines), "{said:#?}");
        assert!(said.out.contains("'/a'") && said.out.ends_with("hello:1\ntwo\n"), "{said:#?}");
        cluster.until_idle();
    });
}

#[test]
fn what_is_wrong_is_refused_before_there_is_a_job() {
    with_cluster(|cluster| {
        for need in ["required", "optional"] {
            plugstack(need, "pull_at_submit=refuse");
            for (option, why) in [
                ("--image=nowhere:1", "image `docker:nowhere:1` is not there"),
                ("--image=x$(id)", "image `x$(id)`: "),
                ("--volume=/tmp:/etc", "nothing may be mounted there"),
                ("--module=none-such", "no module is called `none-such`"),
            ] {
                let said = cluster.as_alice(&["srun", option, "true"]).fails();
                assert!(said.contains(&format!("shifter: {why}")) || said.contains(why), "{need} {option}: {said}");
                assert!(said.contains("Invalid --"), "{said}");
                let said = cluster.sbatch(&[option], "true").0;
                assert!(said.code != Some(0) && said.err.contains(why), "{need} {option}: {said:?}");
            }
            // Who asks for nothing is not concerned.
            cluster.gateway = None;
            assert_eq!(cluster.as_alice(&["srun", "echo", "here"]).ok(), "here\n");
            let said = cluster.as_alice(&["srun", "--image=hello:1", "true"]).fails();
            assert!(said.contains("no image gateway answers"), "{said}");
            cluster.as_it_was();
        }
    });
}

#[test]
fn options_have_long_names_where_the_site_wants_them() {
    with_cluster(|cluster| {
        plugstack("required", "long_options enable_ccm=1");
        let help = cluster.as_alice(&["srun", "--help"]).ok();
        for option in ["--shifter.image=", "--shifter.volume=", "--shifter.module=", "--shifter.ccm "] {
            assert!(help.contains(option), "no {option} in {help}");
        }
        let said = cluster.as_alice(&["srun", "--shifter.image=hello:1", "shifter", "cat", "/name"]).ok();
        assert_eq!(said, "hello:1\n");
        plugstack("required", "enable_ssh=1");
        let said = cluster.as_alice(&["srun", "true"]).fails();
        assert!(said.contains("unknown argument `enable_ssh`; did you mean `enable_sshd`?"), "{said}");
    });
}
