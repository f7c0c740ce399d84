//! Edits of texts in every layout.

use super::*;

const PROFILE: &str = "\
# The site.

schema = 1

[site]
name  = 'tiny' # its name
title = \"T\"

# Home directories.
[[filesystem]]
source = \"/home\"
options = [\"ro\", \"rec\"] # two

[[filesystem]]
source = \"/lus\"

[gateway]
endpoints = [
    \"http://a:5000\", # first
    \"http://b:5000\",
]
database = { uri = \"x\", user = \"u\" }

[module.a-b]
env.set.X = \"1\"
[module.a-b.env.prepend]
PATH = [\"/p\"]

[class.login]
set.runtime.rootfs = \"ramfs\"
";

fn edited(text: &str, edit: Edit) -> String {
    apply(text, &[edit]).expect("an edit that can be made")
}

/// The lines that differ: `-old` and `+new`.
fn difference(edit: Edit) -> Vec<String> {
    let new = edited(PROFILE, edit.clone());
    let dos = edited(&format!("\u{feff}{}", PROFILE.replace('\n', "\r\n")), edit);
    assert_eq!(dos.replace("\r\n", "\n"), format!("\u{feff}{new}"), "line ends and the mark stay");
    assert_eq!(dos.matches('\n').count(), dos.matches("\r\n").count(), "no line ends otherwise");
    let diff = similar::TextDiff::from_lines(PROFILE, &new);
    let line = |change: similar::Change<&str>| match change.tag() {
        similar::ChangeTag::Equal => None,
        similar::ChangeTag::Delete => Some(format!("-{}", change.value().trim_end())),
        similar::ChangeTag::Insert => Some(format!("+{}", change.value().trim_end())),
    };
    diff.iter_all_changes().filter_map(line).collect()
}

#[test]
fn a_value_changes_in_place() {
    assert_eq!(difference(Edit::set("site.name", "x")), ["-name  = 'tiny' # its name", "+name  = \"x\" # its name"]);
    assert_eq!(
        difference(Edit::set("filesystem.0.options.1", "nosuid")),
        ["-options = [\"ro\", \"rec\"] # two", "+options = [\"ro\", \"nosuid\"] # two"]
    );
    assert_eq!(
        difference(Edit::set("gateway.database.user", "v")),
        ["-database = { uri = \"x\", user = \"u\" }", "+database = { uri = \"x\", user = \"v\" }"]
    );
}

#[test]
fn a_new_key_goes_where_its_table_is() {
    assert_eq!(difference(Edit::set("site.role", "test")), ["+role  = \"test\""]);
    assert_eq!(difference(Edit::set("filesystem.0.target", "/h")), ["+target = \"/h\""]);
    assert_eq!(
        difference(Edit::set("gateway.database.name", "n")),
        ["-database = { uri = \"x\", user = \"u\" }", "+database = { uri = \"x\", user = \"u\", name = \"n\" }"]
    );
    assert_eq!(difference(Edit::set("class.login.set.gateway.timeout", "9s")), ["+set.gateway.timeout = \"9s\""]);
    assert_eq!(difference(Edit::set("class.login.set.runtime.max_groups", 9)), ["+set.runtime.max_groups = 9"]);
    assert_eq!(difference(Edit::set("module.a-b.env.set.Y", "2")), ["+env.set.Y = \"2\""]);
    assert_eq!(difference(Edit::set("requires", ">=0.1")), ["+requires = \">=0.1\""]);
    assert_eq!(difference(Edit::set("wlm.kind", "slurm")), ["+", "+[wlm]", "+kind = \"slurm\""]);
    assert_eq!(difference(Edit::set("gateway.proxy.https", "h")), ["+[gateway.proxy]", "+https = \"h\"", "+"]);
    assert_eq!(difference(Edit::set("module.c.default", true)), ["+[module.c]", "+default = true", "+"]);
}

#[test]
fn a_table_that_only_its_children_make_gets_a_header() {
    let text = "[a]\nx = 1\n\n# about c\n[b.c]\ny = 1\n";
    assert_eq!(edited(text, Edit::set("b.z", 1)), "[a]\nx = 1\n\n[b]\nz = 1\n\n# about c\n[b.c]\ny = 1\n");
    assert_eq!(edited("# c\n\n# site\n[site]\n", Edit::set("schema", 1)), "# c\n\nschema = 1\n\n# site\n[site]\n");
    assert_eq!(edited("", Edit::set("schema", 1)), "schema = 1\n");
    assert_eq!(edited("a = 1", Edit::set("b", 1)), "a = 1\nb = 1\n");
    assert_eq!(edited("a = 1", Edit::set("t.b", 1)), "a = 1\n\n[t]\nb = 1\n");
}

#[test]
fn what_is_taken_out_takes_nothing_else_along() {
    assert_eq!(difference(Edit::remove("site.name")), ["-name  = 'tiny' # its name"]);
    assert_eq!(
        difference(Edit::remove("filesystem.0")),
        ["-[[filesystem]]", "-source = \"/home\"", "-options = [\"ro\", \"rec\"] # two"]
    );
    assert_eq!(difference(Edit::remove("filesystem.1")), ["-[[filesystem]]", "-source = \"/lus\"", "-"]);
    assert_eq!(difference(Edit::remove("gateway.endpoints.0")), ["-    \"http://a:5000\", # first"]);
    assert_eq!(difference(Edit::remove("gateway.endpoints.1")), ["-    \"http://b:5000\","]);
    assert_eq!(
        difference(Edit::remove("filesystem.0.options.1")),
        ["-options = [\"ro\", \"rec\"] # two", "+options = [\"ro\"] # two"]
    );
    assert_eq!(
        difference(Edit::remove("module.a-b")),
        ["-[module.a-b]", "-env.set.X = \"1\"", "-[module.a-b.env.prepend]", "-PATH = [\"/p\"]", "-"]
    );
    assert_eq!(
        difference(Edit::remove("gateway.database.uri")),
        ["-database = { uri = \"x\", user = \"u\" }", "+database = { user = \"u\" }"]
    );
}

#[test]
fn a_comment_above_stays_and_a_suppression_goes_with_its_line() {
    let text = "a = 1\n# why b\n# shifter-site: ignore[FS001] so\nb = 1\n\nc = 1\n";
    assert_eq!(edited(text, Edit::remove("b")), "a = 1\n# why b\n\nc = 1\n");
}

#[test]
fn a_name_changes_wherever_it_is_written() {
    assert_eq!(
        difference(Edit::rename("module.a-b", "c")),
        ["-[module.a-b]", "+[module.c]", "-[module.a-b.env.prepend]", "+[module.c.env.prepend]"]
    );
    assert_eq!(
        difference(Edit::rename("gateway.database.user", "name")),
        ["-database = { uri = \"x\", user = \"u\" }", "+database = { uri = \"x\", name = \"u\" }"]
    );
    assert_eq!(apply(PROFILE, &[Edit::rename("site.name", "title")]), Err(EditError::NoPlace("site.name".into())));
}

#[test]
fn a_list_grows_the_way_it_is_laid_out() {
    assert_eq!(difference(Edit::append("gateway.endpoints", "http://c:5000")), ["+    \"http://c:5000\","]);
    assert_eq!(
        difference(Edit::append("filesystem.0.options", "slave")),
        ["-options = [\"ro\", \"rec\"] # two", "+options = [\"ro\", \"rec\", \"slave\"] # two"]
    );
    let entry = Table::from_iter([("target".to_owned(), "/t".into()), ("source".to_owned(), "/s".into())]);
    assert_eq!(
        difference(Edit::append("filesystem", entry)),
        ["+[[filesystem]]", "+source = \"/s\"", "+target = \"/t\"", "+"]
    );
    assert_eq!(difference(Edit::append("gateway.admins", "root")), ["+admins = [\"root\"]"]);
}

#[test]
fn a_comment_is_replaced_where_it_stands() {
    let text = "# a\nx = 1 # b\n";
    assert_eq!(edited(text, Edit::comment(0..3, "")), "x = 1 # b\n");
    assert_eq!(edited(text, Edit::comment(10..13, "")), "# a\nx = 1\n");
    assert_eq!(edited(text, Edit::comment(10..13, "# c")), "# a\nx = 1 # c\n");
    assert_eq!(apply(text, &[Edit::comment(1..3, "")]), Err(EditError::Moved));
}

#[test]
fn all_edits_are_made_or_none() {
    assert_eq!(apply("a = 1\n", &[Edit::set("b", 1), Edit::remove("c")]), Err(EditError::Missing("c".into())));
    assert_eq!(apply("a = ", &[]), Ok("a = ".to_owned()));
    assert_eq!(apply("a = ", &[Edit::set("b", 1)]), Err(EditError::NotToml));
    assert_eq!(apply("a = 1\n", &[Edit::set("a.b", 1)]), Err(EditError::NoPlace("a.b".into())));
}
