//! Images built byte by byte: layers as tar archives, manifests, indexes, OCI layouts.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use shifter_imagegw::reference::Digest;

/// The time of entries that name none.
pub(crate) const TIME: u64 = 1_500_000_000;

/// What an entry of a layer makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    File(Vec<u8>),
    Directory,
    Symlink(String),
    HardLink(String),
    Fifo,
    CharacterDevice,
}

/// An entry of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) what: What,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) time: u64,
    pub(crate) pax: Vec<(String, Vec<u8>)>,
}

impl Item {
    pub(crate) fn new(path: impl Into<String>, what: What) -> Self {
        let mode = match what {
            What::Directory => 0o755,
            _ => 0o644,
        };
        Self { path: path.into(), what, mode, owner: (0, 0), time: TIME, pax: Vec::new() }
    }

    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    pub(crate) fn owner(mut self, uid: u64, gid: u64) -> Self {
        self.owner = (uid, gid);
        self
    }

    pub(crate) fn time(mut self, time: u64) -> Self {
        self.time = time;
        self
    }

    pub(crate) fn pax(mut self, key: &str, value: &[u8]) -> Self {
        self.pax.push((key.to_owned(), value.to_vec()));
        self
    }
}

pub(crate) fn file(path: &str, text: impl AsRef<[u8]>) -> Item {
    Item::new(path, What::File(text.as_ref().to_vec()))
}

pub(crate) fn directory(path: &str) -> Item {
    Item::new(path, What::Directory)
}

pub(crate) fn symlink(path: &str, target: &str) -> Item {
    Item::new(path, What::Symlink(target.to_owned()))
}

pub(crate) fn hard_link(path: &str, target: &str) -> Item {
    Item::new(path, What::HardLink(target.to_owned()))
}

/// Hides `path` of the layers below.
pub(crate) fn white_out(path: &str) -> Item {
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    file(&format!("{parent}/.wh.{name}"), "")
}

/// Hides what the layers below have in the directory `path`.
pub(crate) fn opaque(path: &str) -> Item {
    file(&format!("{path}/.wh..wh..opq"), "")
}

/// The archive of a layer. Long names alternate between the GNU and the pax form.
pub(crate) fn tar(items: &[Item]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (number, item) in items.iter().enumerate() {
        let mut pax: Vec<(String, Vec<u8>)> = item.pax.clone();
        let (kind, link, data): (_, &str, &[u8]) = match &item.what {
            What::File(data) => (tar::EntryType::Regular, "", data),
            What::Directory => (tar::EntryType::Directory, "", &[]),
            What::Symlink(target) => (tar::EntryType::Symlink, target, &[]),
            What::HardLink(target) => (tar::EntryType::Link, target, &[]),
            What::Fifo => (tar::EntryType::Fifo, "", &[]),
            What::CharacterDevice => (tar::EntryType::Char, "", &[]),
        };
        let path = match item.what {
            What::Directory => format!("{}/", item.path),
            _ => item.path.clone(),
        };
        let mut header = tar::Header::new_gnu();
        for (name, text, long_kind) in
            [("path", path.as_str(), tar::EntryType::GNULongName), ("linkpath", link, tar::EntryType::GNULongLink)]
        {
            let field = match name {
                "path" => &mut header.as_old_mut().name,
                _ => &mut header.as_old_mut().linkname,
            };
            let length = text.len().min(field.len());
            field[..length].copy_from_slice(&text.as_bytes()[..length]);
            if text.len() > 100 && number % 2 == 0 {
                pax.push((name.to_owned(), text.as_bytes().to_vec()));
            } else if text.len() > 100 {
                let mut long = tar::Header::new_gnu();
                long.as_old_mut().name[..13].copy_from_slice(b"././@LongLink");
                long.set_entry_type(long_kind);
                long.set_mode(0o644);
                long.set_size(text.len() as u64 + 1);
                long.set_cksum();
                let text = [text.as_bytes(), b"\0"].concat();
                archive.append(&long, &text[..]).unwrap();
            }
        }
        if !pax.is_empty() {
            let records = pax.iter().map(|(key, value)| (key.as_str(), value.as_slice()));
            archive.append_pax_extensions(records).unwrap();
        }
        header.set_entry_type(kind);
        header.set_mode(item.mode);
        header.set_uid(item.owner.0);
        header.set_gid(item.owner.1);
        header.set_mtime(item.time);
        header.set_size(data.len() as u64);
        if item.what == What::CharacterDevice {
            header.set_device_major(1).unwrap();
            header.set_device_minor(3).unwrap();
        }
        header.set_cksum();
        archive.append(&header, data).unwrap();
    }
    archive.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::bulk::compress(bytes, 3).unwrap()
}

