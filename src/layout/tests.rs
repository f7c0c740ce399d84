//! The usual form, and that it is reached at once and means the same.

use std::path::Path;

use proptest::prelude::*;

use super::*;

#[test]
fn a_number_that_is_none_is_no_change() {
    assert_eq!(tidy("schema=1\n[extra.udiroot]\na=nan\n").as_deref(), Ok("schema = 1\n\n[extra.udiroot]\na = nan\n"));
}

#[test]
fn tables_and_keys_come_in_the_order_of_the_schema_with_their_comments() {
    let text = "\
#:schema x.json
# The site.
schema=1

# Clients ask here.
[gateway]
timeout='20s'   # as measured
# Two of them.
endpoints = [ 'http://a:5000',\"http://b:5000\" ]
# cache_dir = \"/var\"

# Homes.
[[filesystem]]
options = [ ]
source = '/home'
[site]
'name' = \"x\"
[[filesystem]]
source = \"/lus\"
[module.b]
env.set.Z = \"1\"
env.set.A = \"2\"
[module.a]
default = true
# The end.
";
    insta::assert_snapshot!(tidy(text).expect("valid"), @r#"
    #:schema x.json
    # The site.
    schema = 1

    [site]
    name = "x"

    # Homes.
    [[filesystem]]
    source  = "/home"
    options = []

    [[filesystem]]
    source = "/lus"

    [module.b]
    env.set.Z = "1"
    env.set.A = "2"

    [module.a]
    default = true
    # The end.

    # Clients ask here.
    [gateway]
    # Two of them.
    endpoints = ["http://a:5000", "http://b:5000"]
    timeout   = "20s" # as measured
    # cache_dir = "/var"
    "#);
}

#[test]
fn what_does_not_fit_is_broken_and_what_is_commented_stays() {
    let long = format!("[gateway]\nendpoints = [{}]\n", "\"http://host:5000\", ".repeat(6));
    let tidied = tidy(&long).expect("valid");
    assert_eq!(tidied.lines().count(), 9, "{tidied}");
    assert_eq!(tidy(&tidied).as_deref(), Ok(tidied.as_str()));
    let commented = "[gateway]\nadmins = [\n  \"root\", # always\n]\n";
    assert_eq!(tidy(commented).as_deref(), Ok(commented));
}

#[test]
fn a_comment_that_a_blank_line_sets_apart_stays_apart() {
    let text = "schema = 1\n\n# [identity]\n# source = \"sssd\"\n\n[images]\n# Not now.\n\npath = \"/images\"\n";
    assert_eq!(tidy(text).as_deref(), Ok(text));
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    let text = "\u{feff}[site]\r\nname='x'\r\n";
    assert_eq!(tidy(text).as_deref(), Ok("\u{feff}[site]\r\nname = \"x\"\r\n"));
    assert_eq!(tidy("a = "), Err(LayoutError::NotToml));
    assert_eq!(tidy("").as_deref(), Ok(""));
}

/// Every comment of a text, sorted.
fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> =
        text.lines().filter_map(|line| line.find("# ").map(|at| line[at..].trim().to_owned())).collect();
    found.sort();
    found
}

fn is_tidied_at_once(text: &str) {
    let once = tidy(text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let twice = tidy(&once).unwrap_or_else(|error| panic!("{error}:\n{once}"));
    assert_eq!(once, twice);
    assert_eq!(comments(text), comments(&once), "no comment is lost");
}

fn site_profiles() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles");
    let files = std::fs::read_dir(directory).expect("the profiles").map(|entry| entry.expect("an entry").path());
    let texts: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| std::fs::read_to_string(path).expect("a text"))
        .collect();
    assert!(texts.len() > 5);
    texts
}

#[test]
fn the_profiles_of_the_repository_are_tidied_at_once() {
    site_profiles().iter().for_each(|text| is_tidied_at_once(text));
}

/// A piece of a profile, complete in itself.
fn piece() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["timeout", "bind", "log_dir", "cache_dir", "access"]);
    let value = prop_oneof![
        "[a-z/]{0,8}".prop_map(|text| format!("'{text}'")),
        "[a-z\\\\\"]{0,6}".prop_map(|text| toml::Value::String(text).to_string()),
        prop::collection::vec(0..99, 0..60).prop_map(|numbers| format!("{numbers:?}")),
        Just("{ b = 1, a = { 'x y' = [1,2] } }".to_owned()),
        Just("[ # why\n 1 ]".to_owned()),
        Just("'''\n# no comment\n'''".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
    ];
    let pairs = prop::collection::btree_map(key, value, 0..4);
    let comment = prop::sample::select(vec!["", "\n", "# c\n", "# c\n\n", "\n# c\n# d\n\n\n# e\n"]);
    (pairs, prop::collection::vec(comment, 6)).prop_map(|(pairs, comments)| {
        let mut comments = comments.into_iter().cycle();
        let mut next = move || comments.next().unwrap_or("");
        pairs.into_iter().map(|(key, value)| format!("{}{key} = {value} # t\n", next())).collect::<String>() + next()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_tidied_at_once(
        pieces in prop::collection::vec(piece(), 7),
        headers in Just(vec!["", "[gateway]", "[[filesystem]]", "[module.b.env.set]", "[[filesystem]]", "[site]", "[class.x.set.gateway]"]).prop_shuffle(),
    ) {
        // What has no header must come first.
        let mut tables: Vec<(&str, &String)> = headers.into_iter().zip(&pieces).collect();
        tables.sort_by_key(|(header, _)| !header.is_empty());
        let text: String = tables.into_iter().map(|(header, piece)| format!("{header}\n{piece}")).collect();
        is_tidied_at_once(&text);
    }
}
