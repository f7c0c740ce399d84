//! ENV: what the site and its modules do to the environment of a container.

pub(crate) mod names;
pub(crate) mod reading;
pub(crate) mod search_paths;
pub(crate) mod values;
