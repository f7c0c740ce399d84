//! What the native runtime refuses, and with which words; and that it accepts what older releases need.

use shifter_formats::Target;
use shifter_formats::udiroot::{Conf, KEYS, Kind, MODULE_KEYS, ParseErrorKind};

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n";

fn errors(text: &str) -> String {
    let errors = Conf::parse_native(text).expect_err("refused");
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// The errors of some lines of an otherwise good file; the lines begin with line 1.
fn errors_of(lines: &str) -> String {
    errors(&format!("{lines}\n{SITE}"))
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let text = "\
        udiMount=/u\n\
        udiMount=/v\n\
        imagePath=images\n  \
          # indented=1\n\
        words without sign\n\
        mountUdiRootWritable=true\n\
        maxGroupCount=31 # comment\n\
        gatewayTimeout=300s\n\
        rootfsSize=12zz\n\
        allowLibcPwdsCalls=1\n\
        etcPath=/a/../b\n\
        siteFs=/home /scratch\n\
        module_mpich_copypath=/x\n\
        defaultImageType=\n";
    assert_eq!(errors(text), "\
line 2, column 1: `udiMount`: already written in line 1; keep one; the original takes the last
line 3, column 11: `imagePath`: the path is not absolute; begin the path with `/`, without quotes
line 4, column 3: a comment begins in the first column; move the `#` to the first column; the original reads the line as a key
line 5, column 1: the line holds no `=`; write `key=value`; the original skips the line without a word
line 6, column 22: `mountUdiRootWritable`: neither 0 nor 1; write 1 for yes and 0 for no; the original reads any word as no
line 7, column 18: `maxGroupCount`: a comment cannot follow a value; give the comment a line of its own; the original makes it part of the value
line 8, column 16: `gatewayTimeout`: no whole number; write digits only; the original stops at the first other character
line 9, column 12: `rootfsSize`: a size ends with one of B, K, M, G, T, P or E, as in `10G`; write the size as in `10G`
line 10, column 1: `allowLibcPwdsCalls`: unknown key; did you mean `allowLibcPwdCalls`?
line 11, column 9: `etcPath`: the path holds `..`; write the path without `..`
line 12, column 8: `siteFs`: entries of a volume map are separated by `;`; write `/home:/home;/scratch:/scratch`; the original would delete the blank and mount one fused path
line 13, column 1: `module_mpich_copypath`: unknown key of a module; did you mean `copyPath`? The original ignores the line
line 14, column 1: `defaultImageType`: the key has no value; write a value or delete the line
line 15, column 1: `system`: `system` is not defined; add a line `system=...`
line 15, column 1: `loopMount`: `loopMount` is not defined; add a line `loopMount=...`
");
}

#[test]
fn deleted_characters_are_shown_where_they_stand() {
    let text = "siteFs=/a:/a;\\\n    /b@c:/b@c\n";
    let found = Conf::parse_native(format!("{text}{SITE}")).unwrap_err();
    let places: Vec<(usize, usize, &str)> =
        found.iter().map(|error| (error.line, error.column, &text[error.span.clone()])).collect();
    assert_eq!(places, [(2, 5, "/b@c"), (2, 10, "/b@c")]);
}

#[test]
fn volume_maps_are_read_to_the_letter() {
    let cases = [
        ("siteFs=/home:/home:shared", "no flag is called `shared`"),
        ("siteFs=/home:/home:ro,rec", "flags are separated by `:`"),
        ("siteFs=/home:/home:ro:ro", "the flag `ro` is written twice"),
        ("siteFs=/home:/home:slave:private", "exclude each other"),
        ("siteFs=/home:home", "the path is not absolute"),
        ("siteFs=/etc:/etc/", "nothing may be mounted there"),
        ("siteFs=/x:/", "nothing may be mounted there"),
        ("siteFs=/opt/x:/opt/udiImage/x", "nothing may be mounted there"),
        ("siteFs=\"/a:/a\"", "quotes have no meaning"),
        ("siteFs=/a..b", "holds `..`"),
        ("siteFs=/a:/b:perNodeCache", "needs a value"),
        ("siteFs=/a:/b:perNodeCache=size=0", "does not understand `size=0`"),
        ("siteFs=/a:/b:perNodeCache=fs=xfs", "needs a size"),
        ("siteFs=/a:/b:perNodeCache=size=1G,fs=btrfs", "`fs=btrfs`"),
        ("siteFs=/a:/b:perNodeCache=size=1G,fs=xfs,fs=ext4", "`fs=ext4`"),
        ("siteFs=/a:/b:perNodeCache=size=1G,method=dd", "`method=dd`"),
        ("siteFs=/a:/b:perNodeCache=size=1G,bs=64k", "has blocks of 65536 bytes; write bs=1024, bs=2048 or bs=4096"),
        ("siteFs=/a:/b:automount=/x", "no directory name"),
        ("siteFs=/a:/b:ro=1", "takes no value"),
    ];
    for (line, wanted) in cases {
        let found = errors_of(line);
        assert!(found.contains(wanted), "{line}: {found}");
    }
}

#[test]
fn lists_and_modules_are_read_to_the_letter() {
    let cases = [
        ("siteEnv=A=1 B", "a variable is written NAME=VALUE"),
        ("siteEnv=A=", "the variable has no value"),
        ("siteEnvUnset=A=1", "no name of a variable"),
        ("usersToImport=a\tb", "a tab separates nothing"),
        ("imageGateway=localhost:5000", "no address of a gateway"),
        ("siteLink=/a", "no `TARGET:LINK`"),
        ("defaultModules=a, b", "a blank stands beside a comma"),
        ("defaultModules=a,,b", "nothing stands between two commas"),
        ("defaultModules=nosuch", "no module is called `nosuch`"),
        ("module_a_conflict=b", "no module is called `b`"),
        ("module_a_requires=b/1", "no module is called `b/1`"),
        ("module_my_mpich_siteEnv=A=1", "cannot hold `_`"),
        ("module_none_siteEnv=A=1", "`none` stands for no module"),
        ("module_a=1", "the module's key is missing"),
        ("module_a_siteEnv=A=1\nmodule_a_siteEnv=B=1", "already written in line 1"),
        ("module_a_enabled=0\ndefaultModules=a", "not enabled"),
        ("home=work", "write one of site, image, none, an absolute path"),
        ("imageOwner=a b", "write one of a user name"),
        ("userNamespaces=no", "write one of host, deny"),
        ("mountPropagationStyle=shared", "write one of private, slave"),
        ("defaultImageType=oci", "write one of docker, custom, id, local"),
        ("batchType=a b", "the value holds a blank"),
        ("module_a_devices=kfd", "the path is not absolute"),
    ];
    for (line, wanted) in cases {
        let found = errors_of(line);
        assert!(found.contains(wanted), "{line}: {found}");
    }
}

#[test]
fn what_one_key_requires_of_another_is_checked() {
    let static_etc = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\n";
    assert!(errors(static_etc).contains("`etcPath` is not defined, and populateEtcDynamically is not 1"));
    let found = errors_of("siteFs=/a:/b:perNodeCache=size=1G");
    assert!(found.contains("perNodeCachePath"), "{found}");
    assert!(found.contains("mkfsXfsPath"), "{found}");
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let kinds = |bytes: &[u8]| -> Vec<(usize, usize, ParseErrorKind)> {
        let text = [SITE.as_bytes(), bytes].concat();
        let found = Conf::parse_native(text).unwrap_err();
        found.into_iter().map(|error| (error.line, error.column, error.kind)).collect()
    };
    assert_eq!(kinds(b"# \xff\n"), [(6, 3, ParseErrorKind::NotUtf8)]);
    assert_eq!(kinds(b"# \0\n"), [(6, 3, ParseErrorKind::Control('\0'))]);
    assert_eq!(kinds(b"# a\rb\n"), [(6, 4, ParseErrorKind::Control('\r'))]);
    let in_one_line: Vec<(usize, usize, ParseErrorKind)> =
        [(6, 3), (6, 5), (7, 2)].map(|(line, column)| (line, column, ParseErrorKind::NotUtf8)).into();
    assert_eq!(kinds(b"# \xff\xc3\xa4\xff\n#\xff\n"), in_one_line, "columns count characters");
    assert_eq!(Conf::parse_native(format!("\u{feff}{SITE}")).unwrap_err()[0].kind, ParseErrorKind::ByteOrderMark);
    assert_eq!(Conf::parse_native(vec![b'#'; (1 << 20) + 1]).unwrap_err()[0].kind, ParseErrorKind::TooLong);
}

#[test]
fn there_are_no_more_modules_than_any_site_has() {
    let modules = |count: usize| -> String { (0..count).map(|n| format!("module_m{n}_siteFs=/a:/b\n")).collect() };
    assert_eq!(Conf::parse_native(format!("{SITE}{}", modules(512))).unwrap().modules.len(), 512);
    let found = errors(&format!("{SITE}{}module_m0_copyPath=/c\n", modules(513)));
    let expected = "line 518, column 1: `module_m512_siteFs`: there are 512 modules already; \
        no site needs so many; is this the right file?\n";
    assert_eq!(found, expected);
}

#[test]
fn files_with_dos_line_ends_are_accepted() {
    let text = SITE.replace('\n', "\r\n");
    assert_eq!(Conf::parse_native(text), Conf::parse_native(SITE));
}

#[test]
fn lists_add_up_over_lines() {
    let conf = Conf::parse_native(format!(
        "{SITE}siteFs=/a\nsiteFs=/b:/c:ro\nsiteEnv=A=1\nsiteEnv=B=2 C=3\nmodule_m_siteFs=/d\nmodule_m_siteFs=/e\n"
    ))
    .unwrap();
    assert_eq!(conf.site_fs.to_string(), "/a:/a;/b:/c:ro");
    assert_eq!(conf.site_env.len(), 3);
    assert_eq!(conf.modules[0].1.site_fs.entries.len(), 2);
}

#[test]
fn the_table_documents_every_key_and_knows_every_target() {
    for spec in KEYS.iter().chain(MODULE_KEYS) {
        assert!(!spec.text().is_empty(), "{}", spec.name);
        assert!(!spec.text().contains("  "), "{}", spec.name);
        assert!(spec.is_known_to(Target::Native), "{}", spec.name);
        for target in spec.required_by.iter().chain(spec.no_op_in) {
            assert!(spec.is_known_to(*target), "{}", spec.name);
        }
    }
    let mut names: Vec<&str> = KEYS.iter().map(|spec| spec.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KEYS.len());
}

#[test]
fn native_keys_are_understood() {
    let conf = Conf::parse_native(format!(
        "{SITE}imageOwner=shifter\nrootfsSize=2G\nsiteLink=mnt/a/sw:/sw;/x:/y\nconfId=abc\ndeny=/secret /x\ndenyFile=/a\n\
         keepEnv=SLINGSHOT_* PMI_*\nuserNamespaces=deny\nhome=image\nimageGateway=unix:/run/shifter/gateway.sock\n\
         siteFs=/cvmfs:/cvmfs:rec:slave:optional:automount=sft.cern.ch,a.b\nsiteEnvUnset=LMOD_*\n\
         module_mpich_family=mpi\nmodule_mpich_version=8.1.30\nmodule_mpich@8.1.30_siteFs=/opt/mpich:/opt/mpich\n\
         module_mpich@8.1.30_requires=fabric\nmodule_fabric_devices=/dev/cxi*\nmodule_fabric_globs=/usr/lib64/libcxi.so.*\n\
         module_fabric_optional=1\ndefaultModules=mpich/8.1.30\n"
    ))
    .unwrap();
    assert_eq!(conf.site_link.len(), 2);
    assert_eq!(conf.modules.len(), 3);
    let mount = &conf.site_fs.entries[0];
    assert!(mount.optional && mount.recursive);
    assert_eq!(mount.automount, ["sft.cern.ch", "a.b"]);
    assert_eq!(Conf::parse_native(conf.try_print(Target::Native, "").unwrap()), Ok(conf));
}

#[test]
fn keys_that_do_nothing_natively_are_accepted() {
    let mut accepted = Vec::new();
    for key in KEYS.iter().filter(|key| key.no_op_in.contains(&Target::Native)) {
        let value = match key.kind {
            Kind::Flag => "1",
            Kind::Path => "/x",
            _ => "x",
        };
        let conf = Conf::parse_native(format!("{SITE}{}={value}\n", key.name));
        assert!(conf.is_ok(), "{}: {conf:?}", key.name);
        accepted.push(key.name);
    }
    let known = "rootfsType autoLoadKernelModule kmodBasePath kmodCacheFile mountCmd modprobePath insmodPath cpPath mvPath \
        chmodPath ddPath siteResources batchType nodeContextPrefix optionalSshdAsRoot";
    assert_eq!(accepted, known.split_whitespace().collect::<Vec<_>>());
}
