//! Libraries as the loader of a system finds them (ld.so(8)), and copies of them that look elsewhere. What a file says of
//! itself is read by [`shifter_libraries::elf`].

mod loader;
mod rewrite;

pub(crate) use loader::{Loader, Origin};
pub use rewrite::{RewriteError, with_rpath};
pub use shifter_libraries::elf::{Elf, ElfError, Glibc, Machine};

#[cfg(test)]
mod tests;
