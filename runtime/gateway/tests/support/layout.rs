//! An OCI image layout directory with one image, made by hand.

use std::path::Path;

use shifter_formats::sha256::hex_digest;

/// Writes `<dir>/<repository>` with one image tagged `tag` that holds `files`; gives its id back.
pub(crate) fn write(dir: &Path, repository: &str, tag: &str, files: &[(&str, &[u8])]) -> String {
    write_for(dir, repository, tag, &["amd64"], files).remove(0)
}

/// Writes an image for each architecture; with more than one the tag names an index of them. Gives their ids back.
pub(crate) fn write_for(
    dir: &Path,
    repository: &str,
    tag: &str,
    architectures: &[&str],
    files: &[(&str, &[u8])],
) -> Vec<String> {
    let layout = dir.join(repository);
    let blobs = layout.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("a directory for blobs");
    let blob = |bytes: &[u8], kind: &str| {
        let hex = hex_digest(bytes);
        std::fs::write(blobs.join(&hex), bytes).expect("a blob");
        let media = format!("application/vnd.oci.image.{kind}");
        (hex.clone(), format!(r#"{{"mediaType":"{media}","digest":"sha256:{hex}","size":{}}}"#, bytes.len()))
    };
    let (layer_hex, layer) = blob(&tar(files), "layer.v1.tar");
    let (mut ids, mut manifests) = (Vec::new(), Vec::new());
    for architecture in architectures {
        let config = format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{"Env":["PATH=/bin","A=b=c d","EMPTY="],
                "Entrypoint":["/bin/sh","-c"],"Cmd":["it's"],"WorkingDir":"/work","Labels":{{"site":"test"}}}},
                "rootfs":{{"type":"layers","diff_ids":["sha256:{layer_hex}"]}}}}"#
        );
        let (_, config) = blob(config.as_bytes(), "config.v1+json");
        let media = "application/vnd.oci.image.manifest.v1+json";
        let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{media}","config":{config},"layers":[{layer}]}}"#);
        let (id, manifest) = blob(manifest.as_bytes(), "manifest.v1+json");
        ids.push(id);
        let platform = format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}}}"#);
        manifests.push(if architectures.len() > 1 { manifest.replacen('}', &platform, 1) } else { manifest });
    }
    let named = match manifests.as_slice() {
        [only] => only.clone(),
        all => {
            let media = "application/vnd.oci.image.index.v1+json";
            let list = format!(r#"{{"schemaVersion":2,"mediaType":"{media}","manifests":[{}]}}"#, all.join(","));
            blob(list.as_bytes(), "index.v1+json").1
        }
    };
    let name = format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{tag}"}}}}"#);
    let named = named.replacen('}', &name, 1);
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{named}]}}"#);
    std::fs::write(layout.join("index.json"), index).expect("an index");
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("a version");
    ids
}

/// A ustar archive of regular files (pax(1)).
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (path, bytes) in files {
        let mut header = [0_u8; 512];
        let mut field = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        field(0, path);
        field(100, "0000755");
        field(108, "0000000");
        field(116, "0000000");
        field(124, &format!("{:011o}", bytes.len()));
        field(136, "00000000000");
        field(148, "        ");
        field(156, "0");
        field(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend(header);
        all.extend(*bytes);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}
