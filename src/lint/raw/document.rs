//! `imagemanager.json`.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::secret::Address;
use shifter_formats::Target;

rule! {
    /// imagemanager.json is no JSON.
    ///
    /// # What it checks
    /// An imported imagemanager.json can be read as JSON.
    ///
    /// # Why is this bad
    /// The gateway does not start. A missing comma (as in the manual's example of `ImportUsers`) and a comma too many (as in the schema that
    /// the original ships) are the usual causes.
    ///
    /// # Bad
    /// ```json import/imagemanager.json
    /// {
    ///     "ImportUsers": ["alice"]
    ///     "Platforms": {}
    /// }
    /// ```
    ///
    /// # Good
    /// ```json import/imagemanager.json
    /// {
    ///     "ImportUsers": ["alice"],
    ///     "Platforms": {}
    /// }
    /// ```
    pub(crate) static JSON_INVALID = {
        id: id("RAW014", "json-invalid", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run; manual, ImportUsers; imagemanager.schema.json of master",
        check: Check::Import(json_invalid),
    }
}

fn json_invalid(files: &Evidence<'_>, out: &mut Marks) {
    let Some(manager) = &files.manager else { return };
    let Some((line, column, why)) = manager.error else { return };
    let text = manager.source.text();
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let here = text[start..].lines().next().unwrap_or_default();
    // The column counts bytes up to and with the one that does not fit.
    let at = (start + column.saturating_sub(1)).min(start + here.len());
    let why = why.split(" at line ").next().unwrap_or(why);
    out.at(manager.source, at..at + 1, format!("this is no JSON: {why}"), "the mistake is here or just before");
}

rule! {
    /// A key of the schema stands for the key that the code reads.
    ///
    /// # What it checks
    /// An imported imagemanager.json has `DefaultImageLocation` rather than `DefaultImageRemote`, and `PullUpdateTime` and
    /// `PullUpdateTimeout` both or not at all.
    ///
    /// # Why is this bad
    /// The schema beside the original's example and the code use different names. One of the two keys for updates is asked for, the other is
    /// read: alone, the first ends the gateway's start and the second has no effect.
    ///
    /// # Bad
    /// ```json import/imagemanager.json
    /// { "PullUpdateTimeout": 600, "Platforms": {} }
    /// ```
    ///
    /// # Good
    /// ```json import/imagemanager.json
    /// { "PullUpdateTime": 600, "PullUpdateTimeout": 600, "Platforms": {} }
    /// ```
    ///
    /// # Fix
    /// Safe: the key that the code reads is written, or added with the same value, in a copy of the file.
    pub(crate) static JSON_KEY_ALIAS = {
        id: id("RAW015", "json-key-alias", Warn, Correctness),
        impact: Impact::Silent,
        targets: Targets::Except(&[Target::Native]),
        fix: Repair::Safe,
        source: "imageworker.py and imagemanager.schema.json of 16.08 to master",
        check: Check::Import(json_key_alias),
    }
}

fn json_key_alias(files: &Evidence<'_>, out: &mut Marks) {
    let Some(manager) = &files.manager else { return };
    let has = |key: &str| manager.key(&format!("/{key}"));
    if let (Some(span), None) = (has("DefaultImageRemote"), has("DefaultImageLocation")) {
        let edit = TextEdit { span: span.clone(), text: "\"DefaultImageLocation\"".to_owned() };
        let message = "`DefaultImageRemote` is a name of the schema; the code reads `DefaultImageLocation`";
        out.at(manager.source, span, message, "write `DefaultImageLocation`")
            .repair("write `DefaultImageLocation`", vec![edit]);
    }
    let pairs = [
        ("PullUpdateTimeout", "PullUpdateTime", "is read only where `PullUpdateTime` stands beside it: 300 holds"),
        (
            "PullUpdateTime",
            "PullUpdateTimeout",
            "is asked for, and `PullUpdateTimeout` read: the gateway does not start",
        ),
    ];
    for (key, other, why) in pairs {
        let (Some(span), None) = (has(key), has(other)) else { continue };
        let value = manager.value(&format!("/{key}")).map(|value| &manager.source.text()[value]).unwrap_or("300");
        let edit = TextEdit { span: span.start..span.start, text: format!("\"{other}\": {value}, ") };
        out.at(manager.source, span, format!("`{key}` alone {why}"), "write both keys, with the same value")
            .repair(format!("add `{other}`"), vec![edit]);
    }
}

rule! {
    /// imagemanager.json has a key that no version reads.
    ///
    /// # What it checks
    /// Every key of an imported imagemanager.json is one that some version of the gateway reads or documents.
    ///
    /// # Why is this bad
    /// Unknown keys are ignored without a message, so a misspelt one has no effect.
    ///
    /// # Bad
    /// ```json import/imagemanager.json
    /// { "CacheDir": "/var/cache/shifter", "Platforms": {} }
    /// ```
    ///
    /// # Good
    /// ```json import/imagemanager.json
    /// { "CacheDirectory": "/var/cache/shifter", "Platforms": {} }
    /// ```
    pub(crate) static JSON_UNKNOWN_KEY = {
        id: id("RAW016", "json-unknown-key", Warn, Correctness),
        impact: Impact::Silent,
        source: "every file of the gateways of 16.08 to master",
        check: Check::Import(json_unknown_key),
    }
}

const TOP: &[&str] = &[
    "WorkerThreads",
    "LogLevel",
    "DefaultLustreReplication",
    "DefaultOstCount",
    "DefaultImageLocation",
    "DefaultImageRemote",
    "DefaultImageFormat",
    "PullUpdateTime",
    "PullUpdateTimeout",
    "ImageExpirationTimeout",
    "MongoDBURI",
    "MongoDB",
    "Database",
    "Broker",
    "CacheDirectory",
    "ExpandDirectory",
    "Listen",
    "Authentication",
    "Metrics",
    "ImportUsers",
    "ConverterOptions",
    "examiner",
    "Limits",
    "Policy",
    "Compat",
    "Locations",
    "Platforms",
];
const LOCATION: &[&str] =
    &["remotetype", "authentication", "url", "sslcacert", "authMethod", "aliases", "mirrors", "direct", "credential"];
const PLATFORM: &[&str] = &[
    "mungeSocketPath",
    "accesstype",
    "admins",
    "usergroupService",
    "mountCommand",
    "local",
    "host",
    "ssh",
    "use_external",
    "policy_file",
    "platforms",
    "imageOwner",
];

fn json_unknown_key(files: &Evidence<'_>, out: &mut Marks) {
    let Some(manager) = &files.manager else { return };
    for entry in &manager.entries {
        let Some(span) = &entry.key else { continue };
        let steps: Vec<&str> = entry.pointer.split('/').skip(1).collect();
        let (known, last) = match steps.as_slice() {
            [key] => (TOP, *key),
            ["Locations", _, key] => (LOCATION, *key),
            ["Platforms", _, key] => (PLATFORM, *key),
            _ => continue,
        };
        if known.contains(&last) {
            continue;
        }
        let near = crate::diagnostic::nearest(last, known.iter().copied());
        let help = near
            .map_or("leave it out, or keep it: the profile has it below [extra.imagemanager]".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
        out.at(manager.source, span.clone(), format!("no version of the gateway reads `{last}`"), help);
    }
}

rule! {
    /// A password in an address is not percent-encoded.
    ///
    /// # What it checks
    /// In `MongoDBURI` and `Broker` of an imported imagemanager.json, user and password are written as URIs need it.
    ///
    /// # Why is this bad
    /// A raw `@`, `:`, `/` or `%` ends the password somewhere else. The driver of the original refuses such an address, and the gateway does
    /// not start. A profile holds user and password apart, and the rendered address encodes them.
    ///
    /// # Bad
    /// ```json import/imagemanager.json
    /// { "MongoDBURI": "mongodb://shifter@site@db/Shifter", "Platforms": {} }
    /// ```
    ///
    /// # Good
    /// ```json import/imagemanager.json
    /// { "MongoDBURI": "mongodb://db/Shifter", "Platforms": {} }
    /// ```
    ///
    /// # No fix
    /// The file is not changed, because a repair would have to write the password: what is rendered from the imported profile has it encoded.
    pub(crate) static DATABASE_URI_ENCODING = {
        id: id("GW021", "database-uri-encoding", Error, Correctness),
        impact: Impact::EveryStart,
        source: "run: pymongo raises InvalidURI; RFC 3986, section 3.2.1; L17",
        check: Check::Import(database_uri_encoding),
    }
}

fn database_uri_encoding(files: &Evidence<'_>, out: &mut Marks) {
    let Some(manager) = &files.manager else { return };
    for key in ["MongoDBURI", "Broker"] {
        let Some(uri) = manager.json[key].as_str() else { continue };
        if let (false, Some(span)) = (Address::split(uri).is_encoded, manager.value(&format!("/{key}"))) {
            out.at(
                manager.source,
                span,
                format!("user or password of `{key}` holds a character that ends it"),
                "write it as %XX: `@` is %40, `<` is %3C; the profile keeps the password apart and encodes it",
            );
        }
    }
}
