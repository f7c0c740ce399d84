//! What a start of a container sees while files are put in place.

use crate::support::{Machine, desired};
use shifter_formats::udiroot::Conf;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

const CONF: &str = "/etc/shifter/udiRoot.conf";

/// A configuration that names a hook of its own.
fn conf(version: &str) -> (String, String) {
    let hook = format!("/opt/{version}/premount.sh");
    let text = format!(
        "system=x\nudiMount=/var/udiMount\nloopMount=/var/loop\nimagePath=/images\npopulateEtcDynamically=1\nsitePreMountHook={hook}\n\
         siteEnv=VERSION={version}\n"
    );
    (text, hook)
}

/// Ends the observers, also when what they observe fails.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn udiroot_conf_is_whole_at_every_instant_and_what_it_names_is_there() {
    let machine = Machine::new();
    let versions = ["a", "b", "c"].map(conf);
    let put = |n: usize| {
        let (text, hook) = &versions[n % versions.len()];
        machine.apply(&desired(&[(CONF, text), (hook, "true\n")])).unwrap();
    };
    put(0);
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let observe = || {
        while !done.load(Ordering::Relaxed) {
            let text = fs::read_to_string(machine.at(CONF)).expect("it is always there");
            let conf = Conf::parse_native(&text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
            assert!(versions.iter().any(|(whole, _)| *whole == text), "{text}");
            let hook = conf.site_pre_mount_hook.expect("it names one").display().to_string();
            let is_there = machine.read(&hook).as_deref() == Some("true\n");
            // The hook of a configuration that is gone by now may be gone too.
            assert!(is_there || fs::read_to_string(machine.at(CONF)).unwrap() != text, "{hook} is named and not there");
            reads.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let observers = [scope.spawn(observe), scope.spawn(observe)];
        let end = Ended(&done);
        for n in 1..40 {
            put(n);
            if n % 5 == 0 {
                machine.rollback(None).unwrap();
            }
        }
        drop(end);
        for observer in observers {
            observer.join().expect("what it saw was right");
        }
    });
    assert!(reads.into_inner() > 0);
}
