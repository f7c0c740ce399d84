//! The identity of an imported file, as fasthash of 17.04 to 18.03 makes it.
//!
//! SHA-256 over blocks of up to 1 MiB at 0, 512 MiB, 1 GiB and so on. It is quick and tells the images of a site apart; it
//! is no proof of what a large file holds.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use sha2::{Digest as _, Sha256};

use crate::reference::Digest;

const BLOCK: usize = 1 << 20;
const STRIDE: u64 = 512 << 20;

/// The 64 digits.
pub(crate) fn of(file: &File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    for at in (0..).step_by(STRIDE as usize) {
        let count = read_block(file, &mut block, at)?;
        if count == 0 {
            break;
        }
        hash.update(&block[..count]);
    }
    Ok(Digest::finish(hash).hex())
}

fn read_block(file: &File, block: &mut [u8], at: u64) -> io::Result<usize> {
    let mut count = 0;
    while count < block.len() {
        match file.read_at(&mut block[count..], at + count as u64) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Zeros with `block@<offset>` and a line end at each multiple of 256 MiB, as far as it has room; sparse.
    fn marked(size: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(size).unwrap();
        for at in (0..size).step_by(256 << 20) {
            let text = format!("block@{at}\n");
            let room = usize::try_from(size - at).unwrap().min(text.len());
            file.write_at(&text.as_bytes()[..room], at).unwrap();
        }
        file
    }

    #[test]
    fn the_identities_are_those_of_the_original() {
        let same = "cafcfc84c8c56fc00c2f24a29a5e99af7d22132709c11afc7b0f2a684ba67c2f";
        for (size, expected) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1_048_576, same),
            (1_048_577, same),
            (536_870_912, same),
            (536_870_917, "2419b04a8dbd8ace4a0b96a9763bceab7ecec8208da3e4152c14e9b594de383f"),
            (1_074_266_112, "730c5830017ff2b449b9f36a7d0fb9adc0556bb8c7567a43139ae5a4f32b83d1"),
        ] {
            assert_eq!(of(&marked(size)).unwrap(), expected, "{size}");
        }
    }

    #[test]
    fn a_small_file_has_the_hash_of_its_bytes() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"blah blah hash").unwrap();
        assert_eq!(of(&file).unwrap(), "ff68165577eb209adcfa2f793476a25da637142283409d6f4d8d61ee042c5e63");
    }
}
