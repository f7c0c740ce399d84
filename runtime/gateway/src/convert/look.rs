//! A file on its way to the writer, looked at where it is a library that users ask about.

use std::io::Read;

use shifter_libraries::Contents;

/// The largest library that is looked at: it is held in memory. MPI's largest have some 70 MB.
const LARGEST: u64 = 96 << 20;

/// The content of a file, and a copy of what went by.
pub(crate) struct Look<'a, R> {
    content: &'a mut R,
    path: String,
    size: u64,
    copy: Option<Vec<u8>>,
}

impl<'a, R: Read> Look<'a, R> {
    /// Looks at the file that is at `path` in the image and has `size` bytes.
    pub(crate) fn at(path: &[u8], size: u64, content: &'a mut R) -> Self {
        let path = String::from_utf8_lossy(path).into_owned();
        let copy = (size <= LARGEST && Contents::wants(&path)).then(Vec::new);
        Self { content, path, size, copy }
    }

    /// Tells what was seen.
    pub(crate) fn tell(self, contents: &mut Contents) {
        contents.name(&self.path);
        // A writer that did not want all of it has failed, or it was written before.
        if let Some(copy) = self.copy.filter(|copy| copy.len() as u64 == self.size) {
            contents.add(&self.path, &copy);
        }
    }
}

impl<R: Read> Read for Look<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.content.read(buffer)?;
        if let Some(copy) = &mut self.copy {
            copy.extend_from_slice(&buffer[..count]);
        }
        Ok(count)
    }
}
