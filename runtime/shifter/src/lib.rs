//! The runtime as a library; the programs are one call each.
