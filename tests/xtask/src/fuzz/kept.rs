//! What the fuzzer found, kept: of each target one text below `tests/fuzz/kept`, a line for each input.
//!
//! The inputs are the few that together take every way that was ever taken, so a later run begins where the last one
//! ended, and the suite's few seconds begin with all of them. Bytes that are no printable ASCII are escaped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{folder, found};

/// No input that is kept is longer. Bytes.
const LONGEST: usize = 2048;

/// No text is longer: the shortest inputs are kept. Bytes.
const LARGEST: usize = 192 << 10;

fn text_of(name: &str) -> PathBuf {
    folder().join("kept").join(format!("{name}.txt"))
}

/// Writes the inputs of a target's text to a folder, which the fuzzer reads; its path.
pub(super) fn unpack(name: &str) -> Result<PathBuf> {
    let place = folder().join("target/kept").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let text = text_of(name);
    if text.exists() {
        let text = fs::read_to_string(&text).with_context(|| format!("cannot read {}", text.display()))?;
        for (nth, line) in text.lines().enumerate() {
            let input = unescaped(line).with_context(|| format!("kept/{name}.txt, line {}: no input", nth + 1))?;
            fs::write(place.join(nth.to_string()), input)?;
        }
    }
    Ok(place)
}

/// Reduces what a target found to what it needs, and writes the text.
pub(super) fn pack(programs: &Path, name: &str) -> Result<()> {
    let reduced = folder().join("target/reduced").join(name);
    let _ = fs::remove_dir_all(&reduced);
    fs::create_dir_all(&reduced).with_context(|| format!("cannot make {}", reduced.display()))?;
    let output = Command::new(programs.join(name))
        .args(["-set_cover_merge=1", "-rss_limit_mb=2048"])
        .arg(&reduced)
        .args([found(name), unpack(name)?])
        .output()?;
    if !output.status.success() {
        bail!("cannot reduce what {name} found:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut inputs = Vec::new();
    for entry in fs::read_dir(&reduced)? {
        inputs.push(fs::read(entry?.path())?);
    }
    let path = text_of(name);
    fs::create_dir_all(folder().join("kept"))?;
    fs::write(&path, text(inputs)).with_context(|| format!("cannot write {}", path.display()))
}

/// The shortest first, as many as there is room for.
fn text(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.retain(|input| !input.is_empty() && input.len() <= LONGEST);
    inputs.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    inputs.dedup();
    let mut text = String::new();
    for input in inputs {
        let line = input.escape_ascii().to_string();
        if text.len() + line.len() >= LARGEST {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The bytes of a line: what [`slice::escape_ascii`] wrote.
fn unescaped(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                plain @ (b'\\' | b'\'' | b'"') => plain,
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_kept_and_the_shortest_inputs_come_first() {
        let all: Vec<u8> = (0..=255).collect();
        let kept = text(vec![all.clone(), b"a\n".to_vec(), Vec::new(), b"a\n".to_vec(), vec![0; LONGEST + 1]]);
        assert_eq!(kept.lines().map(|line| unescaped(line).unwrap()).collect::<Vec<_>>(), [b"a\n".to_vec(), all]);
        assert_eq!([unescaped("\\"), unescaped("\\q"), unescaped("\\x4")], [None, None, None]);
    }
}
