use std::path::PathBuf;

use shifter_formats::udiroot::{Conf, select};

use super::*;
use crate::image::ImageFacts;
use crate::launch::Inherited;
use crate::request::{Environment, Request, options};

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n\
    siteEnv=SITE=1\nsiteEnvAppend=PATH=/opt/udiImage/bin\nsiteEnvUnset=LMOD_* X_?\nkeepEnv=PMI_*\ndefaultModules=base\n\
    module_base_siteEnv=BASE=1\nmodule_m_version=2\nmodule_m_requires=base\nmodule_m@2_siteEnvPrepend=PATH=/m/bin\n\
    home=none\n";

fn explained(words: &[&str], caller: &[(&str, &str)]) -> String {
    printed(words, caller, None, Form::Table)
}

fn printed(words: &[&str], caller: &[(&str, &str)], file: Option<&str>, form: Form) -> String {
    let pairs = |pairs: &[(&str, &str)]| -> Environment {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    };
    let conf = Conf::parse_native(SITE).unwrap();
    let options = options::parse(words.iter().map(OsString::from)).unwrap();
    let environment = pairs(caller);
    let variables = Variables::find(&environment);
    let request = Request::new(&options, &variables, &conf).unwrap();
    let modules = select(&conf.modules, &request.modules).unwrap();
    let image = ImageFacts {
        identifier: "0123".to_owned(),
        digest: None,
        env: pairs(&[("PATH", "/image/bin"), ("PMI_RANK", "image"), ("COLOUR", "\x1b[31mred")]),
        entry: Some(vec!["/entry".into(), "a b".into()]),
        cmd: Some(vec!["cmd".into()]),
        workdir: Some("/work".into()),
    };
    let inherited = Inherited { environment, directory: Some(PathBuf::from("/home/alice/run")), umask: 0o77 };
    let launch = Launch {
        options: &options,
        request: &request,
        conf: &conf,
        modules: &modules,
        image: &image,
        inherited: &inherited,
    };
    let user = User { name: "alice".to_owned(), home: "/home/alice".into() };
    let env_file = file.map(|text| Ok(shifter_formats::env::parse_env_file(text.as_bytes()).unwrap()));
    let lost = if form == Form::Json { &["a \"right\""][..] } else { &[] };
    print(&Explained { launch: &launch, variables: &variables, user: &user, env_file: env_file.as_ref(), lost }, form)
}

