//! The image gateway.
