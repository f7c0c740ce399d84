//! What the user asks for: the command line, and the variables that stand in for parts of it.
//!
//! Everything here is text from the caller. It is taken apart and judged by form; nothing is opened or looked up.

use std::ffi::OsString;
use std::fmt;

use shifter_formats::image::{Descriptor, DescriptorFault, ImageType};
use shifter_formats::udiroot::{Conf, Home, ModuleChoice, ModuleNameFault};
use shifter_formats::volume::{Author, VolumeFault, VolumeMap};

use crate::gpu::{GpuError, NamedBy};

pub mod interpreter;
pub mod options;
pub mod sources;
mod variables;

pub use variables::{Variable, Variables, is_unsafe_name};

use options::Options;

/// A start, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which image.
    pub image: Descriptor,
    /// How the user wrote it, for `SHIFTER_IMAGEREQUEST`.
    pub image_as_asked: String,
    /// The mounts he wants.
    pub volumes: VolumeMap,
    /// The modules he wants, or the site's default ones.
    pub modules: Vec<ModuleChoice>,
    /// Where he wants his home to come from, instead of where the site says.
    pub home: Option<Home>,
    /// The devices that programs may use, where he chose some.
    pub visible_devices: Option<String>,
    /// The variable because of which the module of accelerators is among the modules, or is not.
    pub gpu_because: Option<&'static str>,
}

/// Why a request is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// No image was named.
    NoImage,
    /// The image's name is not one.
    Image(String, DescriptorFault),
    /// `SHIFTER_IMAGETYPE` is no type.
    ImageType(String),
    /// The volume map has mistakes: all of them.
    Volumes(String, Vec<VolumeFault>),
    /// The list of modules has a mistake.
    Modules(String, String, ModuleNameFault),
    /// The wish for accelerators cannot be met.
    Gpu(GpuError),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestError::NoImage => f.write_str("no image was named; use --image=TYPE:TAG, or the variable SHIFTER"),
            RequestError::Image(text, fault) => write!(f, "image `{text}`: {fault}"),
            RequestError::ImageType(text) => {
                write!(f, "SHIFTER_IMAGETYPE is `{text}`; it can be docker, custom, id or local")
            }
            RequestError::Volumes(text, faults) => {
                for (nth, fault) in faults.iter().enumerate() {
                    let separator = if nth == 0 { "" } else { "\n" };
                    let part = text.get(fault.range.clone()).unwrap_or(text);
                    write!(f, "{separator}volume map, `{part}`: {fault}")?;
                }
                Ok(())
            }
            RequestError::Modules(text, part, fault) => write!(f, "modules `{text}`, `{part}`: {fault}"),
            RequestError::Gpu(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RequestError {}

impl Request {
    /// Puts command line, variables and the site's defaults together.
    ///
    /// The image is that of `--image`; else of `SHIFTER_IMAGETYPE` with `SHIFTER_IMAGE`, if both are there; else of
    /// `SHIFTER_IMAGEREQUEST`; else of `SHIFTER`. Any `-V` replaces `SHIFTER_VOLUME`, and `-m` replaces
    /// `SHIFTER_MODULE`, which replaces the site's default modules.
    ///
    /// # Errors
    /// All mistakes of the part that is looked at first.
    pub fn new(options: &Options, variables: &Variables, conf: &Conf) -> Result<Request, RequestError> {
        let (image, image_as_asked) = image(options, variables, conf.default_image_type)?;
        let (modules, by) = modules(options, variables, conf)?;
        let gpu = variables.gpu.choose(modules, by, conf).map_err(RequestError::Gpu)?;
        Ok(Request {
            image,
            image_as_asked,
            volumes: volumes(options, variables)?,
            modules: gpu.modules,
            home: options.home.clone(),
            visible_devices: gpu.visible_devices,
            gpu_because: gpu.because,
        })
    }

    /// Where the home comes from: as the user says, else as the site does.
    #[must_use]
    pub fn home_in<'a>(&'a self, conf: &'a Conf) -> &'a Home {
        self.home.as_ref().or(conf.home.as_ref()).unwrap_or(&Home::Site)
    }
}

fn image(
    options: &Options,
    variables: &Variables,
    default: Option<ImageType>,
) -> Result<(Descriptor, String), RequestError> {
    let default = default.unwrap_or(ImageType::Docker);
    let parse = |text: &str| {
        let image = Descriptor::parse(text, default).map_err(|fault| RequestError::Image(text.to_owned(), fault))?;
        Ok((image, text.to_owned()))
    };
    let source = sources::images(options, variables).into_iter().next().ok_or(RequestError::NoImage)?;
    if options.image.is_some() {
        return parse(&source.text);
    }
    // The pair is what the request was resolved to, by Slurm's plugin or by a start around this one.
    if let (Some(kind), Some(_)) = (&variables.image_type, &variables.image) {
        let kind = &kind.value;
        kind.parse::<ImageType>().map_err(|_| RequestError::ImageType(kind.clone()))?;
        let (image, text) = parse(&source.text)?;
        return Ok((image, variables.image_request.as_ref().map_or(text, |asked| asked.value.clone())));
    }
    parse(&source.text)
}

fn volumes(options: &Options, variables: &Variables) -> Result<VolumeMap, RequestError> {
    let text = sources::volumes(options, variables).into_iter().next().map(|source| source.text).unwrap_or_default();
    VolumeMap::parse(&text, Author::User).map_err(|faults| RequestError::Volumes(text, faults))
}

fn modules(
    options: &Options,
    variables: &Variables,
    conf: &Conf,
) -> Result<(Vec<ModuleChoice>, NamedBy), RequestError> {
    let (text, by) = match (&options.modules, &variables.modules) {
        (Some(text), _) => (text, NamedBy::Option),
        (None, Some(variable)) => (&variable.value, NamedBy::Variable),
        (None, None) => return Ok((conf.default_modules.clone(), NamedBy::Site)),
    };
    let list = ModuleChoice::parse_list(text);
    let list = list.map_err(|(part, fault)| RequestError::Modules(text.clone(), part, fault))?;
    Ok((list, by))
}

/// Name and value, in the caller's order.
pub type Environment = Vec<(OsString, OsString)>;

#[cfg(test)]
mod tests;
