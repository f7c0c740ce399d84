//! `[images]`: where images are, what they are, and how long they stay.

use super::scalar::{AbsPath, Duration, Glob, Name, Percent, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// Where images are, what they are, and how long they stay.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ImagesSection {
    /// The directory that the gateway writes and every node reads: `imagePath` and `imageDir`.
    pub path: Option<AbsPath>,
    /// The type of a reference without one, normally `docker`: `defaultImageType`. With `none` users write it each time.
    pub default_type: Option<String>,
    /// The file format images are converted to: `squashfs`, `erofs`, `vfs` (native), `ext4` (not 18.03),
    /// `cramfs` or `xfs` (before 18.03).
    pub format: Option<String>,
    /// How long an image lives after its last use where `autoexpire` is asked for: `ImageExpirationTimeout`. Default `90d`.
    pub expire_after: Option<Duration>,
    /// Lustre striping of the image directory. The native gateway gives each image
    /// file `stripe_count`, the original reads neither key; `apply` uses them for `lfs setstripe`.
    #[validate(nested)]
    pub lustre: Option<Lustre>,
    /// The platforms that are pulled, such as `linux/amd64`: one tag, a file for each, the node picks. Native only.
    pub platforms: Vec<String>,
    /// Who can read the image files. `world` where root is nobody on a squashed export.
    pub readable_by: Option<ReadableBy>,
    /// The user who owns image files, and whose files alone the native runtime trusts: `imageOwner`. Default: the gateway's user.
    pub owner: Option<Name>,
    /// How much may be stored.
    #[validate(nested)]
    pub quota: Option<Quota>,
    /// What is removed when nobody uses it.
    #[validate(nested)]
    pub retention: Option<Retention>,
    /// What becomes of owners and modes within an image. Native only.
    #[validate(nested)]
    pub contents: Option<Contents>,
    /// How long the file of an expired image stays, for containers that still run from it. Native; default `14d`.
    pub delete_grace: Option<Duration>,
}

/// Striping of the image directory on Lustre.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Lustre {
    /// Object storage targets one file is spread over: `DefaultOstCount`.
    #[validate(range(min = 1))]
    pub stripe_count: Option<u32>,
    /// Copies of each file: `DefaultLustreReplication`.
    #[validate(range(min = 1))]
    pub replication: Option<u32>,
}

/// Who can read the image files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadableBy {
    /// Files 0600, directories 0700: only the owner. Private images stay private.
    #[default]
    Owner,
    /// Files 0644, directories 0755: also a root that the file server squashes.
    World,
}

/// How much may be stored.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Bytes of images that one user pulled, on each system. Native only, as the rest of this table.
    pub user: Option<Size>,
    /// Bytes of all images of a system, those that wait for their deletion among them.
    pub total: Option<Size>,
    /// How full the total may be before unused images expire early.
    pub start_expiry_at: Option<Percent>,
}

/// What is removed when nobody uses it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Remove an image this long after its last use or pull. Native only, as the rest of this table.
    pub unused: Option<Duration>,
    /// Tell its users this long before. Default `14d`.
    pub warn: Option<Duration>,
    /// The longest time a user may pin an image.
    pub pin_max: Option<Duration>,
    /// References that are never removed, as patterns such as `docker:site/base:*`.
    pub keep: Vec<Glob>,
}

/// What becomes of owners and modes within an image.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Contents {
    /// Owners of files: `root` for all, or as in the `image`. Default `root`.
    pub ownership: Option<Ownership>,
    /// Permissions of files: as in the `image`, or all `readable`. Default `image`.
    pub modes: Option<Modes>,
    /// Set-user-ID and set-group-ID bits. Default `drop`.
    pub set_id_bits: Option<KeepOrDrop>,
    /// Extended attributes, file capabilities among them. Default `drop`.
    pub xattrs: Option<KeepOrDrop>,
}

/// Owners of files within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// All belong to root.
    #[default]
    Root,
    /// As in the image's layers.
    Image,
}

/// Permissions of files within an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modes {
    /// As in the image's layers.
    #[default]
    Image,
    /// Every file readable, every directory searchable.
    Readable,
}

/// Whether something of an image stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeepOrDrop {
    /// It is removed.
    #[default]
    Drop,
    /// It stays as in the image's layers.
    Keep,
}
