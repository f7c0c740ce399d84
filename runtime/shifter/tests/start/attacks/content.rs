//! Images that were made to do harm, and what stands about them in files and answers.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use shifter_formats::acl::Access;
use shifter_sys::process::Ended;
use shifter_sys::{mountinfo, node, open};

use crate::world::{ALICE, alice_is_known_to_the_host, at, isolated, run, write};
use crate::{image, images};

/// A copy of the usual image's tree, to be spoilt.
fn tree(name: &str) -> PathBuf {
    let tree = at(name);
    assert!(Command::new("cp").arg("-a").arg(image::tree()).arg(&tree).status().unwrap().success());
    tree
}

/// Makes an image of it.
fn install(name: &str, tree: &Path, pseudo: &[&str]) {
    image::install(name, "");
    let file = at(&format!("images/{name}.squashfs"));
    fs::remove_file(&file).unwrap();
    let mut command = Command::new("mksquashfs");
    command.arg(tree).arg(&file).args(["-all-root", "-quiet", "-no-progress", "-xattrs"]).args(pseudo);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{made:?}");
}

fn replace_by_link(tree: &Path, name: &str, target: &str) {
    fs::remove_dir_all(tree.join(name)).unwrap();
    symlink(target, tree.join(name)).unwrap();
}

#[test]
fn links_in_the_place_of_the_images_directories_lead_root_nowhere() {
    isolated(|world| {
        alice_is_known_to_the_host();
        for (nth, name) in ["etc", "var", "tmp", "dev", "proc", "sys", "opt"].into_iter().enumerate() {
            for (kind, target) in [("a", "/srv/host"), ("r", "../../../../srv/host"), ("p", "/proc/1/root/srv/host")] {
                let own = format!("link-{nth}{kind}");
                let tree = tree(&own);
                replace_by_link(&tree, name, target);
                install(&own, &tree, &[]);
                fs::remove_dir_all(&tree).unwrap();
                for conf in ["", "populateEtcDynamically=1\nmodule_m_copyPath=/srv/etc"] {
                    world.configure(conf);
                    let run = world.start(&["-i", &format!("id:{own}"), "-V", "/tmp:/data", "/bin/sh", "-c", "id -u"]);
                    // The site's own directory stands there, or the start is refused.
                    let is_well = run.ended == Ended::Exited(0) && run.stdout == format!("{ALICE}\n");
                    assert!(is_well || run.ended == Ended::Exited(1) && run.stdout.is_empty(), "{own} {run:?}");
                    assert_eq!(fs::read_dir(at("host")).unwrap().count(), 0, "{own}");
                }
            }
        }
    });
}

