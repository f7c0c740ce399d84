use super::*;
use crate::image::ImageType;

fn faults(text: &str) -> Vec<String> {
    Deny::parse(text.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn digest() -> String {
    "0123456789abcdef".repeat(4)
}

#[test]
fn the_first_entry_that_matches_is_told() {
    let text = format!(
        "# note\n\ndigest sha256:{}\twithdrawn: rebuild\nimage docker:ubuntu:18.* use  24.04\n\
         module cuda@11.8 use 12\n  module gpu  off \nvolumes not now\neverything maintenance",
        digest()
    );
    let deny = Deny::parse(text.as_bytes()).unwrap();
    let told = |entry: Option<&DenyEntry>| entry.map(|entry| format!("{}: {}", entry.line, entry.message));
    let docker = |tag: &str| Descriptor { kind: ImageType::Docker, tag: tag.to_owned() };
    assert_eq!(told(deny.image(&docker("ubuntu:18.04"))).unwrap(), "4: use  24.04");
    assert_eq!(told(deny.image(&docker("ubuntu:24.04"))), None);
    let wanted = Some("3: withdrawn: rebuild".to_owned());
    assert_eq!(told(deny.content(Some(&format!("sha256:{}", digest())), "x")), wanted);
    assert_eq!(told(deny.content(None, &digest())), wanted);
    assert_eq!(told(deny.content(None, "x")), None);
    assert_eq!(told(deny.module("cuda", Some("11.8"))).unwrap(), "5: use 12");
    assert_eq!(told(deny.module("cuda", Some("12.4"))), None);
    assert_eq!(told(deny.module("cuda", None)), None);
    assert_eq!(told(deny.module("gpu", Some("1"))).unwrap(), "6: off");
    assert_eq!(told(deny.volumes()).unwrap(), "7: not now");
    assert_eq!(told(deny.everything()).unwrap(), "8: maintenance");
}

#[test]
fn every_mistake_is_named_with_its_line() {
    assert_eq!(
        faults(
            "everythin x\ndigest sha256:ab x\nimage ubuntu:18.04 x\nmodule a_b x\nvolumes\nimage docker: x\n\
             everything a\u{1b}[31mb\r\ndigest\n"
        ),
        [
            "line 1: `everythin` is none of digest, image, module, volumes, everything; did you mean `everything`?",
            "line 2: `sha256:ab` is no digest; write `sha256:` and 64 digits 0-9a-f",
            "line 3: `ubuntu:18.04` matches no image; begin with its type, as in `docker:ubuntu:18.*`",
            "line 4: `a_b` is no module; write its name, or `mpich@8.1.30`",
            "line 5: say at the end of the line what users are told",
            "line 6: `docker:` matches no image; begin with its type, as in `docker:ubuntu:18.*`",
            "line 7: '\\u{1b}' does not belong into a line of text",
            "line 8: `` is no digest; write `sha256:` and 64 digits 0-9a-f",
        ]
    );
    assert_eq!(Deny::parse(b"volumes \xff\n").unwrap_err()[0].to_string(), "line 1: not UTF-8");
}

#[test]
fn an_empty_file_denies_nothing() {
    for text in ["", "\n", "# all is well\n"] {
        assert_eq!(Deny::parse(text.as_bytes()), Ok(Deny::default()));
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_a_panic(bytes: Vec<u8>) {
        if let Err(faults) = Deny::parse(&bytes) {
            proptest::prop_assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.to_string().contains('\n')));
        }
    }
}
