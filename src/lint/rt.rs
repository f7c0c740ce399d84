//! RT: what the runtime needs on every node, the scalars of udiRoot.conf.

pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod images;
pub(crate) mod mount_points;
pub(crate) mod root;
