//! srun, sbatch and salloc: what the user asks for, and what the job is told of it.
//!
//! Each option is judged when Slurm hands it over, because only then does a refusal stop the command whether plugstack.conf
//! calls the plugin `required` or `optional`. An image is looked up once for a job: an srun in the job finds the answer in its
//! variables, and asks nobody.

use std::fmt;

use shifter_formats::image::{Descriptor, DescriptorFault, ImageType};
use shifter_formats::udiroot::{Conf, ModuleChoice, ModuleNameFault, SelectionError, select};
use shifter_formats::volume::{Author, VolumeFault, VolumeMap};

use crate::conf::ConfError;
use crate::lookup::LookupError;

/// What the variables say of the job that a command runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inherited {
    /// What the image of the job was asked for as, and what it is: its type and its name.
    pub image: Option<Image>,
    /// The volumes of the job.
    pub volumes: Option<String>,
    /// The value of `--volume` that Slurm hands on: of several, the last.
    pub handed_on: Option<String>,
}

/// An image that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// As it was asked for: `docker:ubuntu:24.04`.
    pub request: String,
    /// What it is.
    pub resolved: Option<Descriptor>,
}

/// What became of the wish for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is this one.
    Image(String),
    /// It is being pulled, and the job is to wait for it.
    Pending,
}

/// The machine, as far as a submission asks it something.
pub trait Site {
    /// The configuration.
    ///
    /// # Errors
    /// When there is none.
    fn conf(&mut self) -> Result<Conf, ConfError>;

    /// Which image is meant.
    ///
    /// # Errors
    /// When there is none.
    fn resolve(&mut self, image: &Descriptor) -> Result<Answer, Refusal>;
}

