//! One name and many images: types, digests, platforms, access lists.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use shifter_formats::acl::Access;
use shifter_formats::image::{ImageType, Platform};
use shifter_formats::index::{IndexEntry, list};

use crate::image;
use crate::images::{entry, index};
use crate::world::{ALICE, BOB, STAFF, World, at, isolated, write};

/// Writes the file of a name with these entries.
fn index_all(entries: &[IndexEntry]) {
    let file = write(&format!("images/index/{}", entries[0].file_name()), &list::write(entries));
    fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(at("images/index"), Permissions::from_mode(0o700)).unwrap();
}

fn id(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// An image of its own for a platform, which says so in a variable.
fn for_platform(tag: &str, platform: &str, digit: char) -> IndexEntry {
    image::install(&id(digit), "");
    IndexEntry {
        id: id(digit).parse().unwrap(),
        digest: format!("sha256:{}", id('f')),
        platform: platform.to_owned(),
        env: vec![shifter_formats::env::Assignment::new("RUNS_ON", platform)],
        ..entry(tag, Access::Public)
    }
}

fn this_platform() -> String {
    Platform::of_this_machine().to_string()
}

fn runs_on(world: &World, name: &str) -> String {
    let environment = world.start(&["-i", name, "/bin/env"]).ok();
    environment.lines().find_map(|line| line.strip_prefix("RUNS_ON=")).unwrap().to_owned()
}

#[test]
fn a_node_takes_the_image_of_its_own_platform() {
    isolated(|world| {
        let own = this_platform();
        let others = ["linux/s390x", "linux/riscv64", "windows/amd64"];
        let mut entries = vec![for_platform("app:1", &own, 'a')];
        entries.extend(others.iter().zip('b'..).map(|(other, digit)| for_platform("app:1", other, digit)));
        index_all(&entries);
        assert_eq!(runs_on(world, "app:1"), own);
        index_all(&entries[1..]);
        assert_eq!(
            world.start(&["-i", "app:1", "/bin/env"]).fails(1),
            format!(
                "shifter: image `docker:app:1` is for linux/riscv64, linux/s390x, windows/amd64, and this node is {}\n",
                Platform::of_this_node()
            )
        );
        // By its identity too.
        index(&entries[1]);
        let said = world.start(&["-i", &format!("id:{}", id('b')), "/bin/env"]).fails(1);
        assert!(said.contains("is for linux/s390x, and this node is "), "{said}");
    });
}

#[test]
fn what_there_is_is_named_only_to_who_may_use_it() {
    isolated(|world| {
        let private = Access::restricted(vec![BOB], vec![]);
        index_all(&[IndexEntry { access: private, ..for_platform("app:1", "linux/s390x", 'b') }]);
        let said = world.start(&["-i", "app:1", "/bin/env"]).fails(1);
        assert!(said.contains("there is no image `docker:app:1`, or you may not use it"), "{said}");
        let said = world.run_as(BOB, |_| {}, &["-i", "app:1", "/bin/env"]).fails(1);
        assert!(said.contains("is for linux/s390x"), "{said}");
    });
}

#[test]
fn an_image_is_found_by_its_digest_with_and_without_a_tag() {
    isolated(|world| {
        let own = this_platform();
        index(&for_platform("site/app:1", &own, 'a'));
        let (of_list, of_image) = (format!("sha256:{}", id('f')), format!("sha256:{}", id('a')));
        for name in [
            format!("site/app:1@{of_list}"),
            format!("docker:site/app:1@{of_image}"),
            format!("site/app@{of_image}"),
            format!("registry:5000/any/name@{of_image}"),
        ] {
            assert_eq!(runs_on(world, &name), own, "{name}");
        }
        // The tag was moved; who asks for the digest does not get another image.
        index(&for_platform("site/app:1", &own, 'b'));
        assert_eq!(runs_on(world, &format!("site/app:1@{of_image}")), own);
        let missing = format!("sha256:{}", id('9'));
        assert_eq!(
            world.start(&["-i", &format!("site/app:1@{missing}"), "id"]).fails(1),
            format!("shifter: there is no image `docker:site/app:1@{missing}`; `docker:site/app:1` is {of_list} now\n")
        );
    });
}

#[test]
fn a_custom_image_is_another_than_one_of_a_registry() {
    isolated(|world| {
        let own = this_platform();
        index(&IndexEntry { kind: ImageType::Custom, ..for_platform("app:1", &own, 'a') });
        assert_eq!(runs_on(world, "custom:app:1"), own);
        assert!(world.start(&["-i", "docker:app:1", "id"]).fails(1).contains("there is no image `docker:app:1`"));
        world.configure("defaultImageType=custom");
        assert_eq!(runs_on(world, "app:1"), own);
    });
}

#[test]
fn an_access_list_lets_in_whom_it_names_by_number_as_user_or_by_any_group() {
    isolated(|world| {
        image::install(&id('a'), "");
        fs::set_permissions(at(&format!("images/{}.squashfs", id('a'))), Permissions::from_mode(0o600)).unwrap();
        // Alice has the groups ALICE and STAFF, bob BOB and STAFF.
        for (users, groups, alice, bob) in [
            (vec![], vec![], false, false),
            (vec![ALICE], vec![], true, false),
            (vec![1, BOB, ALICE], vec![], true, true),
            (vec![], vec![BOB], false, true),
            (vec![], vec![4, 5, STAFF], true, true),
            (vec![ALICE], vec![BOB], true, true),
            (vec![1], vec![2], false, false),
        ] {
            let access = Access::restricted(users.clone(), groups.clone());
            index(&IndexEntry { access, ..for_platform("app:1", &this_platform(), 'a') });
            fs::set_permissions(at(&format!("images/{}.squashfs", id('a'))), Permissions::from_mode(0o600)).unwrap();
            for (uid, may) in [(ALICE, alice), (BOB, bob)] {
                for name in ["app:1".to_owned(), format!("id:{}", id('a'))] {
                    let run = world.run_as(uid, |_| {}, &["-i", &name, "/bin/id"]);
                    assert_eq!(run.stderr.is_empty(), may, "{uid}, {users:?}, {groups:?}: {run:?}");
                }
            }
        }
    });
}

#[test]
fn a_private_image_that_everybody_can_read_is_refused() {
    isolated(|world| {
        let file = at(&format!("images/{}.squashfs", id('a')));
        let private = Access::restricted(vec![ALICE], vec![]);
        index(&IndexEntry { access: private, ..for_platform("app:1", &this_platform(), 'a') });
        assert_eq!(
            world.start(&["-i", "app:1", "id"]).fails(1),
            format!(
                "shifter: `{}` has an access list, and everybody can read it (mode 0644); it must be 0600, as the \
                 gateway makes it\n",
                file.display()
            )
        );
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        world.start(&["-i", "app:1", "id"]).ok();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(at("images"), Permissions::from_mode(0o700)).unwrap();
        world.start(&["-i", "app:1", "id"]).ok();
    });
}
