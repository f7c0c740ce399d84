//! What the decoder and the validator say, as findings.

use figment::error::{Actual, Kind};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{decode::Pruned, item::Item, origin::part};
use crate::diagnostic::{Aim, Edit, Finding, Fix, KeyPath, Label, RuleId, nearest, structural};

/// One decoding error of the tree `root` as a finding with its exact place.
#[must_use]
pub fn decoding(path: &KeyPath, kind: &Kind, root: &Item) -> Finding {
    match kind {
        Kind::UnknownField(key, known) => unknown_key(path, key, known, root),
        Kind::UnknownVariant(got, allowed) => {
            let near = nearest(got, allowed.iter().copied());
            let text =
                near.map_or("not one of the allowed values".to_owned(), |near| format!("did you mean {near:?}?"));
            let finding = Finding::new(&structural::WRONG_TYPE, format!("`{path}` cannot be {got:?}"))
                .label(placed(path, Aim::Value, text, root))
                .help(format!("allowed values: {}", quoted(allowed)));
            match near {
                Some(near) => finding.fix(Fix::risky(format!("write {near:?}"), vec![Edit::set(path, near)])),
                None => finding,
            }
        }
        Kind::InvalidType(got, wanted) => {
            let wanted = type_name(wanted);
            Finding::new(&structural::WRONG_TYPE, format!("`{path}` has the wrong type"))
                .label(placed(path, Aim::Value, format!("expected {wanted}, found {}", actual(got)), root))
                .help(format!("give it {wanted}"))
        }
        Kind::InvalidValue(got, wanted) => {
            Finding::new(&structural::WRONG_TYPE, format!("`{path}` has a value that it cannot have"))
                .label(placed(path, Aim::Value, format!("expected {wanted}, found {}", actual(got)), root))
                .help(format!("give it {wanted}"))
        }
        Kind::InvalidLength(got, wanted) => {
            Finding::new(&structural::WRONG_TYPE, format!("`{path}` has the wrong number of elements"))
                .label(placed(path, Aim::Value, format!("expected {wanted}, found {got} elements"), root))
                .help(format!("give it {wanted}"))
        }
        Kind::MissingField(key) => missing_key(path, key, root),
        Kind::Message(text) => message(path, text, root),
        other => Finding::new(&structural::WRONG_TYPE, format!("`{path}` has a value that it cannot have"))
            .label(placed(path, Aim::Value, other.to_string(), root)),
    }
}

fn unknown_key(path: &KeyPath, key: &str, known: &[&str], root: &Item) -> Finding {
    let near = nearest(key, known.iter().copied());
    let text = near.map_or("not a key of this table".to_owned(), |near| format!("did you mean `{near}`?"));
    let table = path.parent().filter(|table| !table.is_root());
    let help = match (&table, known) {
        (_, []) => "this table takes no keys".to_owned(),
        (Some(table), known) => format!("keys of `{table}`: {}", known.join(", ")),
        (None, known) => format!("keys at the top of a profile: {}", known.join(", ")),
    };
    let finding = Finding::new(&structural::UNKNOWN_KEY, format!("unknown key `{path}`"))
        .label(placed(path, Aim::Key, text, root))
        .help(help);
    match near {
        Some(near) => finding.fix(Fix::risky(format!("rename it to `{near}`"), vec![Edit::rename(path, near)])),
        None => finding,
    }
}

fn missing_key(table: &KeyPath, key: &str, root: &Item) -> Finding {
    let message = if table.is_root() {
        format!("the profile lacks the required key `{key}`")
    } else {
        format!("`{table}` lacks the required key `{key}`")
    };
    Finding::new(&structural::MISSING_REQUIRED, message)
        .label(placed(table, Aim::Key, format!("`{key}` is missing here"), root))
        .help(format!("add `{key} = ...`"))
}

