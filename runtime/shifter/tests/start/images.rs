use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};

use shifter_formats::acl::Access;
use shifter_formats::image::ImageType;
use shifter_formats::index::IndexEntry;
use shifter_formats::meta::ImageFormat;
use shifter_sys::mount::{self, Attributes};
use shifter_sys::open::{self, For};

use crate::image;
use crate::world::{ALICE, BOB, STAFF, at, directory_of, isolated, write};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub(crate) fn entry(tag: &str, access: Access) -> IndexEntry {
    IndexEntry {
        system: "test".to_owned(),
        kind: ImageType::Docker,
        tag: tag.to_owned(),
        id: ID.parse().unwrap(),
        format: ImageFormat::Squashfs,
        digest: format!("sha256:{ID}"),
        platform: shifter_formats::image::Platform::of_this_machine().to_string(),
        access,
        env: vec![shifter_formats::env::Assignment::new("FROM_INDEX", "a\nb")],
        entry: None,
        cmd: None,
        workdir: None,
        user: None,
    }
}

pub(crate) fn index(entry: &IndexEntry) {
    for entry in [entry.clone(), entry.by_id()] {
        let file = write(&format!("images/index/{}", entry.file_name()), &entry.to_string());
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(at("images/index"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_tag_is_found_in_the_index() {
    isolated(|world| {
        image::install(ID, "ENV: FROM_META=1\n");
        index(&entry("site/app:1", Access::Public));
        for name in ["site/app:1", "docker:site/app:1", &format!("id:{ID}")] {
            let environment = world.start(&["-i", name, "/bin/env"]).ok();
            assert!(environment.contains("FROM_INDEX=a\nb\n"), "{environment}");
            assert!(environment.contains(&format!("SHIFTER_IMAGE={ID}\n")), "{environment}");
            assert!(!environment.contains("FROM_META"), "{environment}");
        }
    });
}

#[test]
fn a_private_image_is_refused_in_the_words_for_a_missing_one() {
    isolated(|world| {
        image::install(ID, "");
        fs::set_permissions(at(&format!("images/{ID}.squashfs")), Permissions::from_mode(0o600)).unwrap();
        let said = |uid, name: &str| world.run_as(uid, |_| {}, &["-i", name, "/bin/id"]).fails(1).replace(name, "X");
        for (users, groups) in [(vec![BOB], vec![]), (vec![BOB], vec![4242])] {
            index(&entry("private:1", Access::restricted(users, groups)));
            assert_eq!(said(ALICE, "docker:private:1"), said(ALICE, "docker:missing:1"));
            assert_eq!(said(ALICE, &format!("id:{ID}")), said(ALICE, &format!("id:{}", ID.replace('0', "f"))));
            world.run_as(BOB, |_| {}, &["-i", "private:1", "/bin/id"]).ok();
        }
        index(&entry("private:1", Access::restricted(vec![], vec![STAFF])));
        world.start(&["-i", "private:1", "/bin/id"]).ok();
    });
}

#[test]
fn the_access_list_of_an_older_gateway_counts() {
    isolated(|world| {
        image::install("old", &format!("USERACL: {BOB}\n"));
        let said = world.start(&["-i", "id:old", "/bin/id"]).fails(1);
        assert!(said.contains("there is no image `id:old`, or you may not use it"), "{said}");
        image::install("old", &format!("USERACL: {BOB},{ALICE}\n"));
        world.start(&["-i", "id:old", "/bin/id"]).ok();
    });
}

#[test]
fn files_that_nobody_but_their_owner_can_read_are_read() {
    isolated(|world| {
        const SERVICE: u32 = 11_900;
        image::install(ID, "");
        index(&entry("site/app:1", Access::Public));
        for file in [format!("images/{ID}.squashfs"), format!("images/{ID}.meta"), "images/busy.meta".to_owned()] {
            fs::set_permissions(at(&file), Permissions::from_mode(0o600)).unwrap();
        }
        for file in walk("images") {
            chown(file, Some(SERVICE), Some(SERVICE)).unwrap();
        }
        fs::set_permissions(at("images"), Permissions::from_mode(0o700)).unwrap();
        for key in ["".to_owned(), format!("imageOwner={SERVICE}")] {
            world.configure(&key);
            world.start(&["-i", "site/app:1", "/bin/id"]).ok();
        }
        world.configure("imageOwner=root");
        let said = world.start(&["-i", "site/app:1", "/bin/id"]).fails(1);
        assert!(
            said.contains(&format!(
                "`/srv/images`: owned by uid {SERVICE}, not by root (keys imagePath and imageOwner)"
            )),
            "{said}"
        );
    });
}

pub(crate) fn give_store_to(uid: u32) {
    for file in walk("images") {
        chown(file, Some(uid), Some(uid)).unwrap();
    }
}

#[test]
fn a_store_of_the_callers_own_must_be_named() {
    isolated(|world| {
        give_store_to(ALICE);
        let said = world.shifter(&["id"]).fails(1);
        let why = "images of the one who starts them are only mounted if key imageOwner says so";
        assert_eq!(said, format!("shifter: `/srv/images` belongs to you: {why}\n"));
        world.run_as(BOB, |_| {}, &["-i", "id:busy", "id"]).ok();
        world.configure(&format!("imageOwner={ALICE}"));
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_store_that_somebody_else_could_have_laid_is_refused_unless_its_owner_is_named() {
    isolated(|world| {
        give_store_to(BOB);
        for (owner, mode, why) in [(BOB, 0o755, "owned by uid"), (0, 0o1777, "writable by everybody")] {
            directory_of("above-store", owner, mode);
            fs::rename(at("images"), at("above-store/images")).unwrap();
            let conf = world.conf.lines.replace("/srv/images", "/srv/above-store/images");
            world.write_conf(&conf);
            let said = world.shifter(&["id"]).fails(1);
            assert!(said.starts_with(&format!("shifter: `/srv/above-store`: {why}")), "{said}");
            world.write_conf(&format!("{conf}imageOwner={BOB}\n"));
            world.shifter(&["id"]).ok();
            fs::rename(at("above-store/images"), at("images")).unwrap();
        }
    });
}

#[test]
fn a_file_of_root_in_a_store_of_somebody_else_is_refused() {
    isolated(|world| {
        give_store_to(BOB);
        chown(at("images/busy.squashfs"), Some(0), Some(0)).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains(&format!("belongs to uid 0, not to uid {BOB} (key imageOwner)")), "{said}");
    });
}

fn walk(directory: &str) -> Vec<std::path::PathBuf> {
    let mut found = vec![at(directory)];
    for entry in fs::read_dir(at(directory)).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(path.strip_prefix("/srv").unwrap().to_str().unwrap())),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn files_that_others_can_write_are_refused() {
    isolated(|world| {
        for (file, mode) in [("images/busy.squashfs", 0o664), ("images/busy.meta", 0o646), ("images", 0o775)] {
            let before = fs::metadata(at(file)).unwrap().permissions();
            fs::set_permissions(at(file), Permissions::from_mode(mode)).unwrap();
            let said = world.shifter(&["id"]).fails(1);
            assert!(said.contains(&format!("`/srv/{file}` is writable by others")), "{said}");
            fs::set_permissions(at(file), before).unwrap();
        }
        world.shifter(&["id"]).ok();
    });
}

#[test]
fn a_file_of_somebody_else_in_the_store_is_refused() {
    isolated(|world| {
        chown(at("images/busy.squashfs"), Some(ALICE), None).unwrap();
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains(&format!("belongs to uid {ALICE}, not to uid 0 (key imageOwner)")), "{said}");
    });
}

#[test]
fn a_store_below_a_directory_of_a_user_is_refused() {
    isolated(|world| {
        directory_of("home", ALICE, 0o755);
        fs::rename(at("images"), at("home/images")).unwrap();
        world.write_conf(&world.conf.lines.replace("/srv/images", "/srv/home/images"));
        let said = world.shifter(&["id"]).fails(1);
        assert!(said.contains(&format!("`/srv/home`: owned by uid {ALICE}, not by root (keys imagePath")), "{said}");
    });
}

#[test]
fn an_image_that_is_a_link_is_refused() {
    isolated(|world| {
        fs::rename(at("images/busy.squashfs"), at("images/other")).unwrap();
        std::os::unix::fs::symlink("other", at("images/busy.squashfs")).unwrap();
        assert!(world.shifter(&["id"]).fails(1).contains("ymbolic links"));
    });
}

/// Runs a program of the host (`mkfs.xfs` of xfsprogs, `mke2fs` of e2fsprogs) to its successful end.
fn run(words: &[&str]) {
    let ran =
        std::process::Command::new(words[0]).args(&words[1..]).output().unwrap_or_else(|e| panic!("{words:?}: {e}"));
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn an_xfs_image_is_mounted_read_only() {
    isolated(|world| {
        let (file, place) = ("/srv/images/big.xfs", "/srv/host");
        let tree = image::tree().join(".").display().to_string();
        fs::File::create(file).unwrap().set_len(512 << 20).unwrap();
        run(&["mkfs.xfs", "-q", file]);
        run(&["mount", "-o", "loop", file, place]);
        run(&["cp", "-a", &tree, place]);
        run(&["umount", place]);
        write("images/big.meta", "FORMAT: xfs\nENV: PATH=/bin:/usr/bin\n");
        let when = || fs::metadata(file).unwrap().modified().unwrap();
        let before = when();
        assert_eq!(world.start(&["-i", "id:big", "cat", "/data/file"]).ok(), "of the image\n");
        world.start(&["-i", "id:big", "touch", "/open/x"]).ok();
        assert_eq!(when(), before, "what is written is the container's, and not even the log of xfs is played back");
    });
}

#[test]
fn an_ext4_image_is_mounted_read_only() {
    isolated(|world| {
        let tree = image::tree().display().to_string();
        run(&["mke2fs", "-q", "-t", "ext4", "-d", &tree, "/srv/images/old.ext4", "64M"]);
        write("images/old.meta", "FORMAT: ext4\nENV: PATH=/bin:/usr/bin\n");
        let before = fs::read(at("images/old.ext4")).unwrap();
        assert_eq!(world.start(&["-i", "id:old", "cat", "/data/file"]).ok(), "of the image\n");
        world.start(&["-i", "id:old", "touch", "/open/x"]).ok();
        assert!(fs::read(at("images/old.ext4")).unwrap() == before, "the file was written");
    });
}

#[test]
fn an_image_in_a_directory_of_the_store_is_mounted() {
    isolated(|world| {
        let tree = image::tree().display().to_string();
        run(&["cp", "-r", &tree, "/srv/images/plain"]);
        fs::set_permissions(at("images/plain"), Permissions::from_mode(0o755)).unwrap();
        write("images/plain.meta", "FORMAT: VFS\nENV: PATH=/bin:/usr/bin\n");
        assert_eq!(world.start(&["-i", "id:plain", "cat", "/data/file"]).ok(), "of the image\n");
        write("images/odd.meta", "FORMAT: cramfs\n");
        let said = world.start(&["-i", "id:odd", "id"]).fails(1);
        assert!(said.contains("images of format cramfs are not mounted"), "{said}");
    });
}

#[test]
fn a_tag_that_is_not_indexed_is_asked_for_as_the_user() {
    isolated(|world| {
        image::install(ID, "");
        let script = format!(
            "#!/bin/sh\n[ \"$1 $2\" = 'lookup docker:site/app:1' ] || exit 1\n\
             cat /proc/self/status >/srv/out/lookup\nprintf 'ENV: x\\n{ID}\\n'\n"
        );
        let program = write("udiRoot/bin/shifterimg", &script);
        fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
        directory_of("out", ALICE, 0o755);
        world.configure("udiRootPath=/srv/udiRoot");
        assert!(world.start(&["-i", "site/app:1", "/bin/env"]).ok().contains(&format!("SHIFTER_IMAGE={ID}\n")));
        let status = fs::read_to_string(at("out/lookup")).unwrap();
        assert!(status.contains(&format!("Uid:\t{ALICE}\t{ALICE}\t{ALICE}\t{ALICE}\n")), "{status}");
        assert!(status.contains("CapBnd:\t0000000000000000\n") && status.contains("NoNewPrivs:\t1\n"), "{status}");
        let said = world.start(&["-i", "site/other:1", "/bin/id"]).fails(1);
        assert!(said.contains("there is no image `docker:site/other:1`"), "{said}");
    });
}

#[test]
fn an_answer_that_is_a_path_finds_nothing() {
    isolated(|world| {
        let program = write("udiRoot/bin/shifterimg", "#!/bin/sh\necho ../../etc/shadow\n");
        fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
        world.configure("udiRootPath=/srv/udiRoot");
        assert!(world.start(&["-i", "a:1", "/bin/id"]).fails(1).contains("there is no image"));
    });
}

#[test]
fn a_local_image_needs_the_sites_consent_and_the_users_rights() {
    isolated(|world| {
        let tree = image::tree();
        let local = format!("local:{}", tree.display());
        let said = world.start(&["-i", &local, "/bin/id"]).fails(1);
        assert!(said.contains("images of type local are not allowed here (key allowLocalChroot)"), "{said}");
        world.configure("allowLocalChroot=1");
        directory_of("host/closed", 0, 0o700);
        let said = world.start(&["-i", "local:/srv/host/closed", "/bin/id"]).fails(1);
        assert!(said.contains("cannot open `/srv/host/closed` as you: Permission denied"), "{said}");
    });
}

#[test]
fn a_local_image_is_used_and_never_written() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        let tree = directory_of("host/tree", ALICE, 0o755);
        let copied = std::process::Command::new("cp").arg("-a").arg(image::tree().join(".")).arg(&tree).status();
        assert!(copied.unwrap().success());
        chown(tree.join("data"), Some(ALICE), None).unwrap();
        let script = "cat /data/file; echo new >/data/new; cat /data/new";
        assert_eq!(world.start(&["-i", "local:/srv/host/tree", "/bin/sh", "-c", script]).ok(), "of the image\nnew\n");
        assert!(!tree.join("data/new").exists());
    });
}

#[test]
fn a_mount_of_a_local_image_that_another_one_covers_is_left_out() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        let tree = directory_of("host/tree", ALICE, 0o755);
        let copied = std::process::Command::new("cp").arg("-a").arg(image::tree().join(".")).arg(&tree).status();
        assert!(copied.unwrap().success());
        for (place, file) in [("scratch/below", "covered"), ("scratch", "seen")] {
            let place = tree.join(place);
            fs::create_dir_all(&place).unwrap();
            let memory = mount::new("tmpfs", &[], Attributes::NONE).unwrap();
            mount::attach(memory, open::host(&place, For::Place).unwrap()).unwrap();
            fs::write(place.join(file), "").unwrap();
        }
        assert_eq!(world.start(&["-i", "local:/srv/host/tree", "ls", "/scratch"]).ok(), "seen\n");
    });
}

