//! No verb shows a secret: of a profile that refers to one, of one that holds it, of installed files, of imported ones.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use super::secrets::{DATABASE, PROXY, files_below, profile, run, shows_a_secret, site};
use super::support::{GOOD, Site};

/// The verbs that are driven here or beside this.
const LOOKED_AT: [&str; 23] = [
    "check",
    "migrate",
    "render",
    "diff",
    "apply",
    "rollback",
    "generations",
    "gc",
    "import",
    "doctor",
    "explain",
    "facts",
    "fmt",
    "docs",
    "capacity",
    "cdi",
    "why",
    "show",
    "lsp",
    "init",
    "verify",
    "report",
    "support-bundle",
];

/// The verbs that read neither a profile nor an installed file; `try` starts what `render` renders, and shows what `check`
/// shows.
const NOTHING_TO_SEE: [&str; 6] = ["rules", "schema", "stage", "try", "completion", "man"];

const FORMS: [&str; 7] = ["human", "concise", "json", "sarif", "github", "gitlab", "junit"];

/// The secrets as they are, percent-encoded and in base64.
const SPELT: [(&str, &str); 3] = [
    (DATABASE, PROXY),
    ("mongo%40p%3Aa%2Fs%25s-0123456789", "proxy%40p%3Aa%2Fs%25s-9876543210"),
    ("bW9uZ29AcDphL3Mlcy0wMTIzNDU2Nzg5", "cHJveHlAcDphL3Mlcy05ODc2NTQzMjEw"),
];

fn shows_none(site: &Site, arguments: &[&str]) -> i32 {
    let ran = run(site, arguments);
    for text in [&ran.out, &ran.err] {
        assert!(!shows_a_secret(text.as_bytes()), "{arguments:?} shows a secret:\n{text}");
    }
    let is_misspelt = ran.code == 64 && ran.err.contains("Usage:");
    assert!(!is_misspelt && ran.code != 70, "{arguments:?}: {ran:?}");
    ran.code
}

#[test]
fn every_verb_is_classified() {
    let help = Site::new().run(&["--help"]).out;
    let commands = help.split_once("Commands:\n").expect("a list").1.split("\n\n").next().expect("its end");
    let verbs = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for verb in verbs.filter_map(|line| line.split_whitespace().next()) {
        let known = LOOKED_AT.contains(&verb) || NOTHING_TO_SEE.contains(&verb);
        assert!(known, "`{verb}`: say in LOOKED_AT or NOTHING_TO_SEE whether it can see a secret, and drive it here");
    }
}

/// Profiles that hold the secrets themselves: in addresses, behind keys, behind misspelt keys, amid mistakes.
fn literal(database: &str, proxy: &str) -> Vec<(&'static str, String)> {
    let table = "[gateway.database]\nuri = \"mongodb://localhost/\"\n";
    let with = |lines: &str| GOOD.replacen(table, &format!("[gateway.database]\n{lines}\n"), 1);
    let classes = "[class.compute]\n[class.gateway]\n";
    let address = with(&format!("uri   = \"mongodb://shifter:{database}@localhost/\""));
    let odd =
        with(&format!("uri = \"mongodb://h/\"\npasswort = \"{database}\"\nuser=\"x\"\npassword=[\"{database}\"]"));
    let broken = with(&format!("uri = \"mongodb://u:{database}@localhost/\npassword = \"{database}\" x"));
    vec![
        ("address.toml", format!("{address}[gateway.proxy]\nhttps =   \"http://site:{proxy}@proxy:3128\"\n{classes}")),
        ("key.toml", profile(&format!("  \"{database}\"")).replace("{ env = \"PROXY\" }", &format!("  \"{proxy}\""))),
        ("odd.toml", format!("{odd}[env.set]\nDB_PASSWORD =   \"{proxy}\"\n")),
        ("broken.toml", broken),
    ]
}