#[test]
fn files_of_other_kinds_in_the_place_of_the_images_own_stop_no_start_for_ever() {
    isolated(|world| {
        let spoilt = tree("kinds");
        for name in ["etc/passwd", "etc/group", "etc/hosts", "etc/nsswitch.conf"] {
            let _not_there = fs::remove_file(spoilt.join(name));
            assert!(Command::new("mkfifo").arg(spoilt.join(name)).status().unwrap().success());
        }
        for name in ["proc", "sys", "tmp"] {
            fs::remove_dir_all(spoilt.join(name)).unwrap();
            fs::write(spoilt.join(name), "").unwrap();
        }
        for nth in 0..300 {
            fs::write(spoilt.join(format!("etc/a\nb {nth}: \\040 x")), "").unwrap();
        }
        fs::create_dir(spoilt.join("data - overlay overlay rw\n36 35 0:1")).unwrap();
        install("kinds", &spoilt, &[]);
        alice_is_known_to_the_host();
        let before = mountinfo::read().unwrap();
        for conf in ["", "populateEtcDynamically=1"] {
            world.configure(conf);
            let mut command = Command::new("timeout");
            command.args(["60", "/srv/bin/shifter", "-i", "id:kinds", "-V", "/tmp:/data", "/bin/sh", "-c", "id -u"]);
            let run = run(ALICE, command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/"));
            let is_well = run.ended == Ended::Exited(0) && run.stdout == format!("{ALICE}\n");
            assert!(is_well || run.ended == Ended::Exited(1) && run.stdout.is_empty(), "{run:?}");
        }
        assert_eq!(mountinfo::read().unwrap(), before);
    });
}

/// That a start asks no more of the kernel for it is [`crate::calls`]' to say.
#[test]
fn a_hundred_thousand_entries_in_the_root_and_in_etc_take_nothing_of_the_container() {
    isolated(|world| {
        image::install_wide();
        alice_is_known_to_the_host();
        let image = |id: &str| format!("id:{id}");
        let usual = world.conf.lines.as_str();
        let read_only = usual.replace("mountUdiRootWritable=1", "mountUdiRootWritable=0");
        for conf in [usual, &format!("{usual}populateEtcDynamically=1\n"), &read_only] {
            world.write_conf(conf);
            for wide in ["wide", "wide-tree"] {
                // Free blocks and places for files in the memory that the container's root has.
                let free = |id: &str| world.start(&["-i", &image(id), "stat", "-f", "-c", "%b %f %c %d", "/"]).ok();
                assert_eq!(free(wide), free("busy"), "{wide} {conf}");
                let words = ["-i", &image(wide), "-V", "/tmp:/data", "-w/etc", "readlink", "f99999"];
                assert_eq!(world.start(&words).ok(), "passwd\n", "{wide} {conf}");
            }
        }
        assert_eq!(world.start(&["-i", "id:wide", "-V", "/tmp:/f1/new", "id", "-u"]).ok(), format!("{ALICE}\n"));
    });
}

#[test]
fn devices_and_capabilities_of_an_image_are_inert() {
    isolated(|world| {
        let tree = tree("rights");
        let program = open::host(&tree.join("bin/cat"), open::For::Reading).unwrap();
        // `struct vfs_cap_data`, version 2, effective: every capability, permitted.
        let mut rights = 0x0200_0001_u32.to_le_bytes().to_vec();
        rights.extend([u32::MAX, 0, 0x1ff, 0].into_iter().flat_map(u32::to_le_bytes));
        node::set_attribute(program, "security.capability", &rights).unwrap();
        let devices =
            ["-p", "data/zero c 666 0 0 1 5", "-p", "data/mem c 666 0 0 1 1", "-p", "data/disk b 666 0 0 7 0"];
        install("rights", &tree, &devices);
        let status = world.start(&["-i", "id:rights", "cat", "/proc/self/status"]).ok();
        for set in ["CapPrm", "CapEff", "CapBnd"] {
            assert!(status.contains(&format!("{set}:\t0000000000000000\n")), "{status}");
        }
        for device in ["zero", "mem", "disk"] {
            let said = world.start(&["-i", "id:rights", "/bin/sh", "-c", &format!("read -r x </data/{device}")]);
            assert!(said.stderr.contains("Permission denied"), "{device}: {said:?}");
        }
    });
}

#[test]
fn metadata_that_is_not_understood_starts_nothing() {
    isolated(|world| {
        let long = format!("ENV: {}\n", "x".repeat(20 << 20));
        for (nth, text) in [
            "FORMAT: ../../etc\n",
            "FORMAT: squashfs\nFORMAT: ext4\n",
            "FORMAT: squashfs,nosuid=0\n",
            "\0\u{1}\u{fffd}",
            "FORMAT squashfs\n",
            "FORMAT: squashfs\nUSERACL: [root]\n",
            "FORMAT: squashfs\nUSERACL: [99999999999999999999]\n",
            long.as_str(),
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("meta{nth}");
            image::install(&id, "");
            write(&format!("images/{id}.meta"), text);
            let said = world.start(&["-i", &format!("id:{id}"), "/bin/id"]).fails(1);
            assert!(said.len() < 4096, "{id}: {} bytes are said", said.len());
        }
        image::install("env", "");
        let lines = "FORMAT: squashfs\nENV: LD_PRELOAD=/data/file\nENV: PATH=/bin\nENV: IFS=/\nENTRY: /bin/id\n";
        write("images/env.meta", lines);
        // What an image sets is the command's, after all rights are gone.
        assert_eq!(world.start(&["-i", "id:env", "id", "-u"]).ok(), format!("{ALICE}\n"));
    });
}

#[test]
fn an_index_that_somebody_else_could_have_written_starts_nothing() {
    isolated(|world| {
        let entry = images::entry("site/app:1", Access::Public);
        image::install(entry.id.as_str(), "");
        images::index(&entry);
        let (directory, file) = (at("images/index"), at(&format!("images/index/{}", entry.file_name())));
        let text = fs::read(&file).unwrap();
        let refused = |why: &str| {
            let said = world.start(&["-i", "site/app:1", "/bin/id"]).fails(1);
            assert!(said.contains(why), "{why}: {said}");
        };
        let own = |path: &Path, uid| std::os::unix::fs::chown(path, Some(uid), None).unwrap();
        for path in [&file, &directory] {
            own(path, ALICE);
            refused(&format!("`{}` belongs to uid {ALICE}, not to uid 0 (key imageOwner)", path.display()));
            own(path, 0);
            let before = fs::metadata(path).unwrap().permissions();
            fs::set_permissions(path, Permissions::from_mode(before.mode() | 0o020)).unwrap();
            refused(&format!("`{}` is writable by others", path.display()));
            fs::set_permissions(path, before).unwrap();
            world.start(&["-i", "site/app:1", "/bin/id"]).ok();
        }
        // A file of root's that is the right text, by a link; a place that would be waited at; another tag's entry.
        write("images/elsewhere", std::str::from_utf8(&text).unwrap());
        fs::remove_file(&file).unwrap();
        symlink("../elsewhere", &file).unwrap();
        refused("ymbolic links");
        fs::remove_file(&file).unwrap();
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        refused(&file.display().to_string());
        fs::remove_file(&file).unwrap();
        fs::write(&file, images::entry("site/other:1", Access::Public).to_string()).unwrap();
        refused(&file.display().to_string());
        for damaged in [&text[..text.len() / 2], b"", &[0xff; 64][..]] {
            fs::write(&file, damaged).unwrap();
            refused(&file.display().to_string());
        }
    });
}

#[test]
fn an_answer_without_end_or_with_more_than_a_name_finds_nothing() {
    isolated(|world| {
        world.configure("udiRootPath=/srv/udiRoot");
        for answer in [
            "exec yes busy",
            "exec cat /dev/zero",
            "echo ../images/busy",
            "printf 'busy\\033[2J\\n'",
            "printf 'bu\\000sy\\n'",
            "kill -9 $$",
            "kill -9 $PPID; echo busy",
            "exec >&-; sleep 0.1",
        ] {
            let program = write("udiRoot/bin/shifterimg", &format!("#!/bin/sh\n{answer}\n"));
            fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
            let mut command = Command::new("timeout");
            command.args(["60", "/srv/bin/shifter", "-i", "site/app:1", "/bin/id"]);
            let run = run(ALICE, command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/"));
            assert!(run.stdout.is_empty(), "{answer}: {run:?}");
            // 124 and 137 would be the end of timeout(1)'s patience; a user may end his own start.
            let is_own_end = answer.contains("PPID") && [Ended::Exited(137), Ended::Killed(9)].contains(&run.ended);
            assert!(is_own_end || run.ended == Ended::Exited(1), "{answer}: {run:?}");
            assert!(!run.stderr.contains('\u{1b}'), "{answer}: {run:?}");
        }
    });
}
