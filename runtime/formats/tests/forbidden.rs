//! The table of forbidden places, as `runtime/README.md` shows it. `SHIFTER_UPDATE=1` writes it there.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::fmt::Write as _;

use shifter_formats::volume::{ALLOWED_BELOW, FORBIDDEN_TARGETS, Reach};

const BEGIN: &str = "<!-- forbidden targets: written by runtime/formats/tests/forbidden.rs -->\n";
const END: &str = "<!-- end of forbidden targets -->\n";

fn table() -> String {
    let word = |reach| match reach {
        None => "",
        Some(Reach::Exact) => "itself",
        Some(Reach::Tree) => "and all below",
    };
    let mut text = "| place | users may not | sites may not | because |\n|---|---|---|---|\n".to_owned();
    for row in FORBIDDEN_TARGETS {
        writeln!(text, "| `{}` | {} | {} | {} |", row.path, word(row.user), word(row.site), row.why).unwrap();
    }
    let allowed: Vec<String> = ALLOWED_BELOW.iter().map(|path| format!("`{path}`")).collect();
    writeln!(text, "\nUsers may mount on {} all the same.", allowed.join(", ")).unwrap();
    text
}

#[test]
fn the_readme_has_the_table_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("SHIFTER_UPDATE").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(shown, table(), "SHIFTER_UPDATE=1 cargo test -p shifter-formats --test forbidden");
}
