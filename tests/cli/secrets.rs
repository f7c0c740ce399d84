//! No verb shows a secret, in no form, wherever it comes from.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use shifter_site::secret::{Forms, SecretValue};

use super::support::{GOOD, Ran, Site, good_but};

/// 24 characters that nobody uses, among them all that a URI must encode.
pub(crate) const DATABASE: &str = "mongo@p:a/s%s-0123456789";
pub(crate) const PROXY: &str = "proxy@p:a/s%s-9876543210";

/// Where the tests keep a program called `sops`.
const PATH: &str = "programs:/usr/bin:/bin";

/// A profile whose database has this password.
pub(crate) fn profile(password: &str) -> String {
    let uri = "uri = \"mongodb://localhost/\"";
    let text = good_but(uri, &format!("{uri}\nuser = \"shifter\"\npassword = {password}"));
    let proxy =
        "[gateway.proxy]\nhttps = \"http://proxy.site:3128\"\nuser = \"site\"\npassword = { env = \"PROXY\" }\n";
    let classes = "[class.compute]\n[class.gateway]\n";
    format!("{text}{proxy}{classes}")
}

/// A site with the secret in every place that one can come from.
pub(crate) fn site(password: &str) -> Site {
    // The fake of sops checks what it is asked, and prints what sops would.
    let sops = format!(
        "#!/bin/sh\n[ \"$*\" = '--decrypt --input-type yaml --output-type yaml --extract [\"db\"][\"shifter\"] \
         secrets/all.yaml' ] || {{ echo \"{DATABASE} $*\" >&2; exit 2; }}\nprintf '%s' '{DATABASE}'\n"
    );
    let site = Site::new()
        .with("site.toml", &profile(password))
        .with("secrets/db", &format!("{DATABASE}\n"))
        .with("secrets/all.yaml", "db: ENC[AES256_GCM]\n")
        .with("programs/sops", &sops);
    fs::set_permissions(site.path().join("programs/sops"), Permissions::from_mode(0o755)).expect("our own file");
    site
}

const REFERENCES: [&str; 4] = [
    "{ file = \"secrets/db\" }",
    "{ env = \"DATABASE\" }",
    "{ sops = \"secrets/all.yaml\", key = \"db.shifter\" }",
    "{ command = [\"/bin/cat\", \"secrets/db\"] }",
];

pub(crate) fn run(site: &Site, arguments: &[&str]) -> Ran {
    site.run_with_variables(arguments, &[("DATABASE", DATABASE), ("PROXY", PROXY), ("PATH", PATH)])
}

pub(crate) fn shows_a_secret(bytes: &[u8]) -> bool {
    [DATABASE, PROXY].iter().any(|secret| {
        let forms = Forms::of(&SecretValue::new(secret)).expect("long enough");
        forms.found_in(bytes).is_some()
    })
}

pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in directory.read_dir().expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn no_verb_and_no_form_shows_a_secret() {
    let forms = ["human", "concise", "json", "sarif", "github", "gitlab", "junit"];
    for reference in REFERENCES {
        let site = site(reference);
        let mut runs: Vec<Vec<&str>> = Vec::new();
        for form in forms {
            runs.push(vec!["check", "--resolve", "--allow-secret-commands", "--format", form, "site.toml"]);
            // The password fits into nothing here, and every message about it is printed.
            runs.push(vec!["check", "--resolve", "--format", form, "--set", "gateway.database.uri='x'", "site.toml"]);
        }
        runs.push(vec!["render", "site.toml", "--allow-secret-commands", "--out", "out"]);
        runs.push(vec!["render", "site.toml", "--allow-secret-commands", "--tree", "--out", "trees"]);
        runs.push(vec!["render", "site.toml", "--force", "--set", "gateway.database.uri='x'", "--out", "bad"]);
        for name in ["imagemanager.json", "udiRoot.conf", "manifest.json", "services/proxy.env"] {
            runs.push(vec!["render", "site.toml", "--allow-secret-commands", "--stdout", name]);
        }
        for form in ["human", "json", "prometheus", "nhc"] {
            runs.push(vec!["verify", "--root", "trees/gateway", "--format", form]);
        }
        for arguments in runs {
            let ran = run(&site, &arguments);
            assert!(!shows_a_secret(ran.out.as_bytes()), "{reference}: {arguments:?} shows it on standard output");
            assert!(!shows_a_secret(ran.err.as_bytes()), "{reference}: {arguments:?} shows it on standard error");
        }
        let mut holders = Vec::new();
        for directory in ["out", "trees"] {
            for file in files_below(&site.path().join(directory)) {
                if shows_a_secret(&fs::read(&file).expect("our own file")) {
                    let mode = fs::metadata(&file).expect("there").permissions().mode();
                    assert_eq!(mode & 0o137, 0, "{}", file.display());
                    holders.push(file.file_name().expect("a name").to_string_lossy().into_owned());
                }
            }
        }
        holders.sort();
        assert_eq!(holders, ["imagemanager.json", "imagemanager.json", "proxy.env", "proxy.env"], "{reference}");
    }
}

