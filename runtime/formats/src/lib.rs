//! The file formats that cross a trust boundary.
//!
//! Three files are written on one side of a privilege boundary and read on the other: `udiRoot.conf` (from the
//! administrator's toolkit to root), `<id>.meta` and the image index (from the gateway to root). Each has one
//! type here, and both sides use it. The crate has no dependencies, does no input or output, and holds no unsafe code,
//! because the setuid runtime links it.
//!
//! - [`target`]: the releases of Shifter whose files are understood.
//! - [`udiroot`]: THE key table of `udiRoot.conf`, and the native way to read and print it.
//! - [`original`]: the original's way to read it, warts included.
//! - [`volume`], [`env`](mod@env), [`image`], [`acl`], [`size`]: what the values mean.
//! - [`meta`] and [`index`]: what the gateway tells the runtime about images.
//! - [`shifter_config`]: what a container remembers about itself.
//! - [`deny`]: what a site has forbidden for the moment.
//! - [`record`] and [`used`]: what a start leaves behind for those who run the machine.

pub mod acl;
pub mod calendar;
pub mod deny;
pub mod env;
pub mod image;
pub mod index;
pub mod job_key;
pub mod meta;
mod nearest;
pub mod original;
pub mod personal;
mod quoted;
pub mod record;
pub mod sha256;
pub mod shifter_config;
pub mod size;
pub mod ssh_client;
pub mod target;
pub mod udiroot;
pub mod used;
pub mod volume;

pub use nearest::nearest;
pub use quoted::{QuoteFault, json_list, json_object, json_string};
pub use target::Target;

/// The directory of `udiRoot.conf`: fixed when the programs are built, never taken from the environment at run time.
pub const SYSCONFDIR: &str = match option_env!("SHIFTER_SYSCONFDIR") {
    Some(directory) => directory,
    None => "/etc/shifter",
};
