//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use shifter_formats::image::{Descriptor, ImageType};

use crate::conf::Settings;
use crate::failure::Failure;
use crate::ids::Access;
use crate::login;
use crate::pin;

/// Asks the image gateway for container images
#[derive(Clone, Debug, Parser)]
#[command(name = "shifterimg", version, after_help = AFTER)]
pub(crate) struct Args {
    /// Let these users, by name or number, use a private image (pull, load, import)
    #[arg(short, long, value_name = "LIST")]
    user: Option<String>,

    /// Let these groups, by name or number, use a private image (pull, load, import)
    #[arg(short, long, value_name = "LIST")]
    group: Option<String>,

    /// Show what the gateway answers
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// How to print the result
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(crate) output: Output,

    /// Keep the image for so long, as 30d or 12h; else as long as the site lets you (pin)
    #[arg(long = "for", value_name = "TIME", value_parser = pin::span)]
    span: Option<Duration>,

    /// Remove what is found; else it is only shown (sweep)
    #[arg(long)]
    remove: bool,

    /// What the image is to be called; else as the archive says (load)
    #[arg(long, value_name = "NAME:TAG")]
    tag: Option<String>,

    /// What the file is: squashfs, ext4, xfs or erofs; else as its first bytes say (import)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// As whom; else it is asked for (login)
    #[arg(long, value_name = "NAME")]
    username: Option<String>,

    /// Read the password from the standard input instead of asking for it (login)
    #[arg(long)]
    password_stdin: bool,

    /// Read this file instead of the udiRoot.conf of the installation
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// What to do
    #[arg(value_enum)]
    mode: Word,

    /// The image, as docker:ubuntu:24.04 (not for images, quota, autoexpire and sweep); for load the archive, or - for
    /// the standard input; for import the image file; for login the location, else the default one
    #[arg(value_name = "TYPE:TAG")]
    image: Option<String>,

    /// What the image is to be called (import)
    #[arg(value_name = "NAME:TAG")]
    name: Option<String>,
}

const AFTER: &str = "Exit status: 0 done; 1 no such image, the pull failed, or you may not; 2 wrong arguments, image name or \
configuration; 3 no gateway could be asked.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Print the id of an image
    Lookup,
    /// Have an image pulled, and wait for it
    Pull,
    /// Have an image pulled, and do not wait
    Pullnb,
    /// Have an image of your own converted: an archive of docker save, podman save or skopeo
    Load,
    /// Have an image file taken as it is (who the site lets)
    Import,
    /// Keep a password for a registry, to be sent with pulls
    Login,
    /// List the images you may use
    Images,
    /// Show all that is known of an image
    Inspect,
    /// Show which images a tag has named, and since when
    History,
    /// Show how much you hold, how much you may, and what will soon expire
    Quota,
    /// Take a pull back; it goes on for others who asked for it
    Cancel,
    /// Let go of an image you pulled; it goes with the last who pulled it
    Rm,
    /// Keep an image you pulled from expiring
    Pin,
    /// Take your pin off
    Unpin,
    /// Let an image expire (administrators)
    Expire,
    /// Let all unused images expire (administrators)
    Autoexpire,
    /// Find files and records that lost each other (administrators)
    Sweep,
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
    /// An archive, what it is to be called, and who may use it.
    Load(PathBuf, Option<Descriptor>, Access),
    /// An image file, what it is to be called, and who may use it.
    Import(PathBuf, Descriptor, Access),
    /// A password to be kept.
    Login(Login),
    /// The list.
    Images,
    /// All that is known of an image.
    Inspect(Descriptor),
    /// What became of a tag.
    History(Descriptor),
    /// How much there is and may be.
    Quota,
    /// To take a pull back.
    Cancel(Descriptor),
    /// To let go of an image.
    Rm(Descriptor),
    /// To keep an image, for so long or as long as may be.
    Pin(Descriptor, Option<Duration>),
    /// To keep it no longer.
    Unpin(Descriptor),
    /// To let an image expire.
    Expire(Descriptor),
    /// To let all unused ones expire.
    Autoexpire,
    /// To find what lost each other.
    Sweep(Found),
}

/// A password to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    /// For which location.
    pub(crate) location: String,
    /// Whose; else it is asked for.
    pub(crate) user: Option<String>,
    /// Whether the password comes by the standard input.
    pub(crate) from_stdin: bool,
}