#[test]
fn a_secret_written_into_a_profile_is_shown_by_no_verb() {
    for (database, proxy) in SPELT {
        let profiles = literal(database, proxy);
        let site = profiles.iter().fold(site("{ file = \"secrets/db\" }"), |site, (name, text)| site.with(name, text));
        fs::create_dir(site.path().join("root")).expect("made");
        for (name, text) in &profiles {
            let mut runs: Vec<Vec<&str>> = Vec::new();
            runs.extend(FORMS.map(|form| vec!["check", "--resolve", "--format", form, name]));
            for form in ["human", "json", "markdown", "gitlab"] {
                runs.push(vec!["diff", "--from", name, "--to", "site.toml", "--format", form]);
                runs.push(vec!["diff", "--from", "site.toml", "--to", name, "--format", form]);
            }
            for form in ["human", "json"] {
                runs.push(vec!["why", "gateway.database", name, "--format", form]);
                runs.push(vec!["why", "gateway.proxy.password", name, "--format", form]);
                runs.push(vec!["show", "mounts", name, "--format", form]);
                runs.push(vec!["capacity", name, "--format", form]);
                runs.push(vec!["migrate", "--to", "native", name, "--format", form]);
            }
            runs.extend([
                vec!["check", "--fix", "--unsafe-fixes", "--diff", name],
                vec!["check", "--write-baseline", "known.json", name],
                vec!["cdi", "--profile", name],
                vec!["fmt", "--diff", name],
                vec!["fmt", "--check", name],
                vec!["migrate", "--to", "16.08", "--diff", name],
                vec!["show", name, "--origins"],
                vec!["show", name, "--format", "json"],
                vec!["explain", "gateway.database.password"],
                vec!["docs", "gateway"],
                vec!["init", "--answers", name, "--out", "-"],
                vec!["facts", "--profile", name, "--class", "gateway", "--root", "root", "--output", "facts.json"],
                vec![
                    "doctor",
                    "--profile",
                    name,
                    "--class",
                    "gateway",
                    "--root",
                    "root",
                    "--no-probe",
                    "--format",
                    "json",
                ],
                vec!["diff", "-u", name, "--root", "root", "--no-owner", "--out", "plan.json"],
                vec!["apply", name, "--root", "root", "--no-owner", "--class", "gateway", "--yes"],
                vec!["report", name],
                vec!["migrate", "--to", "native", "--write", name],
            ]);
            for arguments in runs {
                shows_none(&site, &arguments);
            }
            fs::write(site.path().join(name), text).expect("our own file");
        }
        for file in files_below(site.path()) {
            let name = file.strip_prefix(site.path()).expect("below").display().to_string();
            let own = profiles.iter().any(|(own, _)| name == *own) || name == "secrets/db" || name == "programs/sops";
            assert!(own || !shows_a_secret(&fs::read(&file).expect("our own file")), "{name}");
        }
    }
}

