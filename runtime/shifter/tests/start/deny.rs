use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use shifter_formats::acl::Access;
use shifter_formats::record::Outcome;

use crate::images::{entry, index};
use crate::world::{World, at, isolated, write};
use crate::{image, node};

const FILE: &str = "/etc/shifter/deny";

pub(crate) fn deny(text: &str) {
    fs::write(FILE, text).unwrap();
    fs::set_permissions(FILE, Permissions::from_mode(0o600)).unwrap();
}

#[track_caller]
fn refused(world: &World, words: &[&str], said: &str) {
    assert_eq!(world.start(&[words, &["id"]].concat()).fails(1), format!("shifter: {said}\n"));
}

#[test]
fn what_the_site_denies_is_refused_at_the_next_start_in_its_words() {
    isolated(|world| {
        let named = entry("site/app:1", Access::Public);
        image::install(named.id.as_str(), "");
        index(&named);
        world.configure("module_gpu_siteEnv=A=1\nmodule_mpi_requires=gpu\n");
        let (app, id) = (["-i", "site/app:1"], format!("id:{}", named.id));
        world.start(&["-i", "site/app:1", "-V", "/tmp:/work", "-m", "mpi", "/bin/id"]).ok();

        deny("image docker:site/*  use site2\n");
        refused(world, &app, "image `docker:site/app:1` is denied here: use site2 (`/etc/shifter/deny`, line 1)");
        world.start(&["-i", &id, "/bin/id"]).ok();
        deny(&format!("# by content\ndigest {} withdrawn\n", named.digest));
        for name in ["site/app:1", &id] {
            let said = format!("image `{}` is denied here: withdrawn (`/etc/shifter/deny`, line 2)", named.id);
            refused(world, &["-i", name], &said);
        }
        deny("module gpu broken driver\n");
        let said = "module `gpu` is denied here: broken driver (`/etc/shifter/deny`, line 1)";
        refused(world, &["-i", "id:busy", "-m", "mpi"], said);
        world.shifter(&["id"]).ok();
        deny("volumes /tmp is being cleaned\n");
        let said = "volumes are denied here: /tmp is being cleaned (`/etc/shifter/deny`, line 1)";
        refused(world, &["-i", "id:busy", "-V", "/tmp:/work"], said);
        world.shifter(&["id"]).ok();
        deny("everything maintenance until 18:00\n");
        let said = "every start is denied here: maintenance until 18:00 (`/etc/shifter/deny`, line 1)";
        refused(world, &["-i", "id:busy"], said);
        fs::remove_file(FILE).unwrap();
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_file_that_cannot_be_read_whole_starts_nothing_and_says_why() {
    isolated(|world| {
        let log = node::log();
        deny("module gpu off\nimage ubuntu off\neverythin off\n");
        let said = "shifter: nothing is started until `/etc/shifter/deny` can be read whole\n\
            shifter: `/etc/shifter/deny`, line 2: `ubuntu` matches no image; begin with its type, as in `docker:ubuntu:18.*`\n\
            shifter: `/etc/shifter/deny`, line 3: `everythin` is none of digest, image, module, volumes, everything; \
            did you mean `everything`?\n";
        assert_eq!(world.shifter(&["id"]).fails(1), said);
        assert_eq!(node::record(&log).outcome, Outcome::Failed, "the site's fault, not the caller's");
        deny("");
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_file_that_others_can_write_is_not_believed() {
    isolated(|world| {
        deny("volumes off\n");
        fs::set_permissions(FILE, Permissions::from_mode(0o620)).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.starts_with("shifter: `/etc/shifter/deny`: writable by group 0"), "{said}");
        fs::remove_file(FILE).unwrap();
        std::os::unix::fs::symlink("nowhere", FILE).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.starts_with("shifter: cannot read `/etc/shifter/deny`: "), "{said}");
    });
}

#[test]
fn the_file_is_where_the_key_says() {
    isolated(|world| {
        deny("everything not this one\n");
        write("etc/denied", "everything this one\n");
        world.configure("denyFile=/srv/etc/denied");
        refused(world, &["-i", "id:busy"], "every start is denied here: this one (`/srv/etc/denied`, line 1)");
        fs::remove_file(at("etc/denied")).unwrap();
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_site_that_denies_everything_is_asked_before_its_image_store() {
    isolated(|world| {
        deny("everything the file system of images is down\n");
        fs::remove_dir_all(at("images")).unwrap();
        let said = "every start is denied here: the file system of images is down (`/etc/shifter/deny`, line 1)";
        refused(world, &["-i", "id:busy"], said);
    });
}
