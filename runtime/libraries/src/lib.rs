//! What programs will find in an image: its C library, its libraries of MPI and CUDA, read from their bytes.
//!
//! [`contents`] is told the files of an image one by one, whoever walks it: the toolkit's doctor through a finished image, the
//! gateway while the layers stream by. [`elf`] reads what a library says of itself, [`mpi`] knows which library is whose.
//! Nothing is opened here and nothing is run.

pub mod contents;
pub mod elf;
pub mod mpi;

pub use contents::{Contents, Mpi};
