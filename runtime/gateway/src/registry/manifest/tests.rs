use super::*;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn descriptor(media_type: &str) -> String {
    let digest = Digest::of(b"x");
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":1}}"#)
}

fn parse(text: &str, media_type: Option<&str>) -> Result<Parsed, String> {
    let document = Document::new(text.as_bytes().to_vec(), media_type.map(str::to_owned));
    document.parse().map_err(|error| {
        let text = error.to_string();
        text.split_once("cannot be used: ").unwrap().1.to_owned()
    })
}

fn image(layer: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{},"layers":[{}]}}"#,
        descriptor(CONFIGS[0]),
        descriptor(layer)
    )
}

fn refusal(text: &str, media_type: Option<&str>) -> String {
    parse(text, media_type).unwrap_err()
}

#[test]
fn images_of_both_dialects_are_read() {
    for layer in LAYERS {
        assert!(matches!(parse(&image(layer), Some(OCI)), Ok(Parsed::Image(_))));
    }
}

#[test]
fn a_document_with_two_meanings_is_refused() {
    let both = format!(r#"{{"schemaVersion":2,"manifests":[],"config":{},"layers":[]}}"#, descriptor(CONFIGS[0]));
    insta::assert_snapshot!(refusal(&both, None), @"it is an index and an image at once");
    insta::assert_snapshot!(refusal(&image(LAYERS[0]), Some(INDEX)), @"it is sent as application/vnd.oci.image.index.v1+json and calls itself application/vnd.oci.image.manifest.v1+json");
    insta::assert_snapshot!(refusal(r#"{"schemaVersion":2,"manifests":[]}"#, Some(OCI)), @"it is an index and an image at once");
}

#[test]
fn schema_1_is_refused_with_what_to_do() {
    insta::assert_snapshot!(refusal(r#"{"schemaVersion":1,"fsLayers":[]}"#, None), @"it has Docker's schema 1, which names no content by digest; push the image again with a current tool");
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    assert!(refusal("not even json", Some(signed)).contains("schema 1"));
}

#[test]
fn what_is_no_container_image_is_refused() {
    let helm = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[]}}"#,
        descriptor("application/vnd.cncf.helm.config.v1+json")
    );
    insta::assert_snapshot!(refusal(&helm, Some(OCI)), @"it is no container image: its configuration is `application/vnd.cncf.helm.config.v1+json`");
    let foreign = refusal(&image("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"), None);
    assert!(foreign.contains("is not distributed by registries"), "{foreign}");
    let encrypted = refusal(&image("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"), None);
    assert!(encrypted.contains("unknown type"), "{encrypted}");
    assert!(refusal("{}", None).contains("not a manifest"));
    assert!(refusal("[]", None).contains("not a manifest"));
}

#[test]
fn a_negative_size_or_a_foreign_digest_is_refused() {
    let config = descriptor(CONFIGS[0]);
    for bad in [config.replace(":1}", ":-1}"), config.replace("sha256:", "sha1:")] {
        let text = format!(r#"{{"schemaVersion":2,"config":{bad},"layers":[]}}"#);
        assert!(parse(&text, None).is_err());
    }
}

#[test]
fn attestations_are_no_images() {
    let entry = descriptor(OCI).replace(
        "}",
        r#","platform":{"os":"linux","architecture":"amd64"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}}"#,
    );
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#);
    let Ok(Parsed::Index(entries)) = parse(&text, Some(INDEX)) else {
        panic!("not read as an index");
    };
    assert!(entries[0].is_no_image());
}
