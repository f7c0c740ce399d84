//! `shifter-site explain`: what a rule, a group of rules, a key of a profile, of `udiRoot.conf` or of `imagemanager.json` is about.

use std::fmt::Write as _;

use serde_json::{Value, json};
use shifter_formats::{
    Target,
    udiroot::{KEYS, KeySpec, MODULE_KEYS},
};

use super::{Outcome, console::Console, exit::Exit, rules::as_json};
use crate::{
    diagnostic::nearest,
    docs::{entry, key, manager},
    lint,
};

/// Explain a rule by code or name, a group of rules, or a key of a profile, of udiRoot.conf or of imagemanager.json.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site explain FS011
  shifter-site explain duplicate-target
  shifter-site explain FS
  shifter-site explain gateway.timeout
  shifter-site explain module.mpich
  shifter-site explain udiMount
  shifter-site explain Platforms.cori.mungeSocketPath")]
pub(super) struct Args {
    /// A code, a name, the beginning of codes, or a key.
    #[arg(value_name = "CODE|NAME|KEY")]
    what: String,
    /// The form of the page.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Form,
}

/// A form of the page.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// Plain text.
    #[default]
    Text,
    /// Markdown.
    Md,
    /// JSON.
    Json,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let what = args.what.as_str();
    let page = rule_page(what, args.format)
        .or_else(|| profile_page(what, args.format))
        .or_else(|| key_page(what, args.format))
        .or_else(|| manager_page(what, args.format))
        .or_else(|| rule_page(&what.to_ascii_uppercase(), args.format));
    if let Some(page) = page {
        console.say(&page)?;
        return Ok(Exit::Clean);
    }
    let of_gateway: Vec<String> = manager::KEYS.iter().map(key::Key::path).collect();
    let names = lint::RULES.iter().flat_map(|rule| [rule.id.code, rule.id.name]);
    let keys = KEYS.iter().map(|key| key.name).chain(of_gateway.iter().map(String::as_str));
    let near = if what.contains('.') { key::near(what) } else { nearest(what, names.chain(keys)).map(str::to_owned) };
    let near = near.or_else(|| key::near(what)).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    console.note(&format!("shifter-site: nothing is known of `{what}`{near}\n"));
    Ok(Exit::Failed)
}

fn rule_page(what: &str, form: Form) -> Option<String> {
    let rules = lint::find(what);
    match form {
        Form::Text => lint::explain(what),
        Form::Md => (!rules.is_empty()).then(|| rules.iter().map(|rule| lint::markdown(rule, 1)).collect()),
        Form::Json => {
            (!rules.is_empty()).then(|| format!("{:#}\n", rules.iter().map(|rule| as_json(rule)).collect::<Value>()))
        }
    }
}

/// The page of a key of a profile, or a list of the keys of a table.
fn profile_page(what: &str, form: Form) -> Option<String> {
    let found = key::named(what)?;
    let below = || key::KEYS.iter().filter(|key| key.segments.starts_with(&found.segments) && !key.is_table);
    Some(match form {
        Form::Json => {
            let page = |key: &key::Key| json!({ "key": key.path(), "about": key.about, "value": key.kind, "default": key.default() });
            let pages: Value = if found.is_table { below().map(page).collect() } else { page(found) };
            format!("{pages:#}\n")
        }
        Form::Text if found.is_table => {
            let lines: String = below().map(|key| format!("  {}\n", entry::line(key))).collect();
            format!("{}\n  {}\n\n{lines}", found.path(), found.about)
        }
        Form::Md if found.is_table => below().map(|key| entry::markdown(key, 2)).collect(),
        Form::Text => entry::text(found),
        Form::Md => entry::markdown(found, 1),
    })
}

/// The page of a key of `udiRoot.conf`, or of a key of its `module_NAME_KEY` lines.
fn key_page(what: &str, form: Form) -> Option<String> {
    let (key, name) = match KEYS.iter().find(|key| key.name == what) {
        Some(key) => (key, key.name.to_owned()),
        None => {
            let suffix =
                what.strip_prefix("module_").and_then(|rest| rest.split_once('_')).map_or(what, |(_, key)| key);
            let key = MODULE_KEYS.iter().find(|key| key.name == suffix)?;
            (key, format!("module_NAME_{}", key.name))
        }
    };
    Some(match form {
        Form::Json => format!("{:#}\n", crate::schema::udiroot_key(key)),
        Form::Text => page(key, &name, ""),
        Form::Md => page(key, &format!("`{name}`"), "# "),
    })
}

/// The page of a key of `imagemanager.json`; those of all keys with that name where it is not a whole path.
fn manager_page(what: &str, form: Form) -> Option<String> {
    let found = manager::named(what);
    let pages = found.iter().copied();
    (!found.is_empty()).then(|| match form {
        Form::Json => format!("{:#}\n", pages.map(manager::json).collect::<Value>()),
        Form::Text => pages.map(manager::text).collect::<Vec<_>>().join("\n"),
        Form::Md => pages.map(manager::markdown).collect(),
    })
}

fn page(key: &KeySpec, name: &str, head: &str) -> String {
    let targets = |targets: &[Target]| targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut page = format!("{head}{name}\n\n{}\n\n", key.text());
    let mut fact = |about: &str, text: &str| {
        if !text.is_empty() {
            let _ = writeln!(page, "{about}: {text}");
        }
    };
    fact("kind", key.kind.as_str());
    fact("default", key.default.unwrap_or_default());
    fact("known to", &targets(key.targets));
    fact("required by", &targets(key.required_by));
    fact("without effect in", &targets(key.no_op_in));
    fact("only with a patch in", &targets(key.patched));
    page
}
