use std::path::PathBuf;

use shifter_formats::udiroot::{Conf, ModuleChoice, select};

use super::*;
use crate::image::ImageFacts;
use crate::launch::Inherited;
use crate::request::{Request, Variables, options};

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n\
    siteEnv=SITE=1\nsiteEnvAppend=PATH=/opt/udiImage/bin\nsiteEnvUnset=LMOD_*\nkeepEnv=PMI_*\nconfId=abc\n\
    module_m_siteEnv=M=1\nmodule_m_siteEnvPrepend=PATH=/m/bin\n";

fn pairs(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn built(words: &[&str], caller: &[(&str, &str)], file: &[(&str, &str)]) -> Vec<String> {
    let conf = Conf::parse_native(SITE).unwrap();
    let options = options::parse(words.iter().map(OsString::from)).unwrap();
    let request = Request::new(&options, &Variables::default(), &conf).unwrap();
    let modules = select(&conf.modules, &[ModuleChoice::new("m")]).unwrap();
    let image = ImageFacts {
        identifier: "0123".to_owned(),
        env: pairs(&[("PATH", "/image/bin"), ("PMI_RANK", "image"), ("EMPTY", "")]),
        ..ImageFacts::default()
    };
    let inherited = Inherited { environment: pairs(caller), directory: Some(PathBuf::from("/")), umask: 0o77 };
    let launch = Launch {
        options: &options,
        request: &request,
        conf: &conf,
        modules: &modules,
        image: &image,
        inherited: &inherited,
    };
    let environment = build(&launch, &pairs(file));
    environment.iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
}

#[test]
fn later_sources_win_and_order_is_kept() {
    let caller = [("PATH", "/caller"), ("HOME", "/home/u"), ("LMOD_CMD", "x"), ("PMI_RANK", "3"), ("HOME", "/second")];
    let environment = built(&["-i", "docker:a:b", "-e", "E=e", "-e", "F=e"], &caller, &[("F", "f"), ("G", "g")]);
    insta::assert_snapshot!(environment.join("\n"), @r"
    PATH=/m/bin:/image/bin:/opt/udiImage/bin
    HOME=/home/u
    PMI_RANK=3
    SHIFTER_IMAGEREQUEST=docker:a:b
    SHIFTER_IMAGETYPE=id
    SHIFTER_IMAGE=0123
    SHIFTER_CONFIG_ID=abc
    PYTHONNOUSERSITE=1
    EMPTY=
    F=e
    G=g
    E=e
    M=1
    SITE=1
    ");
}

#[test]
fn clearenv_leaves_what_the_site_keeps_and_what_the_container_is() {
    let caller = [("HOME", "/home/u"), ("PMI_RANK", "3"), ("PMI_FD", "4")];
    let environment = built(&["-E", "-i", "a"], &caller, &[]);
    assert!(!environment.iter().any(|entry| entry.starts_with("HOME=")));
    assert!(environment.contains(&"PMI_RANK=3".to_owned()));
    assert!(environment.contains(&"PMI_FD=4".to_owned()));
    assert!(environment.contains(&"SHIFTER_IMAGE=0123".to_owned()));
}

#[test]
fn what_a_set_id_start_loses_is_lost_in_any_start() {
    let caller = [("LD_PRELOAD", "x"), ("TMPDIR", "x"), ("MALLOC_CHECK_", "x"), ("GLIBC_TUNABLES", "x"), ("LDX", "y")];
    let environment = built(&["-i", "a"], &caller, &[]);
    assert!(!environment.iter().any(|entry| entry.ends_with("=x")), "{environment:?}");
    assert!(environment.contains(&"LDX=y".to_owned()));
}
