use std::fs;

use crate::world::{ALICE, BOB, World, at, directory_of, with_and_without_privilege};

/// A site with homes, of which alice has one with a file, and a scratch directory of hers.
fn site(world: &World, lines: &str) {
    directory_of("host/home", 0, 0o755);
    directory_of("host/home/alice", ALICE, 0o700);
    fs::write(at("host/home/alice/file"), "site\n").unwrap();
    directory_of("host/scratch/mine", ALICE, 0o700);
    fs::write(at("host/scratch/mine/file"), "mine\n").unwrap();
    directory_of("host/scratch/hers", BOB, 0o700);
    directory_of("host/home/carol", 0, 0o755);
    world.configure(&format!("siteFs=/srv/host/home:/home;/srv/host/scratch:/scratch\n{lines}"));
}

#[test]
fn a_user_chooses_where_the_home_comes_from() {
    with_and_without_privilege(|world| {
        site(world, "");
        let file = "/home/alice/file";
        assert_eq!(world.shifter(&["cat", file]).ok(), "site\n");
        assert_eq!(world.shifter(&["--home=site", "cat", file]).ok(), "site\n");
        assert_eq!(world.shifter(&["--home=/scratch/mine", "cat", file]).ok(), "mine\n");
        world.shifter(&["--home=/scratch/mine", "touch", "/home/alice/new"]).ok();
        assert!(at("host/scratch/mine/new").exists());
        assert_eq!(
            world.shifter(&["--home=none", "ls", "/home/alice", "/home"]).ok(),
            "/home:\nalice\ncarol\n\n/home/alice:\n"
        );
        assert!(world.shifter(&["--home=none", "touch", "/home/alice/x"]).fails(1).contains("Read-only file system"));
        assert!(world.shifter(&["--home=image", "ls", "/home"]).fails(2).contains("No such file"));
        assert!(world.shifter(&["--home=elsewhere", "id"]).fails(1).contains("site, image, none or an absolute path"));
    });
}

#[test]
fn the_users_choice_wins_over_the_sites() {
    with_and_without_privilege(|world| {
        site(world, "home=none");
        assert_eq!(world.shifter(&["ls", "/home/alice"]).ok(), "");
        assert_eq!(world.shifter(&["--home=site", "cat", "/home/alice/file"]).ok(), "site\n");
        site(world, "home=/srv/host/scratch/mine");
        assert_eq!(world.shifter(&["cat", "/home/alice/file"]).ok(), "mine\n");
        assert_eq!(world.shifter(&["--home=site", "cat", "/home/alice/file"]).ok(), "site\n");
        assert_eq!(world.shifter(&["--home=/data", "cat", "/home/alice/file"]).ok(), "of the image\n");
    });
}

#[test]
fn a_home_of_ones_own_is_under_the_law_of_volumes() {
    with_and_without_privilege(|world| {
        site(world, "");
        let refused = |words: &[&str]| world.shifter(&[words, &["id"]].concat()).fails(1);
        assert!(refused(&["--home=/scratch/none"]).contains("No such file"));
        assert!(refused(&["--home=/scratch/hers/below"]).contains("Permission denied"));
        assert!(refused(&["--home=/srv/host/scratch/mine"]).contains("No such file"));
        world.configure("deny=/home");
        assert!(refused(&["--home=/tmp"]).contains("the site's key `deny` names it"));
        let passwd = fs::read_to_string(at("etc/passwd")).unwrap();
        fs::write(at("etc/passwd"), passwd.replace("/home/alice", "/etc/shadowed")).unwrap();
        site(world, "");
        assert!(refused(&["--home=/scratch/mine"]).contains("nothing may be mounted"));
    });
}

#[test]
fn packages_below_the_home_of_the_host_are_not_pythons_unless_somebody_says_so() {
    with_and_without_privilege(|world| {
        site(world, "");
        let is_set = |words: &[&str], variables: &'static [(&str, &str)]| {
            let prepare = |command: &mut std::process::Command| {
                command.envs(variables.iter().copied());
            };
            let words = [&["--image=id:busy"], words, &["env"]].concat();
            let environment = world.run_as(ALICE, prepare, &words).ok();
            environment.lines().find(|line| line.starts_with("PYTHONNOUSERSITE=")).map(str::to_owned)
        };
        let set = Some("PYTHONNOUSERSITE=1".to_owned());
        assert_eq!(is_set(&[], &[]), set);
        assert_eq!(is_set(&["-E"], &[("PYTHONNOUSERSITE", "")]), set);
        assert_eq!(is_set(&[], &[("PYTHONNOUSERSITE", "")]), Some("PYTHONNOUSERSITE=".to_owned()));
        assert_eq!(is_set(&[], &[("PYTHONUSERBASE", "/scratch/python")]), None);
        for home in ["none", "image", "/scratch/mine"] {
            assert_eq!(is_set(&[&format!("--home={home}")], &[]), None, "{home}");
        }
        site(world, "siteEnvUnset=PYTHONNOUSERSITE");
        assert_eq!(is_set(&[], &[]), None);
    });
}