#[test]
fn an_installed_secret_is_shown_by_no_verb_and_kept_for_its_owner_alone() {
    let site = site("{ file = \"secrets/db\" }");
    fs::create_dir(site.path().join("root")).expect("made");
    let class = ["--root", "root", "--no-owner", "--class", "gateway"];
    let with = |words: &[&'static str]| [words, class.as_slice()].concat();
    let other = "gateway.database.user=\"other\"";
    shows_none(&site, &with(&["diff", "-u", "site.toml", "--out", "plan.json"]));
    assert_eq!(shows_none(&site, &with(&["apply", "site.toml", "--yes"])), 0);
    for form in ["human", "json"] {
        shows_none(&site, &with(&["diff", "site.toml", "--set", other, "--format", form]));
    }
    shows_none(&site, &with(&["diff", "-u", "site.toml", "--set", other, "--out", "plan2.json"]));
    assert_eq!(shows_none(&site, &with(&["apply", "site.toml", "--set", other, "--yes"])), 0);
    let installed = site.path().join("root/etc/shifter/imagemanager.json");
    let text = fs::read_to_string(&installed).expect("installed");
    fs::write(&installed, format!("{text}\n\n")).expect("our own file");
    shows_none(&site, &with(&["diff", "-u", "site.toml"]));
    assert_ne!(shows_none(&site, &with(&["apply", "site.toml", "--yes"])), 0);
    assert_eq!(shows_none(&site, &with(&["apply", "site.toml", "--yes", "--overwrite-edits"])), 0);
    for form in ["human", "json"] {
        shows_none(&site, &["generations", "--root", "root", "--format", form]);
        shows_none(&site, &["verify", "--root", "root", "--format", form]);
    }
    shows_none(&site, &["doctor", "--root", "root", "--no-probe"]);
    shows_none(&site, &["facts", "--root", "root"]);
    for form in FORMS {
        shows_none(&site, &["import", "root", "--format", form]);
    }
    shows_none(&site, &["import", "root", "--out", "imported/site.toml"]);
    assert_eq!(shows_none(&site, &["support-bundle", "--root", "root", "--output", "node.tar.gz"]), 0);
    let bundle = fs::read(site.path().join("node.tar.gz")).expect("written");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bundle.as_slice()).read_to_end(&mut unpacked).expect("gzip");
    assert!(!shows_a_secret(&unpacked), "the bundle shows a secret");
    assert!(String::from_utf8_lossy(&unpacked).contains("shifter-support/facts.json"));
    let (mut kept, mut holders) = (0, Vec::new());
    for file in files_below(site.path()) {
        let name = file.strip_prefix(site.path()).expect("below").display().to_string();
        if name.starts_with("secrets/")
            || name.starts_with("programs/")
            || !shows_a_secret(&fs::read(&file).expect("ours"))
        {
            continue;
        }
        let mode = fs::metadata(&file).expect("there").permissions().mode() & 0o777;
        if name.starts_with("root/var/lib/shifter-site/generations/") {
            assert_eq!(mode, 0o600, "{name}");
            kept += 1;
        } else {
            assert_eq!(mode & 0o137, 0, "{name}");
            holders.push(name);
        }
    }
    holders.sort();
    assert!(kept > 0);
    let etc = ["root/etc/shifter/imagemanager.json", "root/etc/shifter/proxy.env"];
    assert!(
        holders.iter().all(|name| etc.contains(&name.as_str()) || name.starts_with("imported/secrets/")),
        "{holders:?}"
    );
    shows_none(&site, &["rollback", "1", "--root", "root", "--dry-run"]);
    assert_eq!(shows_none(&site, &["rollback", "--root", "root", "--yes"]), 0);
    assert_eq!(shows_none(&site, &["gc", "--root", "root", "--keep", "1"]), 0);
}

#[test]
fn import_shows_no_secret_of_what_it_reads() {
    for (database, proxy) in SPELT {
        let manager = format!(
            "{{\"MongoDBURI\": \"mongodb://shifter:{database}@localhost/\", \"Broker\": \"redis://:{proxy}@h/\",\n\
             \"MongoDB\": \"Shifter\", \"Locations\": {{\"r\": {{\"password\": \"{database}\", \"token\": \"{proxy}\"}}}},\n\
             \"Unknown\": \"http://site:{proxy}@proxy:3128\"}}"
        );
        let conf = format!(
            "system=tiny\nimagePath=/images\nodd=http://a:{database}@x/\nsiteEnv=DB=mongodb://u:{proxy}@h/\n\
             siteEnv=DB_PASSWORD={proxy}\n"
        );
        let site = Site::new().with("old/imagemanager.json", &manager).with("old/udiRoot.conf", &conf);
        for form in FORMS {
            shows_none(&site, &["import", "old", "--format", form]);
            shows_none(&site, &["import", "old", "--strict", "--fix", "--fixed-dir", form, "--format", form]);
        }
    }
}

#[test]
fn the_manifest_of_a_native_gateway_names_the_password_of_its_database() {
    let site = site("{ file = \"secrets/db\" }");
    let ran = run(&site, &["render", "site.toml", "--force", "--target", "native", "--stdout", "manifest.json"]);
    assert!(ran.out.contains("\"/etc/shifter/secrets/db\""), "{ran:?}");
}
