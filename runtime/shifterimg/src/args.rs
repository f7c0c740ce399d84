//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use shifter_formats::image::{Descriptor, ImageType};

use crate::conf::Settings;
use crate::failure::Failure;
use crate::ids::Access;

/// Asks the image gateway for container images
#[derive(Clone, Debug, Parser)]
#[command(name = "shifterimg", version, after_help = AFTER)]
pub(crate) struct Args {
    /// Let these users, by name or number, use a private image (pull)
    #[arg(short, long, value_name = "LIST")]
    user: Option<String>,

    /// Let these groups, by name or number, use a private image (pull)
    #[arg(short, long, value_name = "LIST")]
    group: Option<String>,

    /// Show what the gateway answers
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(crate) output: Output,

    /// Read this file instead of the udiRoot.conf of the installation
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// What to do
    #[arg(value_enum)]
    mode: Word,

    /// The image, as docker:ubuntu:24.04 (not for images)
    #[arg(value_name = "TYPE:TAG")]
    image: Option<String>,
}

const AFTER: &str = "Exit status: 0 done; 1 no such image, or the pull failed; 2 wrong arguments, image name or configuration; \
3 no gateway could be asked.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Print the id of an image
    Lookup,
    /// Have an image pulled, and wait for it
    Pull,
    /// Have an image pulled, and do not wait
    Pullnb,
    /// List the images you may use
    Images,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people, and scripts since 16.08
    Text,
    /// The gateway's record, for programs
    Json,
}

/// Whether to wait for a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until READY or FAILURE.
    ForTheEnd,
    /// For the first answer only.
    No,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The id of an image.
    Lookup(Descriptor),
    /// A pull, and who may use the image.
    Pull(Descriptor, Access, Wait),
    /// The list.
    Images,
}

impl Args {
    /// The configuration to read.
    pub(crate) fn config_path(&self) -> PathBuf {
        let installed = || PathBuf::from(shifter_formats::SYSCONFDIR).join("udiRoot.conf");
        self.config.clone().unwrap_or_else(installed)
    }

    /// Whether nobody says which gateways there are.
    pub(crate) fn has_no_site(&self) -> bool {
        self.config.is_none() && matches!(self.config_path().try_exists(), Ok(false))
    }

    /// What is asked for; nothing that was written is passed over.
    pub(crate) fn request(&self, settings: &Settings) -> Result<Mode, Failure> {
        let is_pull = matches!(self.mode, Word::Pull | Word::Pullnb);
        if !is_pull && (self.user.is_some() || self.group.is_some()) {
            return Err(Failure::Usage("--user and --group belong to pull".to_owned()));
        }
        let access = || Access::resolve(self.user.as_deref(), self.group.as_deref());
        match self.mode {
            Word::Images if self.image.is_some() => Err(Failure::Usage("images takes no image".to_owned())),
            Word::Images => Ok(Mode::Images),
            Word::Lookup => Ok(Mode::Lookup(self.image(settings)?)),
            Word::Pull => Ok(Mode::Pull(self.image(settings)?, access()?, Wait::ForTheEnd)),
            Word::Pullnb if self.has_no_site() => {
                Err(Failure::Usage("your own gateway ends with this call; use pull, which waits".to_owned()))
            }
            Word::Pullnb => Ok(Mode::Pull(self.image(settings)?, access()?, Wait::No)),
        }
    }

    fn image(&self, settings: &Settings) -> Result<Descriptor, Failure> {
        let missing = || Failure::Usage("name an image, as docker:ubuntu:24.04".to_owned());
        let text = self.image.as_deref().ok_or_else(missing)?;
        let image = Descriptor::parse(text, settings.default_type);
        let image = image.map_err(|fault| Failure::Usage(format!("`{text}`: {fault}")))?;
        if image.kind == ImageType::Local {
            return Err(Failure::Usage(format!("`{text}`: a local image is a directory, no gateway knows it")));
        }
        Ok(image)
    }
}
