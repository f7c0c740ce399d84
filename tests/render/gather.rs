//! What is read for a plan: secrets by every kind of reference, and a site's own scripts.

use crate::support::{sites_of, text};
use shifter_site::render::{self, GatherError, Inputs, Secrets};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A file that only its owner reads.
fn keep(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A profile of an older release with a secret and what `more` adds.
fn profile(password: &str, more: &str) -> String {
    format!(
        "schema = 1\n[site]\nname = 'x'\n[target]\nshifter = '18.03'\nos = 'el9'\n[images]\npath = '/images'\n\
         [gateway]\nendpoints = ['http://gw:5000']\ncache_dir = '/var/cache/s'\nexpand_dir = '/var/lib/s'\n\
         [gateway.database]\nuri = 'mongodb://localhost/'\nuser = 'u'\npassword = {password}\n\
         [registry.'quay.io']\n{more}"
    )
}

fn gather(password: &str, more: &str, dir: &Path, how: Secrets) -> Result<Inputs, Vec<String>> {
    Inputs::gather(&sites_of(&profile(password, more)), "some/dir/x.toml", dir, how)
        .map_err(|errors: Vec<GatherError>| errors.iter().map(ToString::to_string).collect())
}

fn rendered(password: &str, dir: &Path, how: Secrets) -> String {
    let inputs = gather(password, "", dir, how).unwrap();
    let plan = render::plan(&sites_of(&profile(password, "")), &inputs).unwrap();
    text(&plan, "imagemanager.json")
}

#[test]
fn a_file_is_read_relative_to_the_profile_and_its_first_line_is_the_secret() {
    let dir = tempfile::tempdir().unwrap();
    keep(&dir.path().join("pw"), "s3cret/\nnot this\n");
    assert!(rendered("{ file = 'pw' }", dir.path(), Secrets::Resolve).contains("u:s3cret%2F@localhost"));
}

#[test]
fn a_secret_that_is_missing_or_empty_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    keep(&dir.path().join("empty"), "\n");
    let error = |password| gather(password, "", dir.path(), Secrets::Resolve).unwrap_err().join("; ");
    assert!(
        error("{ file = 'nowhere' }").contains("the secret `")
            && error("{ file = 'nowhere' }").contains("nowhere`: No such file")
    );
    assert_eq!(error("{ file = 'empty' }"), "the secret `empty` is empty");
    assert_eq!(
        error("{ env = 'SHIFTER_TEST_NO_SUCH_SECRET' }"),
        "the environment has no variable `SHIFTER_TEST_NO_SUCH_SECRET` for a secret"
    );
}

#[test]
fn a_command_runs_only_when_that_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let command = "{ command = ['/bin/sh', '-c', 'echo from-a-command', 'vault-entry'] }";
    let refused = gather(command, "", dir.path(), Secrets::Resolve).unwrap_err();
    assert_eq!(refused, ["the secret `vault-entry` comes from a command: allow it with `--allow-secret-commands`"]);
    assert!(rendered(command, dir.path(), Secrets::ResolveWithCommands).contains("u:from-a-command@"));
    let failing = "{ command = ['/bin/sh', '-c', 'echo half; exit 3', 'entry'] }";
    let error = gather(failing, "", dir.path(), Secrets::ResolveWithCommands).unwrap_err();
    assert_eq!(error, ["`/bin/sh` did not give the secret `entry`: exit status: 3; run it by hand to see why"]);
}

#[test]
fn placeholders_read_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        rendered("{ file = 'nowhere' }", dir.path(), Secrets::Placeholder).contains("u:@SECRET:nowhere@@localhost")
    );
}

#[test]
fn a_script_is_carried_whole_and_only_as_it_was_reviewed() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("own.sh"), "#!/bin/sh\nexit 0\n").unwrap();
    let hash = "306c6ca7407560340797866e077e053627ad409277d1b9da58106fce4cf717cb";
    let hook = |sha256: &str| format!("[hooks.premount]\nscript = {{ file = 'own.sh', sha256 = '{sha256}' }}\n");
    let inputs = gather("{ file = 'x' }", &hook(hash), dir.path(), Secrets::Placeholder).unwrap();
    let plan = render::plan(&sites_of(&profile("{ file = 'x' }", &hook(hash))), &inputs).unwrap();
    assert_eq!(text(&plan, "premount.sh"), "#!/bin/sh\nexit 0\n");
    let wrong = gather("{ file = 'x' }", &hook(&"0".repeat(64)), dir.path(), Secrets::Placeholder).unwrap_err();
    assert!(wrong[0].contains(hash) && wrong[0].contains("as the profile says"), "{wrong:?}");
}

#[test]
fn a_sites_own_lines_follow_the_rendered_ones() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("more.sh"), "touch made-by-the-site\n").unwrap();
    let more = "[hooks.premount]\nextra = 'more.sh'\n[[filesystem]]\nsource = '/mnt/a'\n";
    let inputs = gather("{ file = 'x' }", more, dir.path(), Secrets::Placeholder).unwrap();
    let plan = render::plan(&sites_of(&profile("{ file = 'x' }", more)), &inputs).unwrap();
    let script = text(&plan, "premount.sh");
    assert!(script.ends_with("\nmkdir -p mnt\n\n# The site's own lines.\ntouch made-by-the-site\n"), "{script}");
}

#[test]
fn a_secret_is_asked_for_once_and_only_by_the_class_that_needs_it() {
    let dir = tempfile::tempdir().unwrap();
    let classes = "[class.compute]\n[class.gw]\nartifacts = ['imagemanager']\n";
    let errors = gather("{ file = 'nowhere' }", classes, dir.path(), Secrets::Resolve).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let node = "[class.login]\nartifacts = ['udiroot']\n";
    assert!(gather("{ file = 'nowhere' }", node, dir.path(), Secrets::Resolve).is_ok());
}
