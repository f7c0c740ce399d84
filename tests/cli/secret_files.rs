//! No verb writes a secret into a file that others read, not even one that a profile or an imported file holds in clear.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::secrets::{DATABASE, PROXY, files_below, run, shows_a_secret};
use super::support::{GOOD, Site};

/// The files below `directory` that hold a secret, with their modes.
fn holders(site: &Site, directory: &str) -> BTreeMap<String, u32> {
    let base = site.path().join(directory);
    let all = files_below(&base).into_iter().filter(|file| shows_a_secret(&fs::read(file).expect("our own file")));
    let named = all.map(|file| {
        let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o7777;
        (file.strip_prefix(&base).expect("below").display().to_string(), mode)
    });
    named.collect()
}

/// A site whose files hold secrets where no key of a profile can refer to one.
fn old() -> Site {
    let manager = format!(
        "{{\"MongoDBURI\": \"mongodb://shifter:{DATABASE}@localhost/\", \"Broker\": \"redis://h/\", \"MongoDB\": \"Shifter\",\n\
         \"CacheDirectory\": \"/var/cache/shifter\", \"ExpandDirectory\": \"/var/expand\", \"Odd\": {{\"token\": \"{PROXY}\"}},\n\
         \"Platforms\": {{\"tiny\": {{\"mungeSocketPath\": \"/run/munge/munge.socket.2\", \"accesstype\": \"local\", \"admins\": [],\n\
         \"local\": {{\"imageDir\": \"/images\"}}}}}}}}"
    );
    let conf = format!(
        "system=tiny\nimagePath=/images\nudiMount=/var/udiMount\nloopMount=/var/udiLoop\netcPath=/etc/shifter/etc\n\
         imageGateway=http://a:{PROXY}@gateway:5000\n# before: siteEnv=DB_PASSWORD={DATABASE}\nudiRootPath=/usr\n\
         siteEnv=DB=mongodb://u:{PROXY}@h/ DB_PASSWORD={PROXY}\nsitePreMountHook=/etc/shifter/premount.sh\n  # a=b\n"
    );
    let hook = format!("#!/bin/sh\ncurl -o x http://u:{PROXY}@h/ | sh\n");
    Site::new().with("old/imagemanager.json", &manager).with("old/udiRoot.conf", &conf).with("old/premount.sh", &hook)
}

#[test]
fn what_import_writes_holds_a_secret_for_its_owner_alone() {
    let site = old();
    let ran = run(&site, &["import", "old", "--out", "new/site.toml", "--fix", "--fixed-dir", "fixed"]);
    for key in ["env.set.DB", "env.set.DB_PASSWORD", "extra.imagemanager.Odd.token", "gateway.endpoints.0"] {
        assert!(ran.out.contains(&format!("`{key}` of the profile holds what looks like a secret")), "{ran:?}");
    }
    assert!(ran.out.contains("SEC001") && !shows_a_secret(ran.out.as_bytes()), "{ran:?}");
    let written = holders(&site, "new");
    assert!(written.contains_key("site.toml") && written.contains_key("secrets/mongodb-shifter"), "{written:?}");
    assert!(written.values().chain(holders(&site, "fixed").values()).all(|mode| mode & 0o077 == 0), "{written:?}");
    assert_eq!(written.get("scripts/premount.sh"), Some(&0o700));
    assert!(holders(&site, "fixed").contains_key("udiRoot.conf"));
    let json = run(&site, &["import", "old", "--format", "json"]);
    assert!(json.out.contains("\"private\"") && json.out.contains("env.set.DB_PASSWORD"), "{json:?}");
}

#[test]
fn a_profile_that_only_refers_to_secrets_is_everybodys() {
    let site =
        old().with("old/udiRoot.conf", "system=tiny\nimagePath=/images\n").with("old/premount.sh", "#!/bin/sh\n");
    let manager = fs::read_to_string(site.path().join("old/imagemanager.json")).expect("ours");
    fs::write(site.path().join("old/imagemanager.json"), manager.replace("token", "word")).expect("ours");
    let manager = fs::read_to_string(site.path().join("old/imagemanager.json")).expect("ours");
    fs::write(site.path().join("old/imagemanager.json"), manager.replace(PROXY, "plain")).expect("ours");
    let ran = run(&site, &["import", "old", "--out", "new/site.toml"]);
    assert!(!ran.out.contains("of the profile holds"), "{ran:?}");
    let mode = fs::metadata(site.path().join("new/site.toml")).expect("written").permissions().mode() & 0o777;
    assert_eq!(mode, 0o644);
    assert_eq!(holders(&site, "new").into_keys().collect::<Vec<_>>(), ["secrets/mongodb-shifter"]);
}

#[test]
fn what_render_and_apply_write_holds_a_literal_login_for_root_and_a_group_alone() {
    let text = format!(
        "{GOOD}[gateway.proxy]\nhttps = \"http://site:{0}@proxy:3128\"\nall = \"socks5://site:{0}@proxy:1080\"\n\
         [env.set]\nhttps_proxy = \"http://site:{0}@proxy:3128\"\n[class.compute]\n[class.gateway]\n",
        "proxy%40p%3Aa%2Fs%25s-9876543210"
    );
    let site = Site::new().with("site.toml", &text);
    let ran = run(&site, &["render", "site.toml", "--out", "out"]);
    assert!(ran.code == 1 && ran.err.contains("SEC029") && !site.path().join("out").exists(), "{ran:?}");
    assert_eq!(run(&site, &["render", "site.toml", "--force", "--out", "out"]).code, 0);
    assert_eq!(run(&site, &["render", "site.toml", "--force", "--tree", "--out", "trees"]).code, 0);
    let native = ["render", "site.toml", "--force", "--target", "native", "--out", "native"];
    assert_eq!(run(&site, &native).code, 0);
    for directory in ["out", "trees", "native"] {
        let held = holders(&site, directory);
        for name in ["udiRoot.conf", "proxy.env"] {
            assert!(held.keys().any(|held| held.ends_with(name)), "{held:?}");
        }
        assert!(held.values().all(|mode| mode & 0o137 == 0), "{held:?}");
    }
    let wide = ["render", "site.toml", "--force", "--set", "install.\"udiRoot.conf\".mode=\"0644\"", "--out", "wide"];
    let ran = run(&site, &wide);
    assert!(ran.code == 1 && ran.err.contains("udiRoot.conf: it holds secrets"), "{ran:?}");
    let suppressed = format!("{text}[lint]\nignore = [\"SEC001\", \"SEC029\", \"REG009\", \"REG012\"]\n");
    fs::write(site.path().join("site.toml"), suppressed).expect("our own file");
    for class in ["compute", "gateway"] {
        let root = format!("roots/{class}");
        fs::create_dir_all(site.path().join(&root)).expect("made");
        let ran = run(&site, &["apply", "site.toml", "--root", &root, "--no-owner", "--class", class, "--yes"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let held = holders(&site, "roots");
    assert_eq!(held.get("compute/etc/shifter/udiRoot.conf"), Some(&0o640), "{held:?}");
    assert_eq!(held.get("gateway/etc/shifter/proxy.env"), Some(&0o640), "{held:?}");
    assert!(held.values().all(|mode| mode & 0o137 == 0), "{held:?}");
    let ran = run(&site, &["render", "site.toml", "--force", "--stdout", "udiRoot.conf"]);
    assert!(ran.code == 64 && ran.out.is_empty(), "{ran:?}");
}
