//! `var/shifterConfig.json` in a container: what it was made from.
//!
//! A later start of the same user with the same image, volumes and modules joins the container instead of making
//! another. The original compares the bytes of the line, so its form is kept: no blanks, this order, a comma after every
//! module.

use std::fmt;

use crate::quoted::json_string;

/// What a container was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerRecord<'a> {
    /// The image's identity, or the path of a local one.
    pub identifier: &'a str,
    /// The user's name.
    pub user: &'a str,
    /// The signature of the user's volumes ([`crate::volume::VolumeMap::signature`]).
    pub volumes: &'a str,
    /// The modules, in order.
    pub modules: &'a [String],
}

impl fmt::Display for ContainerRecord<'_> {
    /// The line, without the line break that ends it in the file.
    ///
    /// The original escapes nothing. Here `"`, `\` and control characters are escaped; no name that the original accepts
    /// holds any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modules: String = self.modules.iter().map(|name| format!("{name},")).collect();
        write!(
            f,
            "{{\"identifier\":{},\"user\":{},\"volMap\":{},\"modules\":{}}}",
            json_string(self.identifier),
            json_string(self.user),
            json_string(self.volumes),
            json_string(&modules)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_the_originals() {
        let modules = ["mpich".to_owned(), "cvmfs".to_owned()];
        let record = ContainerRecord { identifier: "abc", user: "canon", volumes: "/a:/b;/c:/d:ro", modules: &modules };
        assert_eq!(
            record.to_string(),
            r#"{"identifier":"abc","user":"canon","volMap":"/a:/b;/c:/d:ro","modules":"mpich,cvmfs,"}"#
        );
    }
}
