//! A large image: what debootstrap(8) makes with a compiler and Python, some 450 MB in two layers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Size;
use super::layout::Layer;
use crate::bench::site;
use crate::cargo;

/// The layers, and all their files in one archive.
pub(super) struct Big {
    pub(super) layers: Vec<Layer>,
    pub(super) merged: PathBuf,
}

/// Makes it once; it stays below `target/bench`. A quick run takes a part of it.
pub(super) fn make(size: Size) -> Result<Big> {
    let rootfs = cargo::programs("bench").join("debian/rootfs");
    if !rootfs.exists() {
        println!("making the image debian (once)");
        let part = rootfs.with_extension("part");
        let _ = fs::remove_dir_all(&part);
        fs::create_dir_all(&part)?;
        site::debian(&part)?;
        fs::rename(part, &rootfs)?;
    }
    let (name, parts): (&str, [&[&str]; 2]) = match size {
        Size::Full => ("full", [&["./usr"], &["--exclude=./usr", "."]]),
        Size::Quick => ("quick", [&["./usr/bin"], &["./etc"]]),
    };
    let folder = cargo::programs("bench").join("layers");
    fs::create_dir_all(&folder)?;
    let at = |file: &str| folder.join(format!("{name}-{file}"));
    let mut layers = Vec::new();
    for (number, words) in parts.iter().enumerate() {
        let (archive, served) = (at(&format!("{number}.tar")), at(&format!("{number}.tar.gz")));
        if !served.exists() {
            tar(&rootfs, words, &archive)?;
            // `-n`: no time stamp, so that the image is the same wherever it is made of the same files.
            cargo::run(Command::new("gzip").args(["-6", "-n", "-k", "-f"]).arg(&archive))?;
        }
        layers.push(Layer::gzip(&archive, &served)?);
    }
    let merged = at("merged.tar");
    if !merged.exists() {
        let words: &[&str] = if size == Size::Full { &["."] } else { &["./usr/bin", "./etc"] };
        tar(&rootfs, words, &merged)?;
    }
    Ok(Big { layers, merged })
}

/// Writes an archive, whole or not at all.
fn tar(rootfs: &Path, words: &[&str], archive: &Path) -> Result<()> {
    let part = archive.with_extension("part");
    let mut command = Command::new("tar");
    command.args(["--sort=name", "--numeric-owner", "-C"]).arg(rootfs).arg("-cf").arg(&part).args(words);
    cargo::run(&mut command)?;
    Ok(fs::rename(part, archive)?)
}
