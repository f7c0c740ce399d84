//! The file formats that cross a trust boundary.