/// What becomes of what a sweep finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is shown.
    Shown,
    /// It is removed.
    Removed,
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
        let has_lists = matches!(self.mode, Word::Pull | Word::Pullnb | Word::Load | Word::Import);
        if !has_lists && (self.user.is_some() || self.group.is_some()) {
            return Err(Failure::Usage("--user and --group belong to pull, load and import".to_owned()));
        }
        if self.tag.is_some() && self.mode != Word::Load {
            return Err(Failure::Usage("--tag belongs to load".to_owned()));
        }
        if self.mode != Word::Import && (self.format.is_some() || self.name.is_some()) {
            return Err(Failure::Usage("--format and a second name belong to import".to_owned()));
        }
        if self.mode != Word::Login && (self.username.is_some() || self.password_stdin) {
            return Err(Failure::Usage("--username and --password-stdin belong to login".to_owned()));
        }
        if self.span.is_some() && self.mode != Word::Pin {
            return Err(Failure::Usage("--for belongs to pin".to_owned()));
        }
        if self.remove && self.mode != Word::Sweep {
            return Err(Failure::Usage("--remove belongs to sweep".to_owned()));
        }
        let is_of_all = matches!(self.mode, Word::Images | Word::Quota | Word::Autoexpire | Word::Sweep);
        if is_of_all && self.image.is_some() {
            let word = self.mode.to_possible_value().map(|word| word.get_name().to_owned()).unwrap_or_default();
            return Err(Failure::Usage(format!("{word} takes no image")));
        }
        let access = || Access::resolve(self.user.as_deref(), self.group.as_deref());
        match self.mode {
            Word::Images => Ok(Mode::Images),
            Word::Lookup => Ok(Mode::Lookup(self.image(settings)?)),
            Word::Pull => Ok(Mode::Pull(self.image(settings)?, access()?, Wait::ForTheEnd)),
            Word::Pullnb if self.has_no_site() => {
                Err(Failure::Usage("your own gateway ends with this call; use pull, which waits".to_owned()))
            }
            Word::Pullnb => Ok(Mode::Pull(self.image(settings)?, access()?, Wait::No)),
            Word::Load => {
                let missing = || Failure::Usage("name an archive, or `-` for the standard input".to_owned());
                let file = self.image.as_ref().map(PathBuf::from).ok_or_else(missing)?;
                let name = self.tag.as_deref().map(custom).transpose()?;
                Ok(Mode::Load(file, name, access()?))
            }
            Word::Import => {
                let missing = || Failure::Usage("name an image file, and what it is to be called".to_owned());
                let file = self.image.as_ref().map(PathBuf::from).ok_or_else(missing)?;
                let name = custom(self.name.as_deref().ok_or_else(missing)?)?;
                Ok(Mode::Import(file, name, access()?))
            }
            Word::Login => {
                let location = login::location(self.image.as_deref())?;
                Ok(Mode::Login(Login { location, user: self.username.clone(), from_stdin: self.password_stdin }))
            }
            Word::Inspect => Ok(Mode::Inspect(self.image(settings)?)),
            Word::History => Ok(Mode::History(self.image(settings)?)),
            Word::Quota => Ok(Mode::Quota),
            Word::Cancel => Ok(Mode::Cancel(self.image(settings)?)),
            Word::Rm => Ok(Mode::Rm(self.image(settings)?)),
            Word::Pin => Ok(Mode::Pin(self.image(settings)?, self.span)),
            Word::Unpin => Ok(Mode::Unpin(self.image(settings)?)),
            Word::Expire => Ok(Mode::Expire(self.image(settings)?)),
            Word::Autoexpire => Ok(Mode::Autoexpire),
            Word::Sweep => Ok(Mode::Sweep(if self.remove { Found::Removed } else { Found::Shown })),
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

/// A name that a user gives an image.
fn custom(text: &str) -> Result<Descriptor, Failure> {
    let image = Descriptor::parse(text, ImageType::Custom);
    let image = image.map_err(|fault| Failure::Usage(format!("`{text}`: {fault}")))?;
    match image.kind {
        ImageType::Custom => Ok(image),
        kind => Err(Failure::Usage(format!("`{text}`: images of your own are of type custom, not {kind}"))),
    }
}
