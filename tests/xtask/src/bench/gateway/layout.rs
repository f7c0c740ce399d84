//! OCI image layouts as sources of images: no registry between the gateway and its figures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shifter_formats::sha256::hex_digest;

use super::site::Folder;

/// A layer: an archive, and the file that a registry would serve.
#[derive(Clone)]
pub(super) struct Layer {
    served: PathBuf,
    /// `tar`, `tar+gzip`.
    kind: &'static str,
    /// SHA-256 of both.
    digest: String,
    archive: String,
}

impl Layer {
    /// A layer that is served as it is.
    pub(super) fn plain(archive: &Path) -> Result<Self> {
        let digest = digest(archive)?;
        Ok(Self { served: archive.to_owned(), kind: "tar", digest: digest.clone(), archive: digest })
    }

    /// A layer that is served compressed.
    pub(super) fn gzip(archive: &Path, served: &Path) -> Result<Self> {
        Ok(Self { served: served.to_owned(), kind: "tar+gzip", digest: digest(served)?, archive: digest(archive)? })
    }

    /// Bytes of what is served.
    pub(super) fn size(&self) -> Result<u64> {
        Ok(fs::metadata(&self.served)?.len())
    }
}

/// By sha256sum(1), which is quicker than ours.
fn digest(file: &Path) -> Result<String> {
    let output = Command::new("sha256sum").arg(file).output().context("cannot run sha256sum")?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success() && said.len() > 64, "sha256sum {}: {said}", file.display());
    Ok(said[..64].to_owned())
}

/// Writes an image under `<layouts>/<name>` with the tag `1`.
pub(super) fn write(layouts: &Path, name: &str, layers: &[Layer]) -> Result<()> {
    let folder = layouts.join(name);
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).with_context(|| format!("cannot make {}", blobs.display()))?;
    let blob = |bytes: &[u8], kind: &str| -> Result<Value> {
        let hex = hex_digest(bytes);
        fs::write(blobs.join(&hex), bytes)?;
        let media = format!("application/vnd.oci.image.{kind}");
        Ok(json!({ "mediaType": media, "digest": format!("sha256:{hex}"), "size": bytes.len() }))
    };
    let archives: Vec<String> = layers.iter().map(|layer| format!("sha256:{}", layer.archive)).collect();
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "PYTHON_VERSION=3.11.2"],
            "Entrypoint": ["/usr/bin/python3"], "Cmd": ["-i"], "WorkingDir": "/srv",
            "Labels": { "org.opencontainers.image.title": name }
        },
        "rootfs": { "type": "layers", "diff_ids": archives }
    });
    let config = blob(config.to_string().as_bytes(), "config.v1+json")?;
    let link = |layer: &Layer| -> Result<Value> {
        let blob = blobs.join(&layer.digest);
        fs::hard_link(&layer.served, &blob).with_context(|| format!("cannot make {}", blob.display()))?;
        let media = format!("application/vnd.oci.image.layer.v1.{}", layer.kind);
        Ok(json!({ "mediaType": media, "digest": format!("sha256:{}", layer.digest), "size": layer.size()? }))
    };
    let written = layers.iter().map(link);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": written.collect::<Result<Vec<_>>>()?
    });
    let mut named = blob(manifest.to_string().as_bytes(), "manifest.v1+json")?;
    named["annotations"] = json!({ "org.opencontainers.image.ref.name": "1" });
    fs::write(folder.join("index.json"), json!({ "schemaVersion": 2, "manifests": [named] }).to_string())?;
    Ok(fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?)
}

/// A layer without a file: two blocks of zeros.
pub(super) fn nothing(folder: &Folder) -> Result<Layer> {
    let archive = folder.path("nothing.tar");
    fs::write(&archive, [0; 1024])?;
    Layer::plain(&archive)
}
