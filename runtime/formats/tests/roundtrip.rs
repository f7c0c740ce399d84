//! What is printed reads back: natively for every configuration, in the original for all it can hold. And no bytes
//! whatever make a reader panic.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use shifter_formats::Target;
use shifter_formats::acl::Access;
use shifter_formats::env::{self, Assignment, NamePattern};
use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::index::IndexEntry;
use shifter_formats::meta::{ImageFormat, Meta};
use shifter_formats::original;
use shifter_formats::size::Bytes;
use shifter_formats::udiroot::{
    Conf, Endpoint, Home, ModuleChoice, ModuleConf, ModuleName, Owner, ParseErrorKind, PathPattern, SiteLink,
    UserNamespaces,
};
use shifter_formats::volume::{Author, PerNodeCache, Propagation, VolumeEntry, VolumeMap};

const RELEASES: [Target; 5] = [Target::V1608, Target::V1608Gpu, Target::V1704, Target::V1803, Target::Master];

/// Text with all that means something to one of the grammars.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof!["[\\x00-\\x20a-c=:;,#\\\\\"'_@/.*?\u{85}\u{a0}\u{2028}é]{0,12}", "\\PC{0,12}", "/[a-c ./;:#=]{0,9}"]
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9_.=+@%,-]{0,8}"
}

fn path() -> impl Strategy<Value = String> {
    // Below /x, so that nothing forbidden is hit, and never `..`.
    "/x(/[A-Za-z0-9_+-][A-Za-z0-9_+.-]{0,4}[a-z]){1,3}".prop_filter("no `..`", |path| !path.contains(".."))
}

fn assignment() -> impl Strategy<Value = Assignment> {
    ("[A-Z_]{1,6}", "[!-~]{1,10}")
        .prop_filter("no continuation", |(_, value)| !value.ends_with('\\'))
        .prop_map(|(name, value)| Assignment::new(name, value))
}

fn entry() -> impl Strategy<Value = VolumeEntry> {
    let block_size = prop_oneof![Just(1024), Just(2048), Just(4096)];
    let cache = (1u64..1 << 40, option::of(block_size)).prop_map(|(size, block)| PerNodeCache {
        block_size: block.map_or(PerNodeCache::BLOCK_SIZE, Bytes),
        ..PerNodeCache::new(Bytes(size))
    });
    let propagation = prop_oneof![Just(Propagation::Private), Just(Propagation::Slave)];
    (path(), path(), any::<[bool; 2]>(), option::of(propagation), option::of(cache)).prop_map(
        |(from, to, [read_only, recursive], propagation, per_node_cache)| VolumeEntry {
            read_only,
            recursive,
            propagation,
            per_node_cache,
            ..VolumeEntry::new(from, to)
        },
    )
}

fn native_entry() -> impl Strategy<Value = VolumeEntry> {
    (entry(), any::<bool>(), vec("[a-z][a-z0-9.]{0,5}[a-z]", 0..3))
        .prop_filter("no `..`", |(.., names)| !names.iter().any(|name| name.contains("..")))
        .prop_map(|(entry, optional, automount)| VolumeEntry { optional, automount, ..entry })
}

/// The keys that every release knows.
fn shared_conf() -> impl Strategy<Value = Conf> {
    let paths = || option::of(path().prop_map(Into::into));
    let flags = || option::of(any::<bool>());
    let hooks = (paths(), paths(), paths(), paths(), paths());
    let switches = (flags(), flags(), flags(), flags());
    let numbers = (option::of(any::<u64>()), option::of(any::<u64>()), option::of(any::<u64>().prop_map(Bytes)));
    let lists = (
        vec(entry(), 0..4),
        vec(assignment(), 0..4),
        vec(assignment(), 0..3),
        vec(assignment(), 0..3),
        vec("[A-Z_]{1,6}".prop_map(NamePattern::new), 0..3),
        vec("http://[a-z]{1,8}:[0-9]{2,4}".prop_map(Endpoint::Url), 0..3),
    );
    let styles = (
        option::of(prop_oneof![Just(Propagation::Private), Just(Propagation::Slave)]),
        option::of(proptest::sample::select(ImageType::ALL.to_vec())),
    );
    (word(), vec(path(), 12), hooks, switches, numbers, lists, styles).prop_map(
        |(system, required, hooks, switches, numbers, lists, styles)| {
            let at = |nth: usize| Some(required[nth].clone().into());
            Conf {
                system: Some(system),
                udi_mount: at(0),
                loop_mount: at(1),
                image_path: at(2),
                udi_root_path: at(3),
                etc_path: at(4),
                modprobe_path: at(5),
                insmod_path: at(6),
                cp_path: at(7),
                mv_path: at(8),
                chmod_path: at(9),
                dd_path: at(10),
                mkfs_xfs_path: at(11),
                per_node_cache_path: at(11),
                rootfs_type: Some("tmpfs".into()),
                opt_udi_image: hooks.0,
                site_pre_mount_hook: hooks.1,
                site_post_mount_hook: hooks.2,
                mount_udi_root_writable: switches.0,
                allow_libc_pwd_calls: switches.1,
                populate_etc_dynamically: switches.2,
                allow_local_chroot: switches.3,
                gateway_timeout: numbers.0,
                max_group_count: numbers.1,
                per_node_cache_size_limit: numbers.2.map(|Bytes(size)| Bytes(size >> 12)),
                site_fs: lists.0.into(),
                site_env: lists.1,
                site_env_append: lists.2,
                site_env_prepend: lists.3,
                site_env_unset: lists.4,
                image_gateway: lists.5,
                mount_propagation_style: styles.0,
                default_image_type: styles.1,
                ..Conf::default()
            }
        },
    )
}

