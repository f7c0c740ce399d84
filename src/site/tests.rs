//! A site is whole or it is not made; what is not written follows from what is.

use super::*;
use crate::diagnostic::Finding;

const WHOLE: &str = "schema = 1\n[site]\nname = 'x'\n[target]\nshifter = '18.03'\nos = 'el7'\n[images]\npath = '/images'\n\
                     [gateway]\nendpoints = ['http://gw:5000']\n";

fn profile(text: &str) -> Profile {
    toml::from_str(text).unwrap()
}

fn site(more: &str) -> Site {
    Site::resolve(&profile(&format!("{WHOLE}{more}")), None).unwrap()
}

/// What is wrong with a profile: codes and the key each finding is about.
fn wrong(text: &str, class: Option<&str>) -> Vec<(String, String)> {
    let shown = |finding: &Finding| (finding.code.to_owned(), finding.message.clone());
    Site::resolve(&profile(text), class).unwrap_err().iter().map(shown).collect()
}

#[test]
fn everything_that_is_missing_is_found_in_one_run() {
    let found = wrong("[gateway]\ncache_dir = '/c'", None);
    let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
    for key in ["target.shifter", "site.name", "images.path", "gateway.database.uri"] {
        assert!(messages.contains(&format!("`{key}` is missing").as_str()), "{key}: {messages:?}");
    }
    assert!(found.iter().all(|(code, _)| code == "SITE004"), "{found:?}");
}

#[test]
fn a_relative_path_and_a_bad_name_make_no_site() {
    let found = wrong(&WHOLE.replace("/images", "images").replace("'x'", "'Blue Waters'"), None);
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert!(codes.contains(&"SITE007") && codes.contains(&"SITE008"), "{found:?}");
}

#[test]
fn a_class_must_be_declared() {
    assert_eq!(wrong(&format!("{WHOLE}[class.compute]"), Some("compte"))[0].0, "SITE013");
}

#[test]
fn defaults_follow_the_operating_system_and_the_release() {
    let old = site("").node.unwrap();
    let tools = old.tools.unwrap();
    assert_eq!((tools.modprobe.as_str(), tools.cp.as_str()), ("/usr/sbin/modprobe", "/usr/bin/cp"));
    assert_eq!(old.runtime.rootfs.as_deref(), Some("tmpfs"));
    assert_eq!(old.etc.path.as_deref(), Some("/etc/shifter/shifter_etc_files"));
    assert_eq!(old.premount.path, "/etc/shifter/premount.sh");

    let cray = Site::resolve(&profile(&WHOLE.replace("el7", "cle5.2")), None).unwrap().node.unwrap();
    assert_eq!((cray.tools.unwrap().cp.as_str(), cray.runtime.rootfs.as_deref()), ("/bin/cp", Some("ramfs")));

    let native = Site::resolve(&profile(&WHOLE.replace("18.03", "native")), None).unwrap().node.unwrap();
    assert_eq!((native.tools, native.etc.path, native.images.owner.as_deref()), (None, None, Some("shifter")));
    assert_eq!(native.runtime.populate_etc_dynamically, Some(true));
}

#[test]
fn a_mount_of_a_class_is_seen_by_that_class_and_by_those_made_from_it() {
    let text = format!(
        "{WHOLE}[[filesystem]]\nsource = '/home'\n[[filesystem]]\nsource = '/dws'\nclasses = ['compute']\n\
         [class.compute]\n[class.gpu]\nfrom = ['compute']\n[class.login]"
    );
    let mounts = |class| Site::resolve(&profile(&text), Some(class)).unwrap().node.unwrap().filesystems.len();
    assert_eq!([mounts("compute"), mounts("gpu"), mounts("login")], [2, 2, 1]);
}

#[test]
fn conflicts_hold_both_ways_and_the_highest_version_is_the_default() {
    let node = site(
        "[module.a]\nconflict = ['b']\n[module.b]\n[module.c.version]\n'1.9' = {}\n'1.10' = {}\n[module.d]\ndefault = true",
    )
    .node
    .unwrap();
    let module =
        |name: &str| node.modules.iter().find(|module| module.name == name && module.version.is_none()).unwrap();
    assert_eq!(
        (module("a").conflict.as_slice(), module("b").conflict.as_slice()),
        (&["b".to_owned()][..], &["a".to_owned()][..])
    );
    assert_eq!(module("c").default_version.as_deref(), Some("1.10"));
    assert_eq!(node.default_modules, ["d"]);
}

#[test]
fn a_profile_that_only_says_where_the_gateway_is_describes_no_service() {
    assert!(site("").gateway.is_none());
}

#[test]
fn ports_come_from_bind_or_from_the_endpoints() {
    let service = "cache_dir = '/c'\nexpand_dir = '/e'\n[gateway.database]\nuri = 'mongodb://localhost/'\n";
    let ports = |more: &str, endpoints: &str| {
        let text = WHOLE.replace("'http://gw:5000'", endpoints) + more + service;
        Site::resolve(&profile(&text), None).unwrap().gateway.unwrap().bind.ports
    };
    assert_eq!(ports("", "'http://a:5001', 'http://b:5000', 'http://a:5000'"), [5000, 5001]);
    assert_eq!(ports("bind = '10.0.0.1:8000'\n", "'http://a:5000'"), [8000]);
    assert_eq!(ports("", "'https://gw', 'unix:/run/x.sock'"), [443]);
}

#[test]
fn access_says_whether_images_are_copied_and_else_the_table_ssh_does() {
    let access = |keys: &str| {
        let rest =
            "ssh = { hosts = 'dtn1' }\ncache_dir = '/c'\nexpand_dir = '/e'\ndatabase.uri = 'mongodb://localhost/'\n";
        site(&format!("{keys}{rest}")).gateway.unwrap().platforms[0].access.clone()
    };
    assert!(matches!(access(""), Access::Remote { .. }));
    assert!(matches!(access("access = 'remote'\n"), Access::Remote { .. }));
    assert_eq!(access("access = 'local'\n"), Access::Local { image_dir: "/images".to_owned() });
}

#[test]
fn a_gateway_serves_each_system_under_its_own_name() {
    let gateway = profile(
        "kind = 'gateway'\n[target]\nshifter = '18.03'\n[gateway]\ncache_dir = '/c'\nexpand_dir = '/e'\n\
         [gateway.database]\nuri = 'mongodb://localhost/'\n[platform.b]\nssh = { hosts = 'dtn[1-2]' }",
    );
    let [a, b] = ["a", "b"].map(|name| profile(&WHOLE.replace("'x'", &format!("'{name}'"))));
    let site = Site::resolve_gateway(&gateway, &[a.clone(), b]).unwrap();
    assert!(site.node.is_none());
    let platforms = site.gateway.unwrap().platforms;
    assert_eq!(platforms[0].access, Access::Local { image_dir: "/images".to_owned() });
    assert!(matches!(&platforms[1].access, Access::Remote { hosts, .. } if hosts.len() == 2));
    let twice = Site::resolve_gateway(&gateway, &[a.clone(), a]).unwrap_err();
    assert_eq!(twice[0].message, "two served profiles are called `a`");
}
