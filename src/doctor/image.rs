//! One image as it lies in the image directory: its names, its file, what its records say.

use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use shifter_formats::{
    index::IndexEntry,
    meta::{ImageFormat, Meta},
};

use super::inside::{Inside, Mpi};
use super::modules::Candidate;
use crate::facts::Sight;
use crate::profile::section::scalar::Mode;

/// Most bytes of an index entry or a `.meta` that are read.
const LONGEST: u64 = 4 << 20;

/// What there is of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Image {
    /// Its identity: 64 hexadecimal digits.
    pub id: String,
    /// Its names in the index, as `SYSTEM TYPE:TAG`, sorted.
    pub names: Vec<String>,
    /// What it runs on, as `linux/amd64`, where the index says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The digest of its manifest in the registry, where the index says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// Why its file cannot be looked at, which then is among the problems.
    #[serde(skip)]
    unreadable: Option<String>,
    /// What is inside, where that was asked for and can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
    /// Why it cannot be looked into, where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
    /// Whether `.meta` is there, for runtimes that know no index.
    pub meta: bool,
    /// Whether not everybody may use it.
    pub private: bool,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// The file of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// The file system that its first bytes show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Its bytes.
    pub size: u64,
    /// Its owner's number.
    pub uid: u32,
    /// Its mode.
    pub mode: String,
}

/// Why an image cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The directory cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The images of a directory below a root that `wanted` names: an identity or its beginning, a tag, or `TYPE:TAG`. All
/// for nothing. No link leads out of the root, no pipe is waited for, and each thing may take `limit` to answer.
///
/// # Errors
/// The directory, or the index in it, cannot be listed. A file that cannot be read is a problem of its image.
pub fn look(root: &Path, directory: &str, wanted: &str, limit: Duration) -> Result<Vec<Image>, ImageError> {
    let shown = |path: &str| root.join(path.trim_start_matches('/'));
    let fail = |path: &str| {
        let path = shown(path);
        move |source| ImageError::Read { path, source }
    };
    let sight = Sight::new(root, limit).map_err(fail("/"))?;
    let mut images: Vec<Image> = Vec::new();
    let at = |images: &mut Vec<Image>, id: &str| {
        let known = images.iter().position(|image| image.id == id);
        known.unwrap_or_else(|| {
            images.push(Image { id: id.to_owned(), ..Image::default() });
            images.len() - 1
        })
    };
    for name in sight.list(directory).map_err(fail(directory))? {
        let path = format!("{directory}/{name}");
        let Some((id, extension)) = name.split_once('.').filter(|(id, _)| is_id(id)) else { continue };
        let n = at(&mut images, id);
        if extension == "meta" {
            images[n].meta = true;
            let problem = read_meta(sight.read_bytes(&path, LONGEST), &mut images[n]);
            images[n].problems.extend(problem.map(|problem| format!("`{}`: {problem}", shown(&path).display())));
        } else if ImageFormat::ALL.iter().any(|format| format.extension() == extension) {
            match file(&sight, &path, shown(&path)) {
                Ok(file) => images[n].file = Some(file),
                Err(error) => images[n].unreadable = Some(format!("`{}`: {error}", shown(&path).display())),
            }
        }
    }
    let index = format!("{directory}/index");
    let entries = match sight.list(&index) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        entries => entries.map_err(fail(&index))?,
    };
    // A file that is being written has another name than an entry can have.
    for name in entries.into_iter().filter(|name| !name.starts_with('.')) {
        let path = format!("{index}/{name}");
        let place = shown(&path).display().to_string();
        let entry = sight.read_bytes(&path, LONGEST).map_err(|error| format!("`{place}`: {error}"));
        let entry =
            entry.and_then(|bytes| IndexEntry::parse(&bytes).map_err(|_| format!("`{place}` is no entry of an index")));
        match entry {
            Ok(entry) => {
                let n = at(&mut images, entry.id.as_str());
                if entry.kind != shifter_formats::image::ImageType::Id {
                    images[n].names.push(format!("{} {}:{}", entry.system, entry.kind, entry.tag));
                }
                add_entry(&entry, &name, &place, &mut images[n]);
            }
            Err(problem) => {
                let n = at(&mut images, "");
                images[n].problems.push(problem);
            }
        }
    }
    for image in &mut images {
        image.names.sort();
        judge(image);
    }
    images.retain(|image| answers_to(image, wanted));
    images.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(images)
}