fn module(name: ModuleName) -> impl Strategy<Value = (ModuleName, ModuleConf)> {
    (vec(entry(), 0..3), vec(assignment(), 0..3), option::of(path().prop_map(Into::into)), any::<bool>()).prop_map(
        move |(entries, site_env, copy_path, enabled)| {
            let conf = ModuleConf {
                enabled: Some(enabled),
                site_fs: entries.into(),
                site_env,
                copy_path,
                ..ModuleConf::default()
            };
            (name.clone(), conf)
        },
    )
}

/// What releases with modules know besides.
fn conf_with_modules() -> impl Strategy<Value = Conf> {
    (shared_conf(), module(ModuleName::new("a")), module(ModuleName::new("b-1"))).prop_map(
        |(conf, mut first, second)| {
            first.1.conflict = vec!["b-1".into()];
            let enabled = second.1.enabled == Some(true);
            Conf {
                default_modules: enabled.then(|| ModuleChoice::new("b-1")).into_iter().collect(),
                modules: vec![first, second],
                ..conf
            }
        },
    )
}

fn native_conf() -> impl Strategy<Value = Conf> {
    let home = prop_oneof![
        Just(Home::Site),
        Just(Home::Image),
        Just(Home::None),
        path().prop_map(|path| Home::Path(path.into()))
    ];
    let owner = prop_oneof![(0u32..u32::MAX).prop_map(Owner::Id), "[a-z_][a-z0-9_-]{0,8}".prop_map(Owner::Name)];
    let link = ("[a-z/.]{1,8}", path()).prop_map(|(target, link)| SiteLink { target, link: link.into() });
    (
        conf_with_modules(),
        vec(native_entry(), 0..3),
        vec(link, 0..3),
        option::of(home),
        option::of(owner),
        vec("[A-Z_]{1,4}[*?]?".prop_map(NamePattern::new), 0..3),
        vec(path().prop_map(Into::into), 0..3),
    )
        .prop_map(|(conf, entries, site_link, home, image_owner, keep_env, deny)| {
            let mut conf = conf;
            conf.site_fs.entries.extend(entries);
            let version = ModuleName { name: "a".into(), version: Some("1.2".into()) };
            let lines = ModuleConf {
                family: Some("mpi".into()),
                requires: vec!["b-1".into()],
                globs: PathPattern::parse("/usr/lib64/lib*.so.1").into_iter().collect(),
                ..ModuleConf::default()
            };
            conf.modules.push((version, lines));
            Conf {
                site_link,
                home,
                image_owner,
                keep_env,
                deny,
                user_namespaces: Some(UserNamespaces::Deny),
                rootfs_size: Some(Bytes(1 << 30)),
                conf_id: Some("0123abcd".into()),
                image_gateway_ca: Some("/x/ca".into()),
                users_to_import: vec!["sshd".into()],
                ..conf
            }
        })
}

