//! A call of `shifter`: its words, the first line of a script, and the variables of its caller. What is accepted keeps to
//! what a user may ask for, and scripts of root's are told nothing that a shell takes apart.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use shifter::hooks::{HookFacts, When};
use shifter::request::{Request, Variables, interpreter, options};
use shifter_formats::udiroot::{Conf, select};
use shifter_formats::volume::{Author, forbidden_target};

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\nmodule_gpu_siteFs=/g\n\
    module_a_siteEnv=A=1\nmodule_mpich@8_siteFs=/m\ndefaultModules=a\n";

fn os(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}

// Three texts with a NUL between: the words, a line each; the first line of the script; the variables, a line each.
fuzz_target!(|bytes: &[u8]| {
    let mut texts = bytes.splitn(3, |byte| *byte == 0);
    let mut lines = || texts.next().unwrap_or_default();
    let words: Vec<OsString> = lines().split(|byte| *byte == b'\n').map(os).collect();
    let script = lines().to_vec();
    let environment: Vec<(OsString, OsString)> = lines()
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.iter().position(|byte| *byte == b'=').map(|at| (os(&line[..at]), os(&line[at + 1..]))))
        .collect();

    let split = interpreter::split(words.clone(), |_| Some(script));
    assert!(split.last() == words.last() || split.len() > words.len());
    let variables = Variables::find(&environment);
    let options = match options::parse(split) {
        Ok(options) => options,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let conf = Conf::parse_native(SITE).expect("a configuration");
    let request = match Request::new(&options, &variables, &conf) {
        Ok(request) => request,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for entry in &request.volumes.entries {
        assert!(entry.from.is_absolute() && entry.to.is_absolute());
        assert_eq!(forbidden_target(&entry.to, Author::User), None);
    }
    if let Some(devices) = &request.visible_devices {
        assert!(devices.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/,".contains(&byte)));
    }
    let Ok(modules) = select(&conf.modules, &request.modules) else { return };
    let asked = request.image_as_asked.as_str();
    let facts =
        HookFacts { conf: &conf, modules: &modules, asked: &request.image, image: asked, user: asked, uid: 1, gid: 1 };
    for when in [When::PreMount, When::PostMount, When::Root("a"), When::User("a")] {
        for (name, value) in facts.variables(when) {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-:@/,".contains(&byte);
            assert!(value.bytes().all(is_plain) && !value.starts_with('-'), "{name}");
        }
    }
});
