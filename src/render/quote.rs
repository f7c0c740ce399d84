//! Quoting for the languages of rendered files.

/// A word of a POSIX shell. Plain words stay as they are.
pub(crate) fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A relative path as a word that no program takes for an option.
pub(super) fn shell_path(text: &str) -> String {
    if text.starts_with('-') { shell(&format!("./{text}")) } else { shell(text) }
}

/// A value in a systemd unit: `%` doubled, quoted where it has blanks or quotes (systemd.syntax(7)).
pub(super) fn unit(text: &str) -> String {
    let text = text.replace('%', "%%");
    if text.chars().any(|c| c.is_whitespace() || "\"'\\;".contains(c)) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text
    }
}

/// An argument in redis.conf.
pub(super) fn redis(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_graphic() && !"\"'\\#".contains(c)) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for word in ["plain/path", "two words", "it's", "$(touch x)", "`id`", "a\nb", "", "\\", "\"", "*"] {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", shell(word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
        assert_eq!(shell("/opt/cray/16.08.3"), "/opt/cray/16.08.3");
        assert_eq!(shell_path("-rf"), "./-rf");
    }

    #[test]
    fn a_unit_keeps_percent_signs_and_blanks() {
        assert_eq!(unit("a%b"), "a%%b");
        assert_eq!(unit("a \"b\""), "\"a \\\"b\\\"\"");
    }
}