proptest! {
    #[test]
    fn a_native_file_reads_back(conf in native_conf()) {
        let text = conf.try_print(Target::Native, "header\nof two lines").unwrap();
        prop_assert_eq!(Conf::parse_native(&text), Ok(conf), "{}", text);
    }

    #[test]
    fn a_file_for_any_release_reads_back_there_and_natively(conf in shared_conf()) {
        for target in RELEASES {
            let text = conf.try_print(target, "header").unwrap();
            prop_assert_eq!(original::read(&text, target), Ok(conf.clone()), "{}", text);
            prop_assert_eq!(Conf::parse_native(&text), Ok(conf.clone()), "{}", text);
        }
    }

    #[test]
    fn modules_read_back_where_they_exist(conf in conf_with_modules()) {
        for target in [Target::V1803, Target::Master] {
            let text = conf.try_print(target, "").unwrap();
            let reading = original::interpret(&text, target);
            prop_assert_eq!(&reading.notices, &[], "{}", text);
            prop_assert_eq!(reading.refusal, None, "{}", text);
            prop_assert_eq!(&reading.conf, &conf, "{}", text);
        }
    }

    #[test]
    fn whatever_a_value_holds_it_never_becomes_another_key(value in hostile(), name in hostile()) {
        let conf = Conf {
            system: Some(value.clone()),
            batch_type: Some(format!("x\nudiMount=/evil {value}")),
            image_path: Some(value.clone().into()),
            site_env: vec![Assignment::new(name.clone(), value.clone())],
            users_to_import: vec![value.clone()],
            site_fs: vec![VolumeEntry::new(value.clone(), name.clone())].into(),
            modules: vec![(ModuleName::new(name), ModuleConf { copy_path: Some(value.into()), ..ModuleConf::default() })],
            ..Conf::default()
        };
        for target in Target::ALL {
            let text = conf.print(target, "a\nheader");
            let known = ["system", "imagePath", "siteEnv", "usersToImport", "siteFs"];
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let key = line.split('=').next().unwrap();
                prop_assert!(known.contains(&key) || key.starts_with("module_"), "{}", text);
            }
        }
        // What was printed may be too little, but it is never wrong.
        let text = conf.print(Target::Native, "");
        for error in Conf::parse_native(&text).err().unwrap_or_default() {
            let is_too_little = matches!(error.kind, ParseErrorKind::Missing(_) | ParseErrorKind::MissingBecause { .. });
            prop_assert!(is_too_little, "{}\n{}", error, text);
        }
    }

    #[test]
    fn metadata_reads_back_natively_and_in_the_original(
        words in vec("[!-&(-~ ]{0,8}", 0..4),
        env in vec(assignment(), 0..5),
        users in vec(1u32..u32::MAX, 0..4),
        groups in vec(1u32..u32::MAX, 0..4),
    ) {
        let meta = Meta {
            format: Some(ImageFormat::Squashfs),
            cmd: (!words.is_empty()).then_some(words),
            access: Access::from_lists(users, groups),
            env,
            ..Meta::default()
        };
        let printed = meta.print();
        prop_assert_eq!(&printed.omitted, &[]);
        prop_assert_eq!(Meta::read_native(&printed.text), Ok(meta.clone()));
        // The original knows no escapes.
        if !printed.text.lines().any(|line| line.starts_with("CMD") && line.contains('\\')) {
            prop_assert_eq!(Meta::read_original(&printed.text).unwrap().meta, meta);
        }
    }

    #[test]
    fn metadata_of_any_content_holds_only_its_own_keys(words in vec(hostile(), 1..4), value in hostile()) {
        let meta = Meta {
            format: Some(ImageFormat::Squashfs),
            entry: Some(words.clone()),
            workdir: Some(value.clone()),
            env: vec![Assignment::new("X", value)],
            ..Meta::default()
        };
        let printed = meta.print();
        let read = Meta::read_native(&printed.text).unwrap();
        prop_assert_eq!(read.entry, Some(words));
        prop_assert_eq!(read.access, Access::Public);
        prop_assert!(read.env.len() + printed.omitted.len() >= 1);
    }

    #[test]
    fn an_index_entry_of_any_content_reads_back(
        texts in vec(hostile(), 7),
        lists in vec(option::of(vec(hostile(), 0..4)), 2),
        restricted in option::of((vec(any::<u32>(), 0..4), vec(any::<u32>(), 0..4))),
        id in "[0-9a-f]{64}",
    ) {
        let access = restricted.map_or(Access::Public, |(users, groups)| {
            let known = |ids: Vec<u32>| ids.into_iter().filter(|id| *id != u32::MAX).collect();
            Access::restricted(known(users), known(groups))
        });
        let entry = IndexEntry {
            system: texts[0].clone(),
            kind: ImageType::Docker,
            tag: texts[1].clone(),
            id: id.parse().unwrap(),
            format: ImageFormat::Squashfs,
            digest: texts[2].clone(),
            platform: texts[3].clone(),
            access,
            env: vec![Assignment::new("NAME", texts[4].clone())],
            entry: lists[0].clone(),
            cmd: lists[1].clone(),
            workdir: Some(texts[5].clone()),
            user: Some(texts[6].clone()),
        };
        prop_assert_eq!(IndexEntry::parse(entry.to_string()), Ok(entry));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..400), text in "[a-zA-Z/:;=,# \\\\\n_.-]{0,200}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = Conf::parse_native(bytes);
            for target in Target::ALL {
                let _ = original::interpret(bytes, target);
            }
            let _ = Meta::read_native(bytes);
            let _ = Meta::read_original(bytes);
            let _ = IndexEntry::parse(bytes);
            let _ = env::parse_env_file(bytes);
        }
        for author in [Author::Site, Author::User] {
            let _ = original::parse_volumes(&text, author);
            if let Ok(map) = VolumeMap::parse(&text, author) {
                prop_assert_eq!(VolumeMap::parse(&map.to_string(), author), Ok(map));
            }
        }
        for kind in ImageType::ALL {
            if let Ok(image) = Descriptor::parse(&text, kind) {
                prop_assert_eq!(Descriptor::parse(&image.to_string(), kind), Ok(image));
            }
        }
    }

    #[test]
    fn mutations_of_a_good_file_make_no_reader_panic(
        conf in native_conf(), at in any::<proptest::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = conf.print(Target::Native, "header").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Err(errors) = Conf::parse_native(&bytes) {
            for error in errors {
                prop_assert!(error.span.start <= error.span.end && error.span.end <= bytes.len());
                prop_assert!(error.line >= 1 && error.column >= 1);
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
