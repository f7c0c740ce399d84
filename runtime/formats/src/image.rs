//! How images are named: `type:tag`, and the identity of an image.

mod descriptor;
mod id;

pub use descriptor::{Descriptor, DescriptorFault, ImageType, UnknownImageType};
pub use id::{ImageId, ImageIdFault};
