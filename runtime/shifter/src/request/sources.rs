//! Where each part of a request can be written, the place that counts first.
//!
//! [`super::Request::new`] takes the first of each list; `--explain` shows the rest too.

use shifter_formats::udiroot::Conf;

use super::options::Options;
use super::variables::{Variable, Variables};

/// One place where a part of a request is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which, as a person would name it: `--image`, `SHIFTER_VOLUME`, `key defaultModules`.
    pub place: String,
    /// What is written there.
    pub text: String,
}

impl Source {
    fn new(place: &str, text: impl Into<String>) -> Source {
        Source { place: place.to_owned(), text: text.into() }
    }
}

impl From<&Variable> for Source {
    fn from(variable: &Variable) -> Source {
        Source::new(&variable.name, &variable.value)
    }
}

/// The image: `--image`; the variables of type and tag, if both are there; the request; the manual's `SHIFTER`.
#[must_use]
pub fn images(options: &Options, variables: &Variables) -> Vec<Source> {
    let option = options.image.as_ref().map(|text| Source::new("--image", text));
    let pair = variables.image_type.as_ref().zip(variables.image.as_ref()).map(|(kind, tag)| Source {
        place: format!("{} and {}", kind.name, tag.name),
        text: format!("{}:{}", kind.value, tag.value),
    });
    let single = [&variables.image_request, &variables.shifter].map(|variable| variable.as_ref().map(Source::from));
    option.into_iter().chain(pair).chain(single.into_iter().flatten()).collect()
}

/// The volumes: any `--volume` replaces the variable.
#[must_use]
pub fn volumes(options: &Options, variables: &Variables) -> Vec<Source> {
    let given = (!options.volumes.is_empty()).then(|| Source::new("--volume", options.volumes.join(";")));
    given.into_iter().chain(variables.volume.as_ref().map(Source::from)).collect()
}

/// The modules: `--module`, the variable, the site's.
#[must_use]
pub fn modules(options: &Options, variables: &Variables, conf: &Conf) -> Vec<Source> {
    let given = options.modules.as_ref().map(|text| Source::new("--module", text));
    let names: Vec<String> = conf.default_modules.iter().map(ToString::to_string).collect();
    let site = (!names.is_empty()).then(|| Source::new("key defaultModules", names.join(",")));
    given.into_iter().chain(variables.modules.as_ref().map(Source::from)).chain(site).collect()
}

/// The home: `--home`, the site's.
#[must_use]
pub fn homes(options: &Options, conf: &Conf) -> Vec<Source> {
    let given = options.home.as_ref().map(|home| Source::new("--home", home.to_string()));
    given.into_iter().chain(conf.home.as_ref().map(|home| Source::new("key home", home.to_string()))).collect()
}
