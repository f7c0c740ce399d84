//! KMOD: kernel modules and loop devices.

pub(crate) mod autoload;
pub(crate) mod host;
pub(crate) mod insmod;
pub(crate) mod preload;
