//! Any text as a list of modules, chosen from those of a site: what is loaded was asked for or required, each once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::udiroot::{Conf, ModuleChoice, ModuleName, select};

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\nmodule_gpu_siteFs=/g\n\
    module_a_siteEnv=A=1\nmodule_b_siteEnv=B=1\nmodule_mpich@8_siteFs=/m\nmodule_mpich@9_siteFs=/n\n";

fuzz_target!(|text: &str| {
    let _ = ModuleName::parse(text);
    let Ok(choices) = ModuleChoice::parse_list(text) else { return };
    for choice in &choices {
        assert_eq!(ModuleChoice::parse(&choice.to_string()).as_ref(), Ok(choice));
    }
    let conf = Conf::parse_native(SITE).expect("a configuration");
    let Ok(loaded) = select(&conf.modules, &choices) else { return };
    let mut names: Vec<_> = loaded.iter().map(|module| module.name).collect();
    assert!(names.iter().all(|name| choices.iter().any(|choice| choice.name == *name)));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), loaded.len());
});
