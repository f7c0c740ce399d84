//! Any bytes as a file of a site that is imported: there is always a profile, and it is TOML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_site::import::{self, Choice, FileKind, InputFile, Options};
use shifter_site::target::Target;

const KINDS: [FileKind; 8] = [
    FileKind::UdiRoot,
    FileKind::ImageManager,
    FileKind::Premount,
    FileKind::Plugstack,
    FileKind::Roots,
    FileKind::Redis,
    FileKind::Postmount,
    FileKind::Script(None),
];

/// What stands beside the file, so that it is looked at.
const CONF: &str = "system=s\nimageGateway=http://gw:5000\nimagePath=/i\nudiMount=/u\nsitePreMountHook=/h/fuzzed\n";

fuzz_target!(|bytes: &[u8]| {
    // The first byte says which file the rest is, the second which release reads it.
    let [kind, target, rest @ ..] = bytes else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let mut files = vec![InputFile { kind, ..InputFile::new("fuzzed", rest) }];
    if kind != FileKind::UdiRoot {
        files.push(InputFile { kind: FileKind::UdiRoot, ..InputFile::new("udiRoot.conf", CONF) });
    }
    let nth = usize::from(*target) % (Target::ALL.len() + 1);
    let target = Target::ALL.get(nth).map_or(Choice::Auto, |target| Choice::Fixed(*target));
    let options = Options { target, secrets: "secrets".to_owned(), ..Options::default() };
    let imported = import::import(&files, &options).expect("there is something to import");
    for (_, text) in &imported.profiles {
        assert!(text.parse::<toml::Table>().is_ok(), "{text}");
    }
    let _ = (imported.repairs(), imported.json("null"));
});
