//! Somebody without a site: one command pulls, the next one starts.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::layout;
use super::run::{Ran, built, gateway_program, run};

const USER: u32 = 65534;

/// An account with a home, on a machine where nobody has installed anything.
struct Account {
    dir: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("personal").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let account = Self { dir };
        // Copies: a directory of cargo's may be closed to others.
        fs::create_dir(account.path("bin")).unwrap();
        for program in [Path::new(env!("CARGO_BIN_EXE_shifterimg")), gateway_program(), &built("shifter", "shifter")] {
            fs::copy(program, account.path("bin").join(program.file_name().unwrap())).unwrap();
        }
        fs::create_dir(account.home()).unwrap();
        chown(account.home(), Some(USER), Some(USER)).unwrap();
        account
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn home(&self) -> PathBuf {
        self.path("home")
    }

    fn of_home(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// Runs a program as the user.
    fn call(&self, program: &str, args: &[&str]) -> Ran {
        const SCRIPT: &str = "[ ! -d /etc/shifter ] || mount -t tmpfs tmpfs /etc/shifter || exit 9; \
                              exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", SCRIPT, "sh"]).arg(self.path("bin").join(program)).args(args);
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin").env("HOME", self.home()).current_dir("/");
        run(command)
    }

    /// Has images come from a directory instead of a registry: the user's own change of the configuration.
    fn pull_from(&self, layouts: &Path) {
        let file = self.of_home(".config/shifter/imagemanager.json");
        let mut config: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        config["Locations"]["docker.io"] =
            serde_json::json!({ "remotetype": "oci-layout", "url": format!("oci:{}", layouts.display()) });
        fs::write(file, config.to_string()).unwrap();
    }
}

/// A shell with its libraries, as the files of an image.
fn shell() -> Vec<(String, Vec<u8>)> {
    let listed = Command::new("ldd").arg("/bin/sh").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
    let file = |path: &str| (path.trim_start_matches('/').to_owned(), fs::read(path).unwrap());
    libraries.chain(["/bin/sh"]).map(file).collect()
}

#[test]
fn an_account_without_a_site_pulls_with_one_command_and_starts_with_the_next() {
    let account = Account::new();
    let state = account.of_home(".local/state/shifter");
    // As a careless umask would have made it.
    fs::create_dir_all(&state).unwrap();
    for directory in [".local", ".local/state", ".local/state/shifter"] {
        chown(account.of_home(directory), Some(USER), Some(USER)).unwrap();
    }
    let first = account.call("shifterimg", &["images"]);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{first:?}");
    assert!(first.err.starts_with("shifterimg: no udiRoot.conf in /etc/shifter: "), "{first:?}");
    for directory in [&state, &account.of_home(".local/share/shifter"), &account.of_home(".config/shifter")] {
        let facts = directory.metadata().unwrap();
        assert_eq!((facts.uid(), facts.mode() & 0o777), (USER, 0o700), "{}", directory.display());
    }
    assert!(!state.join("socket").exists(), "the gateway has ended with the call");

    let layouts = account.path("layouts");
    let files = shell();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let id = layout::write(&layouts, "hello", "1", &files);
    account.pull_from(&layouts);
    let pulled = account.call("shifterimg", &["pull", "hello:1"]);
    assert_eq!(pulled.code, 0, "{pulled:?} {}", fs::read_to_string(state.join("gateway.log")).unwrap());
    assert_eq!(account.call("shifterimg", &["lookup", "hello:1"]).out, format!("{id}\n"));
    assert!(account.of_home(".local/share/shifter").join(&id).join("bin/sh").is_file());

    let said = account.call("shifter", &["--image=hello:1", "sh", "-c", "echo in $SHIFTER_IMAGE as $(($$ > 0))"]);
    if said.err.contains("user namespace") {
        eprintln!("skipped: users make no user namespaces here: {}", said.err);
        return;
    }
    assert_eq!((said.code, said.out.as_str()), (0, format!("in {id} as 1\n").as_str()), "{said:?}");
    let missing = account.call("shifter", &["--image=hello:2", "sh"]);
    assert!(missing.code == 1 && missing.err.contains("shifterimg pull docker:hello:2"), "{missing:?}");
}

#[test]
fn a_gateway_of_ones_own_says_why_it_does_not_start_and_pulls_nothing_in_the_background() {
    let account = Account::new();
    let refused = account.call("shifterimg", &["pullnb", "hello:1"]);
    let said = "shifterimg: your own gateway ends with this call; use pull, which waits\n";
    assert!(refused.code == 2 && refused.err.ends_with(said), "{refused:?}");
    fs::write(account.of_home(".config/shifter/imagemanager.json"), "{}").unwrap();
    let wrong = account.call("shifterimg", &["images"]);
    assert!(
        wrong.code == 3 && wrong.err.contains("your own gateway does not answer: ") && wrong.err.contains("Platforms"),
        "{wrong:?}"
    );
}
