//! `/var/shifterConfig.json`: what a container was built from, for those who want to join it.

use super::Facts;

/// One line, in the field order and form of the original (module names end with a comma each).
#[must_use]
pub fn record(facts: &Facts<'_>) -> String {
    let modules: String = facts.modules.iter().map(|module| format!("{},", module.name)).collect();
    format!(
        "{{\"identifier\":{},\"user\":{},\"volMap\":{},\"modules\":{}}}\n",
        quoted(facts.image),
        quoted(&facts.user.name),
        quoted(&facts.volumes.signature()),
        quoted(&modules),
    )
}

/// A JSON string (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            control if control < ' ' => quoted += &format!("\\u{:04x}", control as u32),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_stay_one_string() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000ad\"");
    }
}