/// What a value's own type says: `why, expected what would be right`, after the code of a rule if
/// it is not the usual one.
fn message(path: &KeyPath, text: &str, root: &Item) -> Finding {
    const INLINE: RuleId = structural::INLINE_SECRET;
    let inline = text.strip_prefix(INLINE.code).and_then(|rest| rest.strip_prefix(": "));
    let (said, help) = split_help(inline.unwrap_or(text));
    let finding = match inline {
        Some(_) => Finding::new(&INLINE, format!("`{path}` holds a secret in plain text")),
        None => Finding::new(&structural::WRONG_TYPE, format!("`{path}` has a value that it cannot have")),
    };
    let finding = finding.label(placed(path, Aim::Value, said, root));
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn split_help(text: &str) -> (String, Option<String>) {
    match text.split_once(", expected ") {
        Some((said, right)) => (said.trim().to_owned(), Some(format!("expected {}", right.trim()))),
        None => (text.trim().to_owned(), None),
    }
}

/// serde's names of types in the words of TOML.
fn type_name(wanted: &str) -> &str {
    match wanted {
        "a sequence" => "an array",
        "a map" => "a table",
        "a boolean" => "true or false",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        name if name.starts_with("struct ") => "a table",
        name => name,
    }
}

fn actual(got: &Actual) -> String {
    match got {
        Actual::Str(text) => format!("the string {text:?}"),
        Actual::Seq => "an array".to_owned(),
        Actual::Map => "a table".to_owned(),
        Actual::Bool(truth) => format!("`{truth}`"),
        Actual::Signed(number) => format!("the number {number}"),
        Actual::Unsigned(number) => format!("the number {number}"),
        Actual::Float(number) => format!("the number {number}"),
        other => other.to_string(),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

/// A primary label at the place of `path` in `root`, tied to its source: the path itself if it is
/// there, else the header of the closest table around it.
#[must_use]
pub fn placed(path: &KeyPath, aim: Aim, text: impl Into<String>, root: &Item) -> Label {
    let (item, depth) = root.nearest(path);
    let span = part(item, aim, depth == path.segments().len());
    Label::primary(path, text).aimed(aim).pinned(item.place.source, Some(span))
}

/// Every violation of the declared limits as a finding. `pruned` is what decoded, `root` the whole.
#[must_use]
pub fn limits(errors: &ValidationErrors, pruned: &Pruned, root: &Item) -> Vec<Finding> {
    let mut findings = Vec::new();
    flatten(
        errors,
        &mut Vec::new(),
        &mut |path, error| {
            let path = pruned.original(path);
            let (said, help) = limit(error);
            let finding = if path.is_root() {
                Finding::new(&structural::WRONG_TYPE, said.clone())
            } else {
                Finding::new(&structural::WRONG_TYPE, format!("`{path}` has a value that it cannot have"))
            };
            let finding = finding.label(placed(&path, Aim::Value, said, root));
            findings.push(match help {
                Some(help) => finding.help(help),
                None => finding,
            });
        },
        pruned,
    );
    findings
}

/// validator's tree as flat paths. Maps arrive as lists numbered in their order, so every map of
/// the model must be ordered; fields arrive under their Rust names, so those equal the keys.
fn flatten(
    errors: &ValidationErrors,
    at: &mut Vec<String>,
    report: &mut dyn FnMut(&[String], &ValidationError),
    pruned: &Pruned,
) {
    for (field, kind) in errors.errors() {
        let whole_struct = field == "__all__";
        if !whole_struct {
            at.push(field.trim_start_matches("r#").to_owned());
        }
        match kind {
            ValidationErrorsKind::Field(errors) => errors.iter().for_each(|error| report(at, error)),
            ValidationErrorsKind::Struct(inner) => flatten(inner, at, report, pruned),
            ValidationErrorsKind::List(entries) => {
                for (n, inner) in entries {
                    at.push(pruned.nth_key(at, *n));
                    flatten(inner, at, report, pruned);
                    at.pop();
                }
            }
        }
        if !whole_struct {
            at.pop();
        }
    }
}

/// What a violated limit says. The value itself is not shown: it may be a secret.
fn limit(error: &ValidationError) -> (String, Option<String>) {
    if let Some(message) = &error.message {
        return split_help(message);
    }
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    let range = match (bound("min"), bound("max")) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    };
    match error.code.as_ref() {
        "range" => (format!("must be {range}"), Some(format!("give it a number {range}"))),
        "length" => (format!("its length must be {range}"), None),
        "url" => ("not a URL".to_owned(), Some("write scheme://host".to_owned())),
        code => (format!("fails the check `{code}`"), None),
    }
}
