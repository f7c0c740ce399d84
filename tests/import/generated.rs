//! Files that nobody wrote: none stops an import, and what is accepted comes back.

use proptest::prelude::*;
use shifter_formats::Target;
use shifter_site::import::{self, InputFile};

use crate::support::{broken, options, repository};

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-z][a-z0-9._-]{0,6}", 1..4)
        .prop_filter("no parent directory", |parts| parts.iter().all(|part| !part.contains("..")))
        .prop_map(|parts| format!("/{}", parts.join("/")))
}

fn mount() -> impl Strategy<Value = String> {
    let flag = prop::sample::select(vec!["", ":ro", ":rec", ":slave", ":ro:rec", ":perNodeCache=size=10G"]);
    (path(), path(), flag).prop_map(|(from, to, flag)| format!("{from}:/m{to}{flag}"))
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(mount(), 1..5).prop_map(|all| format!("siteFs={}", all.join(";\\\n   "))),
        ("[A-Z]{1,3}", "[a-z0-9/:]{1,9}").prop_map(|(name, value)| format!("siteEnv={name}={value}")),
        ("[A-Z]{1,3}", "/[a-z]{1,5}(:/[a-z]{1,4})?").prop_map(|(name, value)| format!("siteEnvAppend={name}={value}")),
        ("[A-Z]{1,3}", "/[a-z]{1,5}").prop_map(|(name, value)| format!("siteEnvPrepend={name}={value} {name}=/x")),
        "[A-Z]{1,4}".prop_map(|name| format!("siteEnvUnset={name}")),
        any::<u16>().prop_map(|n| format!("maxGroupCount={n}")),
        "[0-9]{1,3}[a-z]?".prop_map(|n| format!("gatewayTimeout={n}")),
        prop::sample::select(vec![
            "allowLocalChroot",
            "allowLibcPwdCalls",
            "populateEtcDynamically",
            "mountUdiRootWritable"
        ])
        .prop_flat_map(|key| prop::sample::select(vec!["0", "1", "true"]).prop_map(move |v| format!("{key}={v}"))),
        path().prop_map(|path| format!("optUdiImage={path}")),
        path().prop_map(|path| format!("sitePreMountHook={path}")),
        path().prop_map(|path| format!("sitePostMountHook={path}")),
        prop::sample::select(vec![
            "mountPropagationStyle=slave",
            "defaultImageType=custom",
            "batchType=slurm",
            "words"
        ])
        .prop_map(str::to_owned),
        ("[a-z]{1,4}", mount()).prop_map(|(name, mount)| format!("module_{name}_siteFs={mount}")),
        ("[a-z]{1,4}", path()).prop_map(|(name, path)| format!("module_{name}_copyPath={path}")),
        ("[a-z]{1,4}", "[A-Z]{1,2}").prop_map(|(name, key)| format!("module_{name}_siteEnv={key}=1")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_release_accepts_comes_back(lines in prop::collection::vec(line(), 0..8), nth in 0..5_usize) {
        let base = std::fs::read_to_string(repository("tests/data/udiroot/00base.conf")).unwrap();
        let text = format!("{base}{}\n", lines.join("\n"));
        let target = Target::ALL[nth];
        let imported = import::import(&[InputFile::new("udiRoot.conf", text.clone())], &options(Some(target))).unwrap();
        prop_assert!(!imported.accepted || imported.holds(), "{target}\n{text}\n{:?}", broken(&imported));
    }

    #[test]
    fn no_bytes_stop_an_import(conf in prop::collection::vec(any::<u8>(), 0..200), json in ".{0,80}", hook in ".{0,80}") {
        let mut bytes = b"udiMount=/u\nsitePreMountHook=/h/premount.sh\n".to_vec();
        bytes.extend(conf);
        let files = [
            InputFile::new("udiRoot.conf", bytes),
            InputFile::new("imagemanager.json", json),
            InputFile::new("premount.sh", hook.clone()),
            InputFile::new("redis.conf", hook.clone()),
            InputFile::new("plugstack.conf", hook),
        ];
        let imported = import::import(&files, &options(None)).unwrap();
        prop_assert!(imported.profiles[0].1.parse::<toml::Table>().is_ok(), "{}", imported.profiles[0].1);
    }
}
