//! What `shifterimg` needs of `udiRoot.conf`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shifter_formats::image::ImageType;
use shifter_formats::udiroot::{Conf, Endpoint};

use crate::failure::Failure;

/// The gateways, and the name of this system.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where gateways answer, as the site wrote them.
    pub(crate) gateways: Vec<Endpoint>,
    /// Certificates for https gateways instead of the system's.
    pub(crate) certificates: Option<PathBuf>,
    /// How long one request may take; `None` waits for ever.
    pub(crate) timeout: Option<Duration>,
    /// The name of this system.
    pub(crate) system: String,
    /// The type of images named without one.
    pub(crate) default_type: ImageType,
}

impl Settings {
    /// Reads the file as the runtime does.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Conf { path: path.to_owned(), what };
        let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let conf = Conf::parse_native(bytes).map_err(|errors| {
            let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
            wrong(all.join("\n"))
        })?;
        if conf.image_gateway.is_empty() {
            return Err(wrong("`imageGateway` is missing: name where the gateway answers".to_owned()));
        }
        let system = conf.system.ok_or_else(|| wrong("`system` is missing".to_owned()))?;
        Ok(Self {
            gateways: conf.image_gateway,
            certificates: conf.image_gateway_ca,
            timeout: conf.gateway_timeout.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            system,
            default_type: conf.default_image_type.unwrap_or(ImageType::Docker),
        })
    }
}
