//! Writing `.meta` in the original's form.

use std::fmt::Write as _;

use super::Meta;
use crate::acl::{Access, write_ids};
use crate::quoted::{is_unsafe, python_list};

/// A file, and what it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedMeta {
    /// The text.
    pub text: String,
    /// What the form cannot hold. The image index holds it.
    pub omitted: Vec<Omitted>,
}

/// A value that the form cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Omitted {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: String,
}

impl Meta {
    /// The file: FORMAT, ENTRY, CMD, WORKDIR, USERACL, GROUPACL, then ENV.
    ///
    /// Values with line breaks, with blanks at an end or with a `\` at the end would be read as something else, some
    /// as another key; they are omitted and listed. Lists are written as Python prints them. Nobody is written as
    /// user 0, who starts no containers, because two empty lists mean everybody.
    #[must_use]
    pub fn print(&self) -> PrintedMeta {
        let mut page = Page::default();
        if let Some(format) = self.format {
            page.line("FORMAT", format.as_str());
        }
        for (key, list) in [("ENTRY", &self.entry), ("CMD", &self.cmd)] {
            if let Some(list) = list {
                page.line(key, &python_list(list));
            }
        }
        if let Some(workdir) = &self.workdir {
            page.line("WORKDIR", workdir);
        }
        if let Access::Restricted { users, groups } = &self.access {
            let is_nobody = users.is_empty() && groups.is_empty();
            if !users.is_empty() || is_nobody {
                page.line("USERACL", &write_ids(if is_nobody { &[0] } else { users }));
            }
            if !groups.is_empty() {
                page.line("GROUPACL", &write_ids(groups));
            }
        }
        for variable in &self.env {
            page.line("ENV", &variable.to_string());
        }
        PrintedMeta { text: page.text, omitted: page.omitted }
    }
}

#[derive(Default)]
struct Page {
    text: String,
    omitted: Vec<Omitted>,
}

impl Page {
    fn line(&mut self, key: &'static str, value: &str) {
        let is_kept =
            !value.is_empty() && value.trim() == value && !value.ends_with('\\') && !value.contains(is_unsafe);
        if is_kept {
            writeln!(self.text, "{key}: {value}").expect("a String takes all text");
        } else {
            self.omitted.push(Omitted { key, value: value.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Assignment;
    use crate::meta::ImageFormat;

    #[test]
    fn a_line_break_cannot_become_a_key() {
        let meta = Meta {
            format: Some(ImageFormat::Squashfs),
            entry: Some(vec!["sh".into(), "it's\nUSERACL: 5".into()]),
            workdir: Some("/w\nUSERACL: 5".into()),
            access: Access::restricted(vec![1000], vec![50]),
            env: vec![Assignment::new("A", "x\nUSERACL: 5"), Assignment::new("B", "end\\"), Assignment::new("C", "c")],
            ..Meta::default()
        };
        let printed = meta.print();
        assert_eq!(
            printed.text,
            "FORMAT: squashfs\nENTRY: ['sh', 'it\\x27s\\nUSERACL: 5']\nUSERACL: 1000\nGROUPACL: 50\nENV: C=c\n"
        );
        let keys: Vec<&str> = printed.omitted.iter().map(|omitted| omitted.key).collect();
        assert_eq!(keys, ["WORKDIR", "ENV", "ENV"]);
        let read = Meta::read_native(&printed.text).unwrap();
        assert_eq!(read.entry, meta.entry);
        assert_eq!(read.access, meta.access);
    }

    #[test]
    fn nobody_is_not_everybody() {
        let meta = Meta { access: Access::restricted(vec![], vec![]), ..Meta::default() };
        let text = meta.print().text;
        assert_eq!(text, "USERACL: 0\n");
        assert_eq!(Meta::read_native(text).unwrap(), meta);
    }
}
