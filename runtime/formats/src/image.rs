//! How images are named: `type:tag`, and the identity of an image; and the machine it is for.

mod descriptor;
mod id;
mod platform;

pub use descriptor::{Descriptor, DescriptorFault, ImageType, UnknownImageType};
pub use id::{ImageId, ImageIdFault};
pub use platform::{Platform, PlatformError};