/// An image that is no file of the directory: a tree, or a file of its own. There is nothing to be judged about it.
///
/// # Errors
/// Nothing can be read there.
pub fn at(path: &Path) -> Result<Image, ImageError> {
    let fail = |source| ImageError::Read { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(fail)?;
    let format = std::fs::File::open(path).ok().and_then(|file| {
        let mut head = Vec::new();
        file.take(2048).read_to_end(&mut head).ok()?;
        ImageFormat::of_superblock(&head)
    });
    let format =
        if found.is_dir() { Some("directory".to_owned()) } else { format.map(|format| format.as_str().to_owned()) };
    let mode = Mode::new(found.mode()).to_string();
    let file = File { path: path.to_owned(), format, size: found.size(), uid: found.uid(), mode };
    Ok(Image { file: Some(file), ..Image::default() })
}

/// Looks into images below a root, and says what each module would do for them.
///
/// # Errors
/// The root cannot be opened. An image that cannot be looked into says so itself.
pub fn look_into(root: &Path, images: &mut [Image], modules: &[Candidate], limit: Duration) -> Result<(), ImageError> {
    let sight = Sight::new(root, limit).map_err(|source| ImageError::Read { path: root.to_owned(), source })?;
    for image in images {
        let Some(file) = &image.file else { continue };
        let below = format!("/{}", file.path.strip_prefix(root).unwrap_or(&file.path).display());
        let looked = match file.format.as_deref() {
            Some("directory") => Inside::of_directory(&file.path).map_err(|error| error.to_string()),
            Some("squashfs") => sight
                .real_file(&below)
                .map_err(|error| error.to_string())
                .and_then(|(_, file)| Inside::of_squashfs(file).map_err(|error| error.to_string())),
            Some(other) => Err(format!("a file of {other} is not looked into: mount it, and name the directory")),
            None => continue,
        };
        match looked {
            Ok(mut inside) => {
                inside.modules = modules.iter().filter_map(|module| module.judge(&inside)).collect();
                image.inside = Some(inside);
            }
            Err(why) => image.unseen = Some(why),
        }
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

fn answers_to(image: &Image, wanted: &str) -> bool {
    let is_name = |name: &String| {
        let (system, reference) = name.split_once(' ').unwrap_or(("", name));
        let tag = reference.split_once(':').map_or(reference, |(_, tag)| tag);
        wanted == reference || wanted == tag || wanted == format!("{system}/{reference}")
    };
    let is_beginning = wanted.len() >= 8 && image.id.starts_with(wanted);
    wanted.is_empty() || is_beginning || image.names.iter().any(is_name)
}

fn file(sight: &Sight, path: &str, shown: PathBuf) -> io::Result<File> {
    let found = sight.about(path)?;
    let head = sight.read_bytes(path, 2048)?;
    Ok(File {
        path: shown,
        format: ImageFormat::of_superblock(&head).map(|format| format.as_str().to_owned()),
        size: found.size(),
        uid: found.uid(),
        mode: Mode::new(found.mode()).to_string(),
    })
}

/// What `.meta` says that the native runtime would refuse.
fn read_meta(bytes: io::Result<Vec<u8>>, image: &mut Image) -> Option<String> {
    match bytes.map(Meta::read_native) {
        Ok(Ok(meta)) => {
            image.private |= meta.access != shifter_formats::acl::Access::Public;
            None
        }
        Ok(Err(fault)) => Some(fault.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

fn add_entry(entry: &IndexEntry, name: &str, place: &str, image: &mut Image) {
    image.platform = Some(entry.platform.clone());
    image.digest = Some(entry.digest.clone());
    image.private |= entry.access != shifter_formats::acl::Access::Public;
    let expected = entry.file_name();
    if name != expected {
        image.problems.push(format!("`{place}` is not the name of what it says: `{expected}`"));
    }
    let format = image.file.as_ref().and_then(|file| file.format.as_deref());
    if format.is_some_and(|format| format != entry.format.as_str()) {
        let found = format.unwrap_or_default();
        image.problems.push(format!("the index says {}, and the file is {found}", entry.format));
    }
}

fn judge(image: &mut Image) {
    match &image.file {
        None if image.unreadable.is_some() => image.problems.extend(image.unreadable.clone()),
        None if !image.id.is_empty() => image.problems.push("there is no file of the image".to_owned()),
        None => {}
        Some(file) => {
            let named = file.path.extension().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if !named.is_empty() && file.format.as_ref() != Some(&named) {
                let is = file.format.clone().unwrap_or_else(|| "no file system that is known".to_owned());
                image.problems.push(format!("the file is called {named}, and is {is}"));
            }
            if file.mode.parse::<Mode>().is_ok_and(|mode| mode.bits() & 0o022 != 0) {
                image.problems.push(format!("others than its owner can write the file (mode {})", file.mode));
            }
        }
    }
    image.problems.sort();
    image.problems.dedup();
}

fn title(image: &Image) -> String {
    match &image.file {
        _ if !image.id.is_empty() => image.id.clone(),
        Some(file) => file.path.display().to_string(),
        None => "(no image)".to_owned(),
    }
}

/// `/usr/lib/libmpich.so.12.2.2: MPICH 4.0.2 (libmpich.so.12, interface 14:2:2, amd64)`.
fn shown(mpi: &Mpi) -> String {
    let interface = mpi.interface.iter().map(|interface| format!(", interface {interface}")).collect::<String>();
    let is = mpi.is.as_deref().unwrap_or("does not say who made it");
    format!("{}: {is} ({}{interface}, {})", mpi.path, mpi.soname, mpi.architecture)
}

/// The images for people.
#[must_use]
pub fn text(images: &[Image]) -> String {
    let mut out = String::new();
    for image in images {
        let _ = writeln!(out, "{}", title(image));
        let mut line = |what: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(out, "  {what:9} {value}");
            }
        };
        for name in &image.names {
            line("name", name);
        }
        line("platform", image.platform.as_deref().unwrap_or_default());
        line("digest", image.digest.as_deref().unwrap_or_default());
        if let Some(file) = &image.file {
            line("file", &file.path.display().to_string());
            line("format", file.format.as_deref().unwrap_or("unknown"));
            line("size", &format!("{} bytes", file.size));
            line("owner", &format!("uid {}, mode {}", file.uid, file.mode));
        }
        if !image.id.is_empty() {
            line("meta", if image.meta { "there" } else { "not there" });
            line("for", if image.private { "some users and groups" } else { "everybody" });
        }
        if let Some(inside) = &image.inside {
            line("libc", inside.libc.as_deref().unwrap_or("none that is known"));
            for mpi in &inside.mpi {
                line("mpi", &shown(mpi));
            }
            if inside.mpi.is_empty() {
                line("mpi", "none");
            }
            for verdict in &inside.modules {
                line("module", &verdict.to_string());
            }
        }
        line("inside", image.unseen.as_deref().unwrap_or_default());
        for problem in &image.problems {
            line("PROBLEM", problem);
        }
    }
    out
}
