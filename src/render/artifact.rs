//! A rendered file, and the plan that holds them all.

use crate::profile::section::scalar::{AbsPath, Mode};
use crate::site::Site;
use shifter_formats::Target;
use shifter_formats::udiroot::Conf;
use shifter_gateway_types::ImageManager;
use std::fmt;

/// All files of a site, in order, the manifest last.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The files.
    pub artifacts: Vec<Artifact>,
}

impl Plan {
    /// The file of this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.path == path)
    }
}

/// A rendered file.
#[derive(Clone, PartialEq)]
pub struct Artifact {
    /// Its path below the output directory.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Who owns it where it is installed.
    pub owner: String,
    /// Its group.
    pub group: String,
    /// Its mode.
    pub mode: Mode,
    /// The class it is for.
    pub class: Option<String>,
    /// Whether it holds a secret: it is then never shown, hashed or readable by others.
    pub secret: bool,
    /// The one host it is for, when not every node of the class.
    pub host: Option<String>,
    /// Who reads it.
    pub consumer: &'static str,
    /// Where it is read from.
    pub install: String,
    /// What makes a running program take it up.
    pub reload: &'static str,
    /// How it is read back before it is put in place.
    pub check: Check,
}

/// What a file must read back as.
#[derive(Clone, PartialEq)]
pub enum Check {
    /// No program of ours reads it.
    None,
    /// `udiRoot.conf`.
    UdiRoot {
        /// What it must mean.
        conf: Box<Conf>,
        /// To whom.
        target: Target,
        /// Keys that local patches add.
        patched: Vec<&'static str>,
        /// How many bytes at the end hold keys that are not modelled.
        extra: usize,
    },
    /// `imagemanager.json`.
    ImageManager(Box<ImageManager>),
}

impl fmt::Debug for Artifact {
    /// Without the bytes: they may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("path", &self.path)
            .field("owner", &format_args!("{}:{} {}", self.owner, self.group, self.mode))
            .field("class", &self.class)
            .field("secret", &self.secret)
            .field("install", &self.install)
            .finish_non_exhaustive()
    }
}

impl Artifact {
    /// A file of `site`, root's and readable by all, installed at `install`, with what `[install]` says of it.
    pub(super) fn new(site: &Site, path: &str, install: impl Into<String>, text: String) -> Self {
        let mut artifact = Self {
            path: path.to_owned(),
            bytes: text.into_bytes(),
            owner: "root".to_owned(),
            group: "root".to_owned(),
            mode: Mode::new(0o644),
            class: None,
            secret: false,
            host: None,
            consumer: "",
            install: install.into(),
            reload: "nothing: it is read at each start",
            check: Check::None,
        };
        artifact.follow(site);
        artifact
    }

    /// What `[install]` says of it wins over the defaults set so far.
    pub(super) fn follow(&mut self, site: &Site) {
        if let Some(written) = site.install.get(&self.path) {
            self.owner = written.owner.as_ref().map_or(self.owner.clone(), ToString::to_string);
            self.group = written.group.as_ref().map_or(self.group.clone(), ToString::to_string);
            self.mode = written.mode.unwrap_or(self.mode);
            self.install = written.path.as_ref().map_or(self.install.clone(), AbsPath::normal);
        }
    }

    pub(super) fn with(
        mut self,
        site: &Site,
        group: &str,
        mode: u32,
        consumer: &'static str,
        reload: &'static str,
    ) -> Self {
        group.clone_into(&mut self.group);
        self.mode = Mode::new(mode);
        self.consumer = consumer;
        self.reload = reload;
        self.follow(site);
        self
    }
}