/// A blob and its media type.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: String,
}

impl Blob {
    pub(crate) fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self { bytes, media_type: media_type.to_owned() }
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    pub(crate) fn descriptor(&self) -> Value {
        json!({
            "mediaType": self.media_type,
            "digest": self.digest().to_string(),
            "size": self.bytes.len(),
        })
    }
}

/// One platform's image.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) layers: Vec<Blob>,
    pub(crate) config: Blob,
    pub(crate) manifest: Blob,
    pub(crate) architecture: String,
}

impl Image {
    /// An image for amd64 of gzip layers.
    pub(crate) fn of(layers: &[Vec<Item>]) -> Self {
        Self::with(layers, "amd64", |_, archive| (gzip(archive), "tar+gzip"))
    }

    /// An image whose layers are compressed by `compress`, which is given their numbers.
    pub(crate) fn with(
        layers: &[Vec<Item>],
        architecture: &str,
        compress: impl Fn(usize, &[u8]) -> (Vec<u8>, &'static str),
    ) -> Self {
        let archives: Vec<Vec<u8>> = layers.iter().map(|items| tar(items)).collect();
        let blobs = archives.iter().enumerate().map(|(number, archive)| {
            let (bytes, kind) = compress(number, archive);
            Blob::new(&format!("application/vnd.oci.image.layer.v1.{kind}"), bytes)
        });
        let diffs = archives.iter().map(|archive| Digest::of(archive).to_string());
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "config": {
                "Env": ["PATH=/usr/bin:/bin", "GREETING=hello world"],
                "Entrypoint": ["/bin/sh"],
                "Cmd": ["-c", "true"],
                "WorkingDir": "/work",
                "User": "1000",
                "Labels": {"a": "b"},
                "Volumes": {"/data": {}},
            },
            "rootfs": {"type": "layers", "diff_ids": diffs.collect::<Vec<_>>()},
        });
        Self::assembled(blobs.collect(), &config, architecture)
    }

    pub(crate) fn assembled(layers: Vec<Blob>, config: &Value, architecture: &str) -> Self {
        let config = Blob::new("application/vnd.oci.image.config.v1+json", serde_json::to_vec(config).unwrap());
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": config.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        Self {
            layers,
            config,
            manifest: Blob::new(media_type, serde_json::to_vec(&manifest).unwrap()),
            architecture: architecture.to_owned(),
        }
    }

    pub(crate) fn id(&self) -> String {
        self.manifest.digest().hex()
    }

    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        let documents = [&self.config, &self.manifest];
        self.layers.iter().chain(documents)
    }
}

/// An index of images, with an attestation as BuildKit writes it.
pub(crate) fn index(images: &[Image]) -> Blob {
    let mut entries: Vec<Value> = images
        .iter()
        .map(|image| {
            let mut entry = image.manifest.descriptor();
            entry["platform"] = json!({"os": "linux", "architecture": image.architecture});
            entry
        })
        .collect();
    let mut attestation = images[0].manifest.descriptor();
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    entries.insert(0, attestation);
    let media_type = "application/vnd.oci.image.index.v1+json";
    let document = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries});
    Blob::new(media_type, serde_json::to_vec(&document).unwrap())
}

/// Writes an OCI layout in which `tag` names `top`.
pub(crate) fn write_layout<'a>(directory: &Path, tag: &str, top: &'a Blob, blobs: impl IntoIterator<Item = &'a Blob>) {
    let blob_directory = directory.join("blobs/sha256");
    fs::create_dir_all(&blob_directory).unwrap();
    for blob in blobs.into_iter().chain([top]) {
        fs::write(blob_directory.join(blob.digest().hex()), &blob.bytes).unwrap();
    }
    let mut entry = top.descriptor();
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    fs::write(directory.join("index.json"), index.to_string()).unwrap();
    fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}
