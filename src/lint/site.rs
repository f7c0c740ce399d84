//! SITE: the profile as a document: its form, its names, its paths, its classes.

pub(crate) mod classes;
pub(crate) mod facts;
pub(crate) mod form;
pub(crate) mod host;
pub(crate) mod layers;
pub(crate) mod paths;
pub(crate) mod reading;
pub(crate) mod reserved;
pub(crate) mod settings;
pub(crate) mod twin;
pub(crate) mod values;
