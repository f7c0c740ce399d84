//! What a site says holds for set-ups as for starts: what it denies, what it records, its caches, a root that is read-only.

use std::fs;
use std::path::Path;

use shifter_formats::record::{Outcome, Record};

use crate::calls::calls;
use crate::node;
use crate::setup::{Inside, joins, mounted, set_up, unset};
use crate::world::{ALICE, at, directory_of, isolated};

#[test]
fn what_the_site_denies_is_not_set_up() {
    isolated(|world| {
        world.configure("module_m_siteEnv=A=1");
        fs::write("/etc/shifter/deny", "image id:busy withdrawn\nmodule m broken\n").unwrap();
        fs::set_permissions("/etc/shifter/deny", std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        for (words, what) in [(vec!["id", "busy"], "image `id:busy`"), (vec!["-m", "m", "id", "other"], "module `m`")] {
            let said = set_up(&words).fails(1);
            assert!(said.starts_with(&format!("setupRoot: {what} is denied here: ")), "{said}");
            assert_eq!(mounted(), []);
        }
        fs::remove_file("/etc/shifter/deny").unwrap();
        set_up(&["id", "busy"]).ok();
        // What is denied after the set-up is not joined either.
        fs::write("/etc/shifter/deny", "image id:busy withdrawn\n").unwrap();
        fs::set_permissions("/etc/shifter/deny", std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains("is denied here: withdrawn"), "{said}");
        unset().ok();
    });
}

#[test]
fn a_set_up_and_its_end_are_records_of_the_user() {
    isolated(|_world| {
        node::memory();
        let log = node::log();
        let next = || Record { phases: Vec::new(), ..node::record(&log) };
        set_up(&["-v", "/tmp:/data", "id", "busy"]).ok();
        let record = next();
        let expected = Record {
            at: record.at,
            image: Some("id:busy".to_owned()),
            id: Some("busy".to_owned()),
            ..Record::new(Outcome::SetUp, ALICE)
        };
        assert_eq!(record, expected);
        set_up(&["id", "busy"]).fails(1);
        let record = next();
        assert_eq!((record.outcome, record.exit), (Outcome::Failed, Some(1)));
        assert!(record.error.unwrap().starts_with("`/srv/udi` holds a container already"));

        fs::write(at("udi/var/shifterSlurm.jobid"), "4711").unwrap();
        let inside = Inside::start(&["-i", "id:busy", "-V", "/tmp:/data"]);
        assert_eq!(next().outcome, Outcome::Started);
        unset().fails(1);
        let record = next();
        assert_eq!(
            (record.outcome, record.exit, record.job_claimed.as_deref()),
            (Outcome::TornDown, Some(1), Some("4711"))
        );
        assert!(record.error.unwrap().contains("it is in its mount namespace"));
        drop(inside);
        set_up(&["id", "busy"]).ok();
        unset().ok();
        assert_eq!(
            (next().outcome, next()),
            (Outcome::SetUp, {
                let remembered = node::remembered(ALICE);
                remembered.last().unwrap().clone()
            })
        );
    });
}

/// What a start that joins may ask of the kernel at most before the command is what runs: the loader's calls, and 41 that
/// empty the bounding set, are among them.
const MOST: usize = 147;

#[test]
fn to_join_asks_less_of_the_kernel_than_a_start() {
    isolated(|world| {
        world.shifter(&["pwd"]).ok();
        let own = calls("busy");
        set_up(&["id", "busy"]).ok();
        let joined = calls("busy");
        unset().ok();
        assert!(joined <= MOST && joined < own, "{joined} of {own}");
    });
}

#[test]
fn a_root_that_is_read_only_is_so_for_all_who_join() {
    isolated(|world| {
        let lines = world.conf.lines.replace("mountUdiRootWritable=1", "mountUdiRootWritable=0");
        world.write_conf(&lines);
        set_up(&["id", "busy"]).ok();
        assert!(joins(world, &["-i", "id:busy", "id"]));
        let script = "touch /var/x || touch /open/x || touch /etc/x";
        assert!(world.shifter(&["/bin/sh", "-c", script]).fails(1).contains("Read-only file system"));
        assert!(fs::write(at("udi/var/x"), "").is_err());
        unset().ok();
    });
}

#[test]
fn a_cache_of_the_node_is_one_for_the_job_and_ends_with_it() {
    isolated(|world| {
        directory_of("cache", 0, 0o700);
        world.configure("perNodeCachePath=/srv/cache\nmkfsXfsPath=/usr/sbin/mkfs.xfs");
        let volume = "/tmp:/data:perNodeCache=size=300M";
        set_up(&["-v", volume, "id", "busy"]).ok();
        let start = ["-i", "id:busy", "-V", volume];
        world.start(&[&start[..], &["/bin/sh", "-c", "echo of one >/data/file"]].concat()).ok();
        assert_eq!(world.start(&[&start[..], &["cat", "/data/file"]].concat()).ok(), "of one\n");
        assert!(joins(world, &[&start[..], &["id"]].concat()));
        unset().ok();
        assert_eq!(mounted(), []);
        assert_eq!(fs::read_dir(at("cache")).unwrap().count(), 0);
        assert!(!Path::new("/srv/udi/data").exists());
    });
}
