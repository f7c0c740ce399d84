//! A small image assembled from this machine: a shell, a few programs, their libraries, as an OCI layout in three layers.
//!
//! The layout is the one of the OCI image specification 1.1 (`oci-layout`, `index.json`, `blobs/sha256`), so that the gateway pulls it
//! like any other image; only the registry is a directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::TryError;
use crate::digest::sha256;

/// Programs of the image. The first two are needed by the tour, the others are there to look around with.
const PROGRAMS: &[&str] = &[
    "sh", "cat", "env", "printenv", "id", "ls", "grep", "head", "sort", "wc", "stat", "uname", "hostname", "sleep",
    "true", "df", "touch", "mkdir", "readlink",
];

/// Name of the image within its layout.
pub(super) const TAG: &str = "latest";

/// The command that shows what a container looks like from inside.
pub(super) const TOUR: &str = "/usr/bin/tour";

const TOUR_SCRIPT: &str = include_str!("tour.sh");

const OS_RELEASE: &str = "\
NAME=\"Shifter tour\"
ID=shifter-tour
VERSION_ID=\"1\"
PRETTY_NAME=\"Shifter tour image, assembled from this machine\"
";

/// What went into the image.
#[derive(Debug)]
pub(super) struct Assembled {
    /// Number of programs found on this machine.
    pub(super) programs: usize,
    /// Bytes of all layers, uncompressed.
    pub(super) bytes: usize,
    /// Number of layers.
    pub(super) layers: usize,
}

/// Writes the layout into `folder`, which must not exist.
pub(super) fn assemble(folder: &Path) -> Result<Assembled, TryError> {
    let programs: Vec<(&str, PathBuf)> = PROGRAMS.iter().filter_map(|name| Some((*name, find(name)?))).collect();
    if !programs.iter().any(|(name, _)| *name == "sh") {
        return Err(TryError::NoShell);
    }
    let libraries = libraries_of(programs.iter().map(|(_, path)| path.as_path()));
    let layers = [libraries_layer(&libraries)?, programs_layer(&programs)?, tour_layer()?];
    write_layout(folder, &layers)?;
    Ok(Assembled { programs: programs.len(), bytes: layers.iter().map(Vec::len).sum(), layers: layers.len() })
}

/// The first file of this name in the usual places; not `PATH`, which may name a person's own programs.
fn find(program: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())
}

/// Absolute paths of all shared libraries, the loader included, as ldd(1) tells them. A static program has none.
fn libraries_of<'a>(programs: impl Iterator<Item = &'a Path>) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for program in programs {
        let Ok(output) = Command::new("ldd").arg(program).env("LC_ALL", "C").output() else { continue };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        found.extend(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from));
    }
    found
}

fn libraries_layer(libraries: &BTreeSet<PathBuf>) -> Result<Vec<u8>, TryError> {
    let mut layer = Layer::new();
    for folder in ["lib", "lib64", "usr", "usr/lib", "usr/lib64"] {
        layer.folder(folder, 0o755)?;
    }
    for library in libraries {
        layer.copy(library, library, 0o755)?;
    }
    layer.finish()
}

fn programs_layer(programs: &[(&str, PathBuf)]) -> Result<Vec<u8>, TryError> {
    let mut layer = Layer::new();
    for folder in ["bin", "usr", "usr/bin"] {
        layer.folder(folder, 0o755)?;
    }
    for (name, path) in programs {
        layer.copy(path, &Path::new("/bin").join(name), 0o755)?;
    }
    layer.finish()
}

fn tour_layer() -> Result<Vec<u8>, TryError> {
    let mut layer = Layer::new();
    for folder in ["etc", "home", "opt", "var", "usr", "usr/bin", "usr/lib"] {
        layer.folder(folder, 0o755)?;
    }
    layer.file("usr/lib/os-release", OS_RELEASE.as_bytes(), 0o644)?;
    layer.link("etc/os-release", "../usr/lib/os-release")?;
    layer.file(TOUR.trim_start_matches('/'), TOUR_SCRIPT.as_bytes(), 0o755)?;
    layer.finish()
}

/// A layer under construction: a tar archive without compression, all owned by root, all of the same time.
struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn folder(&mut self, path: &str, mode: u32) -> Result<(), TryError> {
        self.entry(tar::EntryType::Directory, path, mode, &[])
    }

    fn file(&mut self, path: &str, bytes: &[u8], mode: u32) -> Result<(), TryError> {
        self.entry(tar::EntryType::Regular, path, mode, bytes)
    }

    fn link(&mut self, path: &str, target: &str) -> Result<(), TryError> {
        let mut header = header(tar::EntryType::Symlink, 0o777, 0);
        self.0.append_link(&mut header, path, target).map_err(|source| TryError::io("pack", path, source))
    }

    fn copy(&mut self, source: &Path, path: &Path, mode: u32) -> Result<(), TryError> {
        let bytes = fs::read(source).map_err(|error| TryError::io("read", source, error))?;
        let inside = path.strip_prefix("/").unwrap_or(path);
        self.entry(tar::EntryType::Regular, &inside.to_string_lossy(), mode, &bytes)
    }

    fn entry(&mut self, kind: tar::EntryType, path: &str, mode: u32, bytes: &[u8]) -> Result<(), TryError> {
        let mut header = header(kind, mode, bytes.len());
        self.0.append_data(&mut header, path, bytes).map_err(|source| TryError::io("pack", path, source))
    }

    fn finish(self) -> Result<Vec<u8>, TryError> {
        self.0.into_inner().map_err(|source| TryError::io("pack", "a layer", source))
    }
}

fn header(kind: tar::EntryType, mode: u32, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size as u64);
    header
}

fn write_layout(folder: &Path, layers: &[Vec<u8>]) -> Result<(), TryError> {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).map_err(|source| TryError::io("make", &blobs, source))?;
    let mut diff_ids = Vec::new();
    let mut layer_list = Vec::new();
    for layer in layers {
        let digest = write_blob(&blobs, layer)?;
        diff_ids.push(digest.clone());
        layer_list.push(descriptor("application/vnd.oci.image.layer.v1.tar", &digest, layer.len()));
    }
    let config = to_bytes(&json!({
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Env": ["PATH=/usr/bin:/bin", "IMAGE_SAYS=hello"],
            "Cmd": [TOUR],
            "WorkingDir": "/home",
            "Labels": {"org.opencontainers.image.title": "Shifter tour"},
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }));
    let config_digest = write_blob(&blobs, &config)?;
    let manifest = to_bytes(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config_digest, config.len()),
        "layers": layer_list,
    }));
    let manifest_digest = write_blob(&blobs, &manifest)?;
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest_digest, manifest.len());
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": TAG});
    entry["platform"] = json!({"architecture": architecture(), "os": "linux"});
    write(&folder.join("index.json"), &to_bytes(&json!({"schemaVersion": 2, "manifests": [entry]})))?;
    write(&folder.join("oci-layout"), &to_bytes(&json!({"imageLayoutVersion": "1.0.0"})))
}

fn descriptor(media_type: &str, digest: &str, size: usize) -> serde_json::Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

fn write_blob(folder: &Path, bytes: &[u8]) -> Result<String, TryError> {
    let hex = sha256(bytes);
    write(&folder.join(&hex), bytes)?;
    Ok(format!("sha256:{hex}"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TryError> {
    fs::write(path, bytes).map_err(|source| TryError::io("write", path, source))
}

fn to_bytes(value: &serde_json::Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// This machine's architecture as Go spells it (OCI image specification, `config.md`).
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        other => other,
    }
}
