//! The reference manual, made of the types that read a profile and of the rules that judge it.

pub mod key;