#[test]
fn the_host_as_an_image_has_the_mounts_of_the_host_beside_the_sites() {
    isolated(|world| {
        world.configure("allowLocalChroot=1");
        fs::write(at("host/marker"), "seen\n").unwrap();
        // Here /etc of the host is a mount of its own, like /srv.
        fs::write("/etc/of-the-host", "host\n").unwrap();
        fs::set_permissions("/etc/of-the-host", Permissions::from_mode(0o644)).unwrap();
        let shown = world.start(&["-i", "local:/", "cat", "/srv/host/marker", "/etc/of-the-host", "/etc/passwd"]).ok();
        assert!(shown.starts_with("seen\nhost\nroot:x:0:0:r:"), "{shown}");
        assert!(world.start(&["-i", "local:/", "ls", "/etc/ssh"]).ok().is_empty());
    });
}

#[test]
fn what_a_user_cannot_read_is_not_opened_by_a_directory_of_the_site_in_its_place() {
    isolated(|world| {
        for closed in ["tree/etc", "tree/secret/below", "tree/secret"] {
            directory_of(&format!("host/{closed}"), 0, 0o700);
        }
        for file in ["etc/of-root", "secret/of-root", "secret/below/of-root"] {
            write(&format!("host/tree/{file}"), "of root\n");
        }
        for program in ["bin", "lib", "lib64", "usr"] {
            if image::tree().join(program).exists() {
                let from = image::tree().join(program);
                assert!(
                    std::process::Command::new("cp")
                        .arg("-r")
                        .arg(from)
                        .arg(at("host/tree"))
                        .status()
                        .unwrap()
                        .success()
                );
            }
        }
        world.configure("allowLocalChroot=1\nsiteFs=/srv/etc:/secret/below/site");
        let listed = world.start(&["-i", "local:/srv/host/tree", "ls", "/secret", "/secret/below", "/etc"]).ok();
        assert!(listed.contains("site") && listed.contains("passwd"), "{listed}");
        assert!(!listed.contains("of-root"), "{listed}");
        fs::set_permissions(at("host/tree"), Permissions::from_mode(0o744)).unwrap();
        let said = world.start(&["-i", "local:/srv/host/tree", "ls", "/"]).fails(1);
        assert!(said.contains("cannot open `/srv/host/tree` as you: Permission denied"), "{said}");
    });
}