#[test]
fn the_login_of_a_proxy_is_in_no_unit() {
    let site = site(REFERENCES[0]);
    assert_eq!(run(&site, &["render", "site.toml", "--out", "out"]).code, 0);
    let read = |name: &str| fs::read_to_string(site.path().join("out").join(name)).expect("rendered");
    let encoded = "http://site:proxy%40p%3Aa%2Fs%25s-9876543210@proxy.site:3128";
    assert!(read("services/proxy.env").ends_with(&format!("\nhttps_proxy={encoded}\n")));
    let unit = read("services/shifter-imagegw@.service.d/proxy.conf");
    insta::assert_snapshot!(unit, @r"
    # Generated by shifter-site from site.toml. Do not edit.
    [Service]
    EnvironmentFile=/etc/shifter/proxy.env
    ");
    let sourced = std::process::Command::new("/bin/sh")
        .args(["-c", "set -a; . out/services/proxy.env; printenv https_proxy"])
        .current_dir(site.path())
        .output()
        .expect("a shell");
    assert_eq!(String::from_utf8_lossy(&sourced.stdout).trim_end(), encoded);
}

#[test]
fn the_manifest_names_the_file_that_the_native_gateway_reads_its_database_from() {
    let site = Site::new().with("site.toml", GOOD);
    let password = "gateway.database.password={ file = 'secrets/db' }";
    let ran = site.run(&["render", "site.toml", "--target", "native", "--set", password, "--out", "out"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(site.path().join("out").join(name)).expect("rendered")).expect("JSON")
    };
    let place = read("imagemanager.json")["MongoDBURI"]["file"].clone();
    assert_eq!(place, "/etc/shifter/secrets/db");
    assert_eq!(read("manifest.json")["secrets"][0]["install"], place);
}

#[test]
fn the_class_compute_is_rendered_while_no_secret_can_be_read() {
    for reference in REFERENCES {
        let site = site(reference);
        fs::remove_dir_all(site.path().join("secrets")).expect("removed");
        fs::remove_dir_all(site.path().join("programs")).expect("removed");
        let with_nothing = |arguments: &[&str]| site.run(arguments);
        for arguments in [
            ["render", "site.toml", "--class", "compute", "--out", "out"].as_slice(),
            &["render", "site.toml", "--class", "compute", "--tree", "--out", "trees"],
            &["render", "site.toml", "--stdout", "udiRoot.conf"],
        ] {
            let ran = with_nothing(arguments);
            assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        }
        assert!(site.path().join("out/udiRoot.conf").is_file());
        assert!(site.path().join("trees/compute/etc/shifter/udiRoot.conf").is_file());
        let ran = with_nothing(&["render", "site.toml", "--out", "all"]);
        assert!(ran.code == 1 && ran.err.contains("help: `--secrets placeholder`"), "{ran:?}");
        assert!(!site.path().join("all").exists());
    }
}

#[test]
fn check_judges_the_files_of_secrets_only_when_asked() {
    let site = site(REFERENCES[0]);
    let file = site.path().join("secrets/db");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("our own file");
    assert_eq!(run(&site, &["check", "site.toml"]).code, 0);
    let ran = run(&site, &["check", "--resolve", "--format", "concise", "site.toml"]);
    assert!(ran.code == 1 && ran.out.contains("SEC002") && ran.out.contains("0644"), "{ran:?}");
    let ran = run(&site, &["render", "site.toml", "--out", "out"]);
    assert!(ran.code == 1 && ran.err.contains("everybody can read it"), "{ran:?}");
    fs::remove_file(&file).expect("removed");
    let ran = run(&site, &["check", "--resolve", "--format", "concise", "site.toml"]);
    assert!(ran.code == 1 && ran.out.contains("SEC024") && ran.out.contains("secrets/db"), "{ran:?}");
    assert_eq!(run(&site, &["check", "--allow-secret-commands", "site.toml"]).code, 64);
}

#[test]
fn a_secret_in_a_file_that_others_read_stops_the_rendering() {
    let site = site(REFERENCES[0]);
    for value in [DATABASE, "mongo%40p%3Aa%2Fs%25s-0123456789", "bW9uZ29AcDphL3Mlcy0wMTIzNDU2Nzg5"] {
        let set = format!("env.set.DB=\"{value}\"");
        let ran = run(&site, &["render", "site.toml", "--set", &set, "--out", "out"]);
        assert!(ran.code == 1 && ran.err.contains("udiRoot.conf: the secret `db` stands in it"), "{ran:?}");
        assert!(!shows_a_secret(ran.err.as_bytes()) && !site.path().join("out").exists(), "{ran:?}");
    }
}

#[test]
fn a_file_with_secrets_is_never_rendered_wider_than_0640() {
    let site = site(REFERENCES[0]);
    let set = "install.\"imagemanager.json\".mode=\"0644\"";
    let ran = run(&site, &["render", "site.toml", "--force", "--set", set, "--out", "out"]);
    assert!(ran.code == 1 && ran.err.contains("imagemanager.json: it holds secrets"), "{ran:?}");
    assert!(!site.path().join("out").exists());
}

#[test]
fn sops_itself_decrypts_where_it_is_installed() {
    let found = |program: &str| {
        Path::new("/usr/bin").join(program).is_file() || Path::new("/usr/local/bin").join(program).is_file()
    };
    if !found("sops") || !found("age-keygen") {
        println!("skipped: sops and age are no packages of Debian 12; the fake on PATH checks how it is called");
        return;
    }
    let site = Site::new().with("site.toml", &profile("{ sops = \"secrets/all.yaml\", key = \"db.shifter\" }"));
    let script = format!(
        "set -e; age-keygen -o key.txt 2>/dev/null; printf 'db:\\n  shifter: \"%s\"\\n' '{DATABASE}' > plain.yaml; \
         mkdir secrets; sops --encrypt --age \"$(age-keygen -y key.txt)\" plain.yaml > secrets/all.yaml; rm plain.yaml"
    );
    let made = std::process::Command::new("/bin/sh").args(["-c", &script]).current_dir(site.path()).status();
    assert!(made.expect("a shell").success());
    let key = site.path().join("key.txt");
    let variables = [
        ("PROXY", PROXY),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("SOPS_AGE_KEY_FILE", key.to_str().expect("UTF-8")),
    ];
    let ran = site.run_with_variables(&["render", "site.toml", "--out", "out"], &variables);
    assert_eq!(ran.code, 0, "{ran:?}");
    let json = fs::read_to_string(site.path().join("out/gateway/imagemanager.json"))
        .or_else(|_| fs::read_to_string(site.path().join("out/imagemanager.json")));
    assert!(json.expect("rendered").contains("mongo%40p%3Aa%2Fs%25s-0123456789"));
}
