//! RAW: the files of a running site, looked at while they are imported. These rules mark bytes of a text, because there is
//! no profile yet; the rules of other groups that only an import can ask stand here too.

pub(crate) mod agreement;
pub(crate) mod comments;
pub(crate) mod document;
pub(crate) mod further;
pub(crate) mod lists;
pub(crate) mod owner;
pub(crate) mod separators;
pub(crate) mod values;
