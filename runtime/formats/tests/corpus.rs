//! Every file of the corpus, read as each release reads it, against what the release answered.
//!
//! `expected.json` holds the exit status and output of the original parser of each release: the modules, the refusal
//! and the site's volume maps, as its test program prints them. Two files crash that program, which was built
//! with AddressSanitizer: an unknown flag makes the message read behind its buffer. Here the map is refused with code 2, "flag
//! not allowed", as the code intends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use shifter_formats::Target;
use shifter_formats::original::{self, NoticeKind, Reading, RefusalKind, VolumeCode};
use shifter_formats::udiroot::{Conf, ModuleConf};

const CRASHES: [&str; 2] = ["09shared.conf", "20flagspace.conf"];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/udiroot")
}

fn expected() -> BTreeMap<String, BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(corpus().join("expected.json")).expect("the corpus is there");
    serde_json::from_str(&text).expect("the corpus is JSON")
}

/// What the original's test program prints, blanks for line breaks.
fn report(reading: &Reading) -> String {
    let mut words: Vec<String> = Vec::new();
    let conf = &reading.conf;
    let fails_in_lines = matches!(
        reading.refusal.as_ref().map(|refusal| &refusal.kind),
        Some(RefusalKind::UnknownKey(_) | RefusalKind::Volume(_) | RefusalKind::Propagation(_))
    );
    if !fails_in_lines {
        for (nth, (name, module)) in conf.modules.iter().enumerate() {
            words.push(describe(nth, &name.name, module, reading));
        }
        if !reading.active_modules.is_empty() {
            words.push(format!("n_active={}", reading.active_modules.len()));
        }
        for (nth, entry) in conf.site_fs.entries.iter().enumerate() {
            words.push(format!("siteFs[{nth}]=[{}]", entry.signature()));
        }
    }
    if let Some(refusal) = &reading.refusal {
        words.push(refusal.to_string());
    }
    for notice in &reading.notices {
        match &notice.kind {
            NoticeKind::Deprecated => {
                let key = notice.key.as_deref().unwrap_or_default();
                words.push(format!("IGNORING parameter {key}, deprecated."));
            }
            kind @ (NoticeKind::ModuleDisabled(_) | NoticeKind::ModuleVolumes(_)) => {
                words.push(kind.to_string());
            }
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn describe(nth: usize, name: &str, module: &ModuleConf, reading: &Reading) -> String {
    let copy_path = module.copy_path.as_ref().map(|path| path.display().to_string());
    let copy_path = copy_path.as_deref().unwrap_or("(null)");
    let enabled = u8::from(module.enabled != Some(false));
    let variables = module.site_env.len();
    // The map exists from its first line on, even when that line is refused.
    let has_map = !module.site_fs.is_empty()
        || reading.notices.iter().any(|notice| {
            matches!(notice.kind, NoticeKind::ModuleVolumes(_))
                && notice.key.as_deref() == Some(&format!("module_{name}_siteFs"))
        });
    let entries = if has_map { module.site_fs.entries.len().to_string() } else { "-1".to_owned() };
    let conflicts = module.conflict.len();
    format!(
        "module[{nth}]={name} copyPath=[{copy_path}] enabled={enabled} n_siteEnv={variables} siteFs={entries} nconf={conflicts}"
    )
}

#[test]
fn every_release_answers_as_it_did() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for (file, answers) in expected() {
        let text = std::fs::read(corpus().join(&file)).unwrap();
        for (release, answer) in answers {
            let target: Target = release.parse().unwrap();
            let reading = original::interpret(&text, target);
            compared += 1;
            if CRASHES.contains(&file.as_str()) {
                assert_eq!(answer["rc"], 1, "{file} no longer crashes {release}");
                let refusal = reading.refusal.expect("refused").kind;
                assert!(
                    matches!(refusal, RefusalKind::Volume(error) if error.code == VolumeCode::Flag),
                    "{file} for {release}"
                );
                continue;
            }
            let rc = if reading.refusal.is_some() { 2 } else { 0 };
            let output = report(&reading);
            if answer["rc"] != rc || answer["output"] != output {
                failures.push(format!("{file} for {release}:\n  wanted {answer}\n  found  {rc} {output}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(compared, 38 * 5);
}

#[test]
fn no_file_of_the_corpus_is_forgotten() {
    let known = expected();
    for file in std::fs::read_dir(corpus()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == "expected.json" || known.contains_key(&name), "{name}");
    }
}

#[test]
fn what_a_release_reads_it_reads_again_from_the_print() {
    let mut compared = 0;
    for (file, answers) in expected() {
        let text = std::fs::read(corpus().join(&file)).unwrap();
        for release in answers.keys() {
            let target: Target = release.parse().unwrap();
            let Ok(conf) = original::read(&text, target) else { continue };
            let printed = conf.print(target, "header");
            let mut again = original::read(&printed, target).unwrap();
            // A module with nothing to say is printed as enabled, which it is.
            for ((_, module), (_, was)) in again.modules.iter_mut().zip(&conf.modules) {
                module.enabled = was.enabled;
            }
            assert_eq!(again, conf, "{file} for {release}");
            compared += 1;
        }
    }
    assert_eq!(compared, 100);
}

/// The files that the native runtime refuses although a release accepts them, each with its reason.
const REFUSED_NATIVELY: [(&str, &str); 18] = [
    ("04emptyval.conf", "the key has no value"),
    ("05inlinecomment.conf", "a comment cannot follow a value"),
    ("07docsiteFs.conf", "the line holds no `=`"),
    ("08chars.conf", "cannot stand in a path"),
    ("14etcslash.conf", "nothing may be mounted there"),
    ("15rootto.conf", "nothing may be mounted there"),
    ("18space.conf", "separated by `;`"),
    ("24nums.conf", "no whole number"),
    ("25modunder.conf", "cannot hold `_`"),
    ("26copypath.conf", "did you mean `copyPath`?"),
    ("32modbadfs.conf", "nothing may be mounted there"),
    ("37dupscalar.conf", "already written in line"),
    ("39nodelim.conf", "the line holds no `=`"),
    ("40pnc.conf", "`perNodeCachePath` is not defined"),
    ("42moddup.conf", "already written in line"),
    ("43none.conf", "`none` stands for no module"),
    ("44emptydef.conf", "the key has no value"),
    ("49crlf.conf", "already written in line"),
];

#[test]
fn natively_the_same_is_meant_or_the_file_is_refused() {
    for (file, answers) in expected() {
        let text = std::fs::read(corpus().join(&file)).unwrap();
        let accepted_by: Vec<Target> = answers
            .keys()
            .filter_map(|name| name.parse().ok())
            .filter(|target| original::read(&text, *target).is_ok())
            .collect();
        let refusal = REFUSED_NATIVELY.iter().find(|(name, _)| *name == file);
        match (Conf::parse_native(&text), refusal) {
            (Ok(conf), None) => {
                for target in accepted_by.into_iter().filter(|target| conf.unknown_to(*target).is_empty()) {
                    // Deprecated keys are kept here and dropped there, and neither does anything with them.
                    if conf.auto_load_kernel_module.is_none() {
                        assert_eq!(original::read(&text, target).as_ref(), Ok(&conf), "{file} for {target}");
                    }
                }
            }
            (Err(errors), Some((_, why))) => {
                let text: String = errors.iter().map(ToString::to_string).collect();
                assert!(text.contains(why), "{file}: {text}");
            }
            (Err(errors), None) => {
                assert!(accepted_by.is_empty(), "{file} is refused without a row: {errors:?}");
            }
            (Ok(_), Some(_)) => panic!("{file} is accepted, but its row says it is not"),
        }
    }
}