#[test]
fn every_part_names_its_source_and_the_losers() {
    let caller = [
        ("SHIFTER_IMAGE", "x"),
        ("SLURM_SPANK_SHIFTER_IMAGETYPE", "id"),
        ("SHIFTER_IMAGEREQUEST", "docker:x:y"),
        ("SHIFTER_VOLUME", "/c:/d"),
        ("SHIFTER_MODULE", "base"),
        ("PATH", "/bin"),
        ("PMI_RANK", "3"),
        ("LMOD_CMD", "x"),
        ("X_1", "x"),
        ("TMPDIR", "/t"),
    ];
    let words = ["-i", "docker:a:b", "-V", "/a:/b:ro", "-m", "m", "--home=image", "-eE=e", "./app"];
    insta::assert_snapshot!(explained(&words, &caller), @r"
    image    docker:a:b
               source: --image
               identity 0123
               not SLURM_SPANK_SHIFTER_IMAGETYPE and SHIFTER_IMAGE: id:x
               not SHIFTER_IMAGEREQUEST: docker:x:y
    modules  base, m/2
               source: --module
               base is there because another requires it
               not SHIFTER_MODULE: base
               not key defaultModules: base
    volumes  /a:/b:ro
               source: --volume
               not SHIFTER_VOLUME: /c:/d
    workdir  /home/alice/run
               source: where you are
               not WORKDIR of the image: /work (--workdir without a value takes it)
    command  [./app]
               source: the command line
               not ENTRYPOINT of the image: [/entry] [a b] (--entrypoint takes it)
               not CMD of the image: [cmd] (--entrypoint without arguments takes it)
    home     /home/alice, as the image has it
               source: --home
               not key home: none
    environment
      module base      BASE=1
      image            COLOUR=\u{1b}[31mred
      --env            E=e
      site             PATH=/m/bin:/image/bin:/opt/udiImage/bin
        - caller           set /bin
          image            set /image/bin
          module m/2       prepend /m/bin
          site             append /opt/udiImage/bin
      caller (keepEnv) PMI_RANK=3
        - caller           set 3
        - image            set image
          caller (keepEnv) set 3
      shifter          SHIFTER_IMAGE=0123
        - caller           set x
          shifter          set 0123
      shifter          SHIFTER_IMAGEREQUEST=docker:a:b
        - caller           set docker:x:y
          shifter          set docker:a:b
      shifter          SHIFTER_IMAGETYPE=id
      caller           SHIFTER_MODULE=base
      caller           SHIFTER_VOLUME=/c:/d
      site             SITE=1
      caller           SLURM_SPANK_SHIFTER_IMAGETYPE=id
    not in the container
                       LMOD_CMD
        - caller           set x
          site             unset LMOD_*
                       X_1
        - caller           set x
          site             unset X_?
      left out: a set-id program loses it (ld.so(8)): TMPDIR
    ");
}

#[test]
fn a_start_without_options_is_explained_by_variables_and_defaults() {
    let caller = [("SHIFTER", "a:b"), ("SHIFTER_IMAGETYPE", "docker"), ("HOME", "/home/alice")];
    insta::assert_snapshot!(explained(&["-E", "-w", "--entrypoint", "--env-file=f"], &caller), @r"
    image    docker:a:b
               source: SHIFTER
               identity 0123
               not SHIFTER_IMAGETYPE: counts only together with its counterpart
    modules  base
               source: key defaultModules
    volumes  none
               source: nothing asks for any
    workdir  /work
               source: WORKDIR of the image, by --workdir
               not where you are: /home/alice/run
    command  [/entry] [a b] [cmd]
               source: ENTRYPOINT and CMD of the image, by --entrypoint
    home     /home/alice, empty
               source: key home
    environment
      --env-file f is read in the container; here it is not: it was not looked for
      its variables replace those of the image and are replaced by --env, modules and the site
      module base BASE=1
      image       COLOUR=\u{1b}[31mred
      site        PATH=/image/bin:/opt/udiImage/bin
          image       set /image/bin
          site        append /opt/udiImage/bin
      image       PMI_RANK=image
      shifter     SHIFTER_IMAGE=0123
      shifter     SHIFTER_IMAGEREQUEST=a:b
      shifter     SHIFTER_IMAGETYPE=id
        - caller      left out: --clearenv
          shifter     set id
      site        SITE=1
    not in the container
      left out: --clearenv: HOME SHIFTER
    ");
}

#[test]
fn variables_of_a_file_are_told_with_their_source() {
    let told =
        printed(&["-i", "a:b", "--env-file=f", "-eB=option"], &[], Some("A=file\nB=file\nCOLOUR=file\n"), Form::Table);
    for line in [
        "  --env-file f: as it is here, outside of the container\n",
        "  --env-file  A=file\n",
        "  --env       B=option\n    - --env-file  set file\n      --env       set option\n",
        "  --env-file  COLOUR=file\n    - image       set \\u{1b}[31mred\n      --env-file  set file\n",
    ] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
}

#[test]
fn a_program_is_told_the_same_as_json() {
    let words = ["-i", "docker:a:b", "-m", "m", "-E", "--env-file=f", "--entrypoint", "x\"y"];
    let told = printed(&words, &[("SHIFTER_IMAGEREQUEST", "c"), ("HOME", "/h")], Some("A=\u{1b}1\n"), Form::Json);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told["image"],
        serde_json::json!({
            "value": "docker:a:b", "source": "--image", "refused": null, "identity": "0123", "notes": [],
            "overruled": [{ "source": "SHIFTER_IMAGEREQUEST", "value": "c" }]
        })
    );
    assert_eq!(told["modules"]["value"], serde_json::json!(["base", "m/2"]));
    assert_eq!(told["command"]["value"], serde_json::json!(["/entry", "a b", "x\"y"]));
    assert_eq!(told["env_file"], serde_json::json!({ "path": "f", "error": null }));
    assert_eq!(told["lost"], serde_json::json!(["a \"right\""]));
    let of = |list: &str, name: &str| {
        let all = told[list].as_array().unwrap();
        all.iter().find(|variable| variable["name"] == name).unwrap_or_else(|| panic!("{name}: {all:?}")).clone()
    };
    assert_eq!(
        of("environment", "A"),
        serde_json::json!({
            "name": "A", "value": "\u{1b}1", "source": "--env-file",
            "history": [{ "source": "--env-file", "did": "set \u{1b}1", "counts": true }]
        })
    );
    assert_eq!(of("environment", "PATH")["history"].as_array().unwrap().len(), 3);
    assert_eq!(of("not_in_the_container", "HOME")["value"], serde_json::Value::Null);
}
