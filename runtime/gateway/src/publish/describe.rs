//! The texts that describe an image to the runtime.

use shifter_formats::acl::{Access as FileAccess, MOST_IDS};
use shifter_formats::env::Assignment;
use shifter_formats::image::ImageType;
use shifter_formats::index::{IndexEntry, LONGEST};
use shifter_formats::meta::ImageFormat;

use crate::store::{Access, Image};

/// Facts that the runtime would refuse.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// The runtime knows no such type.
    #[error("images of type `{0}` cannot be used by the runtime")]
    Type(String),
    /// The id is not 64 digits.
    #[error("`{0}` is no image id")]
    Id(String),
    /// The runtime knows no such format.
    #[error("images of format `{0}` cannot be used by the runtime")]
    Format(String),
    /// Longer lists than the runtime reads.
    #[error("more than {MOST_IDS} users or groups were granted this image")]
    Grants,
    /// A larger entry than the runtime reads.
    #[error("the image's variables and commands have {0} bytes, the runtime reads {LONGEST}")]
    Length(usize),
}

/// The index entry of a tag.
pub(super) fn index(
    system: &str,
    itype: &str,
    tag: &str,
    image: &Image,
    access: &Access,
) -> Result<IndexEntry, DescribeError> {
    let kind: ImageType = itype.parse().map_err(|_| DescribeError::Type(itype.to_owned()))?;
    let entry = IndexEntry {
        system: system.to_owned(),
        kind,
        tag: tag.to_owned(),
        id: image.id.parse().map_err(|_| DescribeError::Id(image.id.clone()))?,
        format: ImageFormat::parse(&image.format).ok_or_else(|| DescribeError::Format(image.format.clone()))?,
        digest: image.digest.clone(),
        platform: image.platform.clone(),
        access: file_access(access)?,
        env: image.env.iter().filter_map(|text| variable(text)).collect(),
        entry: image.entry.clone(),
        cmd: image.cmd.clone(),
        workdir: Some(image.workdir.clone()).filter(|dir| !dir.is_empty()),
        user: Some(image.user.clone()).filter(|user| !user.is_empty()),
    };
    match entry.to_string().len() {
        length if length > LONGEST => Err(DescribeError::Length(length)),
        _ => Ok(entry),
    }
}

/// A text without a name or without `=` sets nothing, as in other container runtimes.
fn variable(text: &str) -> Option<Assignment> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some(Assignment::new(name, value))
}

fn file_access(access: &Access) -> Result<FileAccess, DescribeError> {
    match access {
        Access::Public => Ok(FileAccess::Public),
        Access::Granted { users, groups } if users.len() > MOST_IDS || groups.len() > MOST_IDS => {
            Err(DescribeError::Grants)
        }
        Access::Granted { users, groups } => {
            Ok(FileAccess::restricted(users.iter().copied().collect(), groups.iter().copied().collect()))
        }
    }
}
