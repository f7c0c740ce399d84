//! The image gateway.
//!
//! [`reference`] says what a name means, [`registry`] finds and fetches what it stands for,
//! [`convert`] makes it an image, [`pull`] is these three in their order.

pub mod convert;
pub mod pull;
pub mod reference;
pub mod registry;
