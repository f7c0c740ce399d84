//! The two forms of the list.

use shifter_formats::{json_list, json_object, json_string};

use super::{Deprecation, Offered, Version};

/// For people: a paragraph for each module.
pub(super) fn table(all: &[Offered<'_>]) -> String {
    if all.is_empty() {
        return "This node offers no modules.\n".to_owned();
    }
    let width = all.iter().map(|module| module.name.len()).max().unwrap_or(0);
    let mut page = String::new();
    for module in all {
        let mut lines = Vec::new();
        lines.extend(module.description.map(str::to_owned));
        if !module.is_enabled {
            lines.push("not enabled".to_owned());
        }
        if !module.versions.is_empty() {
            let versions: Vec<String> = module.versions.iter().map(version).collect();
            lines.push(format!("versions: {}", versions.join(", ")));
        }
        let mut facts = deprecated(module.deprecation);
        if !module.has_plain {
            facts.push("has no default version".to_owned());
        }
        facts.extend(module.family.map(|family| format!("one of the family {family}")));
        facts.extend(list("requires", &module.requires));
        facts.extend(list("excludes", &module.conflicts));
        if module.is_optional {
            facts.push("leaves out what this node lacks".to_owned());
        }
        if !facts.is_empty() {
            lines.push(facts.join("; "));
        }
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        line(&mut page, &format!("{:width$}  {first}", module.name));
        for more in lines {
            line(&mut page, &format!("{:width$}  {more}", ""));
        }
    }
    let default: Vec<&str> = all.iter().filter(|module| module.is_default).map(|module| module.name).collect();
    let default = if default.is_empty() { "none".to_owned() } else { default.join(", ") };
    line(&mut page, &format!("\nLoaded unless you name others: {default}. --module=NAME[/VERSION][,...] names them."));
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text.trim_end_matches(' '));
    page.push('\n');
}

fn list(title: &str, names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{title} {}", names.join(", ")))
}

fn deprecated(deprecation: Deprecation<'_>) -> Vec<String> {
    let until = deprecation.until.map(|day| format!("until {day}"));
    let instead = deprecation.replaced_by.map(|version| format!("use {version}"));
    until.into_iter().chain(instead).collect()
}

fn version(version: &Version<'_>) -> String {
    let mut notes = Vec::new();
    if version.is_default {
        notes.push("default".to_owned());
    }
    if !version.is_enabled {
        notes.push("not enabled".to_owned());
    }
    notes.extend(version.description.map(str::to_owned));
    notes.extend(deprecated(version.deprecation));
    notes.extend(list("requires", &version.requires));
    if notes.is_empty() { version.number.to_owned() } else { format!("{} ({})", version.number, notes.join("; ")) }
}

/// For programs: RFC 8259, every key always there.
pub(super) fn json(all: &[Offered<'_>]) -> String {
    let modules: Vec<String> = all.iter().map(module_as_json).collect();
    format!("{{\"modules\":[{}]}}\n", modules.join(","))
}

fn module_as_json(module: &Offered<'_>) -> String {
    let versions: Vec<String> = module.versions.iter().map(version_as_json).collect();
    json_object(&[
        ("name", json_string(module.name)),
        ("description", optional(module.description)),
        ("family", optional(module.family)),
        ("default", module.is_default.to_string()),
        ("enabled", module.is_enabled.to_string()),
        ("optional", module.is_optional.to_string()),
        ("requires", strings(&module.requires)),
        ("conflicts", strings(&module.conflicts)),
        ("deprecated_until", optional(module.deprecation.until)),
        ("replaced_by", optional(module.deprecation.replaced_by)),
        ("versions", format!("[{}]", versions.join(","))),
    ])
}

fn version_as_json(version: &Version<'_>) -> String {
    json_object(&[
        ("version", json_string(version.number)),
        ("default", version.is_default.to_string()),
        ("enabled", version.is_enabled.to_string()),
        ("description", optional(version.description)),
        ("requires", strings(&version.requires)),
        ("deprecated_until", optional(version.deprecation.until)),
        ("replaced_by", optional(version.deprecation.replaced_by)),
    ])
}

fn optional(text: Option<&str>) -> String {
    text.map_or("null".to_owned(), json_string)
}

fn strings(list: &[&str]) -> String {
    json_list(&list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}
