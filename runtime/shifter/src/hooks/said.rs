//! Showing what a script said: on standard error, each line behind the script's key, so that a user knows whom to ask.

use std::io::Write as _;

use shifter_sys::listen::Said;

/// More than this of what a script said is neither kept nor shown.
pub const MOST_SHOWN: usize = 256 << 10;

/// Shows it, if anybody reads it.
pub fn show(name: &str, said: &Said) {
    let _nobody_reads = std::io::stderr().write_all(&prefixed(name, said));
}

fn prefixed(name: &str, said: &Said) -> Vec<u8> {
    let mut shown = Vec::new();
    for line in said.text.split_inclusive(|&byte| byte == b'\n') {
        shown.extend_from_slice(format!("{name}: ").as_bytes());
        shown.extend_from_slice(line);
    }
    if !said.text.is_empty() && !said.text.ends_with(b"\n") {
        shown.push(b'\n');
    }
    if said.is_cut {
        shown.extend_from_slice(format!("{name}: (more than {MOST_SHOWN} bytes are not shown)\n").as_bytes());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_begins_with_the_name() {
        let said = |text: &[u8], is_cut| Said { text: text.to_vec(), is_cut };
        assert_eq!(prefixed("h", &said(b"", false)), b"");
        assert_eq!(prefixed("h", &said(b"a\n\nb", false)), b"h: a\nh: \nh: b\n");
        assert_eq!(prefixed("h", &said(b"a", true)), b"h: a\nh: (more than 262144 bytes are not shown)\n");
    }
}
