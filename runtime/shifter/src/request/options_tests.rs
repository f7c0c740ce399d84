use super::*;

fn parsed(words: &[&str]) -> Options {
    parse(words.iter().map(OsString::from)).unwrap()
}

fn refused(words: &[&str]) -> String {
    parse(words.iter().map(OsString::from)).unwrap_err().to_string()
}

#[test]
fn options_end_at_the_first_other_word() {
    let options = parsed(&["--image", "a:b", "ls", "-V", "--help"]);
    assert_eq!(options.image.as_deref(), Some("a:b"));
    assert_eq!(options.command, ["ls", "-V", "--help"]);
    assert_eq!(options.show, None);
}

#[test]
fn two_dashes_end_the_options_and_one_dash_is_a_word() {
    assert_eq!(parsed(&["-v", "--", "-i", "x"]).command, ["-i", "x"]);
    assert_eq!(parsed(&["-", "-v"]).command, ["-", "-v"]);
}

#[test]
fn short_options_are_bundled_and_take_what_is_left() {
    let options = parsed(&["-vEiubuntu:24.04", "-V/a:/b", "-V", "/c:/d", "-n", "-mmpich"]);
    assert!(options.verbose && options.clear_env);
    assert_eq!(options.image.as_deref(), Some("ubuntu:24.04"));
    assert_eq!(options.volumes, ["/a:/b", "/c:/d"]);
    assert_eq!(options.modules.as_deref(), Some("mpich"));
}

#[test]
fn an_optional_value_is_taken_only_when_attached() {
    assert_eq!(parsed(&["-w/usr", "ls"]).workdir, Workdir::Path("/usr".into()));
    assert_eq!(parsed(&["--workdir=/usr"]).workdir, Workdir::Path("/usr".into()));
    let apart = parsed(&["-w", "/usr"]);
    assert_eq!((apart.workdir, apart.command), (Workdir::Image, vec!["/usr".into()]));
    assert_eq!(parsed(&["--entrypoint", "x"]).entrypoint, Entrypoint::Image);
    assert_eq!(parsed(&["--entry=x y"]).entrypoint, Entrypoint::Program("x y".into()));
}

#[test]
fn the_abbreviations_of_the_original_stay_valid() {
    assert_eq!(parsed(&["--im=x"]).image.as_deref(), Some("x"));
    assert_eq!(parsed(&["--ent=x"]).entrypoint, Entrypoint::Program("x".into()));
    assert!(parsed(&["--c"]).clear_env, "--config is newer and does not make it ambiguous");
    assert!(parsed(&["--ver"]).verbose, "nor does --version");
    assert_eq!(parsed(&["--env-f", "f"]).env_file, Some("f".into()));
    assert_eq!(refused(&["--e=A=b"]), "option `--e` is ambiguous: --env, --env-file, --entrypoint, --entry");
    assert_eq!(refused(&["--conf=x"]), "unknown option `--conf`; did you mean `--config`?");
}

#[test]
fn a_long_option_with_one_dash_is_not_read_letter_by_letter() {
    let said = "`-module=cvmfs` has one dash, and is read as short options; write `--module=cvmfs`";
    assert_eq!(refused(&["-image=a:b", "-module=cvmfs"]), said.replace("module=cvmfs", "image=a:b"));
    assert_eq!(refused(&["-module=cvmfs"]), said);
    assert!(refused(&["-env=A=b"]).contains("`--env=A=b`"), "it would set the variable `nv`");
    assert_eq!(parsed(&["-mmodule"]).modules.as_deref(), Some("module"));
    assert_eq!(parsed(&["-eA=b"]).env, [("A".into(), "b".into())]);
}

#[test]
fn wrong_words_are_named() {
    assert_eq!(refused(&["--imagine"]), "unknown option `--imagine`; did you mean `--image`?");
    assert_eq!(refused(&["--frobnicate"]), "unknown option `--frobnicate`");
    assert_eq!(refused(&["-q"]), "unknown option `-q`");
    assert_eq!(refused(&["-vi"]), "option `-i` needs a value");
    assert_eq!(refused(&["--volume"]), "option `--volume` needs a value");
    assert_eq!(refused(&["--clearenv=1"]), "option `--clearenv` takes no value");
    assert_eq!(refused(&["-e", "FOO"]), "`--env FOO` is not of the form NAME=VALUE");
    assert_eq!(refused(&["-e", "=x"]), "`--env =x` is not of the form NAME=VALUE");
    assert_eq!(refused(&["--workdir="]), "the value of `--workdir` is empty");
}

#[test]
fn an_assignment_is_split_at_its_first_equals_sign() {
    let expected = [("FOO".into(), "a=b=".into()), ("EMPTY".into(), "".into())];
    assert_eq!(parsed(&["-e", "FOO=a=b=", "--env=EMPTY="]).env, expected);
}

#[test]
fn the_first_of_help_and_version_is_shown() {
    assert_eq!(parsed(&["-h", "--version"]).show, Some(Show::Help));
    assert_eq!(parsed(&["--version"]).show, Some(Show::Version));
}
