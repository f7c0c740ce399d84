//! Quoted strings and lists of them: JSON arrays, and lists as Python prints them.

use std::fmt::Write as _;

/// Why a list or string was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteFault {
    /// The byte at which it does not go on.
    pub at: usize,
}

impl std::fmt::Display for QuoteFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no list of quoted strings (byte {})", self.at)
    }
}

impl std::error::Error for QuoteFault {}

/// Reads `["a", "b"]`, `['a', 'b']` or `[u'a']`.
///
/// Either quote may be used, with the escapes of both JSON (RFC 8259) and Python's `repr`.
pub(crate) fn parse_list(text: &str) -> Result<Vec<String>, QuoteFault> {
    let mut scan = Scan::new(text);
    let mut items = Vec::new();
    scan.expect('[')?;
    scan.skip_blanks();
    if scan.take(']') {
        return scan.finish(items);
    }
    loop {
        scan.skip_blanks();
        // Python 2 marks its Unicode strings.
        scan.take('u');
        items.push(scan.string()?);
        scan.skip_blanks();
        if scan.take(']') {
            return scan.finish(items);
        }
        scan.expect(',')?;
    }
}

/// Reads one quoted string and nothing else.
pub(crate) fn parse_string(text: &str) -> Result<String, QuoteFault> {
    let mut scan = Scan::new(text);
    let string = scan.string()?;
    scan.finish(string)
}

/// A JSON string. All that could end a line or confuse a terminal is escaped.
#[must_use]
pub fn json_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_unsafe(c) => write!(quoted, "\\u{:04x}", u32::from(c)).expect("a String takes all text"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A JSON array of strings.
#[must_use]
pub fn json_list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| json_string(item)).collect();
    format!("[{}]", items.join(", "))
}

/// An object of values that are JSON already, in this order. Names are taken as they are.
#[must_use]
pub fn json_object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// A list as Python prints it, always with `'`, because the original reads nothing else.
///
/// An apostrophe becomes `\x27`: the original, which knows no escapes, then reads one wrong word and not
/// a broken list.
pub(crate) fn python_list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| python_string(item)).collect();
    format!("[{}]", items.join(", "))
}

fn python_string(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\'' => quoted.push_str("\\x27"),
            c if is_unsafe(c) && u32::from(c) < 0x100 => {
                write!(quoted, "\\x{:02x}", u32::from(c)).expect("a String takes all text");
            }
            c if is_unsafe(c) => {
                write!(quoted, "\\u{:04x}", u32::from(c)).expect("a String takes all text");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Control characters, and the two that some programs take for line ends.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Digits, with a sign or without.
    pub(crate) fn number(&mut self) -> Result<&'a str, QuoteFault> {
        let rest = &self.text[self.at..];
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if end == 0 {
            return Err(self.fault());
        }
        let number = &rest[..rest.len() - digits.len() + end];
        self.at += number.len();
        Ok(number)
    }
}

impl Scan<'_> {
    fn fault(&self) -> QuoteFault {
        QuoteFault { at: self.at }
    }

    pub(crate) fn finish<T>(&self, value: T) -> Result<T, QuoteFault> {
        if self.at == self.text.len() { Ok(value) } else { Err(self.fault()) }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Result<char, QuoteFault> {
        let c = self.peek().ok_or_else(|| self.fault())?;
        self.at += c.len_utf8();
        Ok(c)
    }

    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    pub(crate) fn expect(&mut self, wanted: char) -> Result<(), QuoteFault> {
        if self.take(wanted) { Ok(()) } else { Err(self.fault()) }
    }

    fn skip_blanks(&mut self) {
        while self.take(' ') || self.take('\t') {}
    }

    pub(crate) fn string(&mut self) -> Result<String, QuoteFault> {
        let quote = self.peek().filter(|c| matches!(c, '"' | '\'')).ok_or_else(|| self.fault())?;
        self.at += 1;
        let mut string = String::new();
        loop {
            match self.next()? {
                c if c == quote => return Ok(string),
                '\\' => string.push(self.escape()?),
                c => string.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, QuoteFault> {
        let code = match self.next()? {
            c @ ('"' | '\'' | '\\' | '/') => return Ok(c),
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            'b' => return Ok('\u{8}'),
            'f' => return Ok('\u{c}'),
            'x' => self.digits(2)?,
            'U' => self.digits(8)?,
            'u' => match self.digits(4)? {
                high @ 0xd800..=0xdbff => {
                    self.expect('\\')?;
                    self.expect('u')?;
                    match self.digits(4)? {
                        low @ 0xdc00..=0xdfff => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                        _ => return Err(self.fault()),
                    }
                }
                code => code,
            },
            _ => return Err(self.fault()),
        };
        char::from_u32(code).ok_or_else(|| self.fault())
    }

    fn digits(&mut self, count: usize) -> Result<u32, QuoteFault> {
        let mut code = 0u32;
        for _ in 0..count {
            let digit = self.next()?.to_digit(16).ok_or_else(|| self.fault())?;
            code = code.checked_mul(16).ok_or_else(|| self.fault())? + digit;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_python_lists_read_alike() {
        let wanted = ["/bin/sh", "it's", "a\"b", "\n"];
        for text in [
            r#"["/bin/sh", "it's", "a\"b", "\n"]"#,
            r#"['/bin/sh', "it's", 'a"b', '\n']"#,
            r#"[u'/bin/sh',u'it\'s',u'a\x22b',u'\u000a']"#,
        ] {
            assert_eq!(parse_list(text).unwrap(), wanted, "{text}");
        }
        assert_eq!(parse_list("[]").unwrap(), [""; 0]);
        assert_eq!(parse_list(r#"["\ud83d\ude00", '\U0001f600']"#).unwrap(), ["😀", "😀"]);
    }

    #[test]
    fn broken_lists_are_refused() {
        for text in ["", "[", "['a'", "['a',]", "['a'] x", r#"["\ud800"]"#, r#"["\q"]"#, "[a]", r#"["\Uffffffff"]"#] {
            assert!(parse_list(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(items in proptest::collection::vec("(?s).{0,12}|[\\x00-\\x30\\\\]{0,9}", 0..5)) {
            proptest::prop_assert_eq!(parse_list(&json_list(&items)).unwrap(), items.clone());
            proptest::prop_assert_eq!(parse_list(&python_list(&items)).unwrap(), items.clone());
            let json: Vec<String> = serde_json::from_str(&json_list(&items)).unwrap();
            proptest::prop_assert_eq!(json, items);
        }

        #[test]
        fn any_json_array_is_read(items: Vec<String>) {
            let text = serde_json::to_string(&items).unwrap();
            proptest::prop_assert_eq!(parse_list(&text).unwrap(), items);
        }

        #[test]
        fn no_text_is_a_panic(text: String) {
            let _ = parse_list(&text);
            let _ = parse_string(&text);
        }
    }
}