/// Why an option is refused.
#[derive(Debug)]
pub enum Refusal {
    /// No name of an image.
    Image(String, DescriptorFault),
    /// The image is not there.
    NotThere {
        /// The image.
        image: Descriptor,
        /// What the gateway said.
        said: String,
    },
    /// It cannot be told whether it is.
    Lookup(Descriptor, LookupError),
    /// Mistakes in a volume map.
    Volume(String, Vec<VolumeFault>),
    /// No name of a module.
    Module(String, ModuleNameFault),
    /// Modules that there are not, or not together.
    Modules(SelectionError),
    /// `--ccm` brings an image of its own.
    CcmAndImage,
    /// No configuration.
    Conf(ConfError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(text, fault) => write!(f, "image `{text}`: {fault}"),
            Self::NotThere { image, said } => {
                write!(f, "image `{image}` is not there ({said}); pull it first: shifterimg pull {image}")
            }
            Self::Lookup(image, error) => write!(f, "image `{image}`: {error}"),
            Self::Volume(text, faults) => {
                for (nth, fault) in faults.iter().enumerate() {
                    let separator = if nth == 0 { "" } else { "; " };
                    let part = text.get(fault.range.clone()).unwrap_or(text);
                    write!(f, "{separator}volume map, `{part}`: {fault}")?;
                }
                Ok(())
            }
            Self::Module(part, fault) => write!(f, "modules, `{part}`: {fault}"),
            Self::Modules(error) => error.fmt(f),
            Self::CcmAndImage => f.write_str("--ccm and --image exclude each other: --ccm is an image"),
            Self::Conf(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// What was asked for so far.
#[derive(Debug, Default)]
pub struct Submission {
    inherited: Inherited,
    image: Option<Image>,
    volumes: Vec<String>,
    has_inherited_volumes: bool,
    modules: Option<String>,
    ccm: bool,
}

impl Submission {
    /// In a job, or in none.
    #[must_use]
    pub fn new(inherited: Inherited) -> Self {
        Self { inherited, ..Self::default() }
    }

    /// `--image`. The last one counts.
    ///
    /// # Errors
    /// When it is none, or not there.
    pub fn image(&mut self, text: &str, site: &mut impl Site) -> Result<(), Refusal> {
        if self.ccm {
            return Err(Refusal::CcmAndImage);
        }
        let conf = site.conf().map_err(Refusal::Conf)?;
        let default = conf.default_image_type.unwrap_or(ImageType::Docker);
        let image = Descriptor::parse(text, default).map_err(|fault| Refusal::Image(text.to_owned(), fault))?;
        let request = image.to_string();
        let is_known = |known: &&Image| known.request == request;
        if let Some(known) = self.image.iter().chain(&self.inherited.image).find(is_known) {
            self.image = Some(known.clone());
            return Ok(());
        }
        let resolved = match image.kind {
            ImageType::Id | ImageType::Local => Some(image),
            ImageType::Docker | ImageType::Custom => match site.resolve(&image)? {
                Answer::Image(id) => Some(Descriptor { kind: ImageType::Id, tag: id }),
                Answer::Pending => None,
            },
        };
        self.image = Some(Image { request, resolved });
        Ok(())
    }

    /// `--volume`. Several add up; those written on the command replace those of the job it runs in.
    ///
    /// # Errors
    /// When it is no volume map, or one that the site forbids.
    pub fn volume(&mut self, text: &str) -> Result<(), Refusal> {
        let parsed = VolumeMap::parse(text, Author::User);
        parsed.map_err(|faults| Refusal::Volume(text.to_owned(), faults))?;
        let is_first = self.volumes.is_empty() && !self.has_inherited_volumes;
        if is_first && self.inherited.volumes.is_some() && self.inherited.handed_on.as_deref() == Some(text) {
            self.has_inherited_volumes = true;
            return Ok(());
        }
        self.volumes.push(text.to_owned());
        Ok(())
    }

    /// `--module`. The last one counts.
    ///
    /// # Errors
    /// When the site has no such modules.
    pub fn module(&mut self, text: &str, site: &mut impl Site) -> Result<(), Refusal> {
        let conf = site.conf().map_err(Refusal::Conf)?;
        let list = ModuleChoice::parse_list(text).map_err(|(part, fault)| Refusal::Module(part, fault))?;
        select(&conf.modules, &list).map_err(Refusal::Modules)?;
        self.modules = Some(text.to_owned());
        Ok(())
    }

    /// `--ccm`: the host's own root as the image.
    ///
    /// # Errors
    /// With an image.
    pub fn ccm(&mut self) -> Result<(), Refusal> {
        if self.image.is_some() && !self.ccm {
            return Err(Refusal::CcmAndImage);
        }
        self.ccm = true;
        let root = Descriptor { kind: ImageType::Local, tag: "/".to_owned() };
        self.image = Some(Image { request: root.to_string(), resolved: Some(root) });
        Ok(())
    }

    /// Whether the job has to wait for its image.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.image.as_ref().is_some_and(|image| image.resolved.is_none())
    }

    /// What the job is told, by name. A name without a value is to be forgotten: it is another job's.
    #[must_use]
    pub fn published(&self) -> Vec<(&'static str, Option<String>)> {
        let mut pairs = Vec::new();
        if let Some(Image { request, resolved }) = &self.image {
            pairs.push(("SHIFTER_IMAGEREQUEST", Some(request.clone())));
            pairs.push(("SHIFTER_IMAGETYPE", resolved.as_ref().map(|image| image.kind.to_string())));
            pairs.push(("SHIFTER_IMAGE", resolved.as_ref().map(|image| image.tag.clone())));
            pairs.push(("SHIFTER_PENDING", resolved.is_none().then(|| "1".to_owned())));
            pairs.push(("SHIFTER_CCM", self.ccm.then(|| "1".to_owned())));
        }
        if !self.volumes.is_empty() {
            pairs.push(("SHIFTER_VOLUME", Some(self.volumes.join(";"))));
        } else if self.has_inherited_volumes {
            pairs.push(("SHIFTER_VOLUME", self.inherited.volumes.clone()));
        }
        pairs.extend(self.modules.clone().map(|modules| ("SHIFTER_MODULE", Some(modules))));
        pairs
    }
}

#[cfg(test)]
mod tests;
