//! What is rendered reads back: with our parser for every target, with the original's for its own releases.

use crate::support::{plan, plan_of, profiles, text};
use shifter_formats::original::interpret_patched;
use shifter_formats::udiroot::Conf;
use shifter_gateway_types::ImageManager;
use shifter_site::render::Check;

#[test]
fn every_udiroot_conf_reads_back_as_it_was_meant() {
    let mut read = 0;
    for name in profiles() {
        for artifact in plan(&name).artifacts {
            let Check::UdiRoot { conf, target, patched, .. } = &artifact.check else { continue };
            let native = Conf::parse_native(&artifact.bytes).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
            assert_eq!(native, **conf, "{name} {}", artifact.path);
            if !target.is_native() {
                let reading = interpret_patched(&artifact.bytes, *target, patched);
                assert_eq!(reading.refusal, None, "{name}");
                assert_eq!(reading.notices, [], "{name}");
                assert_eq!(reading.conf, **conf, "{name} {}", artifact.path);
            }
            read += 1;
        }
    }
    assert!(read > profiles().len());
}

#[test]
fn every_imagemanager_json_reads_back_as_it_was_meant() {
    for name in profiles() {
        let plan = plan(&name);
        let Some(artifact) = plan.get("imagemanager.json") else {
            assert!(["cori", "edison"].contains(&name.as_str()), "{name}");
            continue;
        };
        let Check::ImageManager(config) = &artifact.check else { panic!("{name} is not checked") };
        assert_eq!(ImageManager::parse(&text(&plan, "imagemanager.json")).unwrap(), **config, "{name}");
    }
}

/// The least profile of a release.
fn least(target: &str) -> String {
    let broker = if target < "18" { "[gateway.broker]\nuri = 'redis://localhost/'\n" } else { "" };
    let uri = if target == "native" { "sqlite:///var/lib/shifter/g.db" } else { "mongodb://localhost/" };
    format!(
        "schema = 1\n[site]\nname = 'x'\n[target]\nshifter = '{target}'\nos = 'el9'\n[images]\npath = '/images'\n\
         [gateway]\nendpoints = ['http://gw:5000']\ncache_dir = '/var/cache/s'\nexpand_dir = '/var/lib/s'\n\
         [gateway.database]\nuri = '{uri}'\n{broker}[registry.'quay.io']\n"
    )
}

#[test]
fn the_least_profile_of_every_release_has_all_that_the_release_requires() {
    for target in shifter_formats::Target::ALL {
        let plan = plan_of(&least(target.as_str()));
        let conf = text(&plan, "udiRoot.conf");
        for key in shifter_formats::udiroot::KEYS.iter().filter(|key| key.required_by.contains(&target)) {
            assert!(conf.contains(&format!("\n{}=", key.name)), "{target} requires {}", key.name);
        }
        assert!(Conf::parse_native(&conf).is_ok(), "{target}");
    }
}
