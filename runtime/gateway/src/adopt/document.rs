//! The records of the original gateway, as mongoexport(1) writes them: a JSON object a line, or one list of them, in
//! extended JSON (MongoDB Extended JSON v2) or in the older form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::store::Access;

/// One record of the collection `images`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    pub(super) system: String,
    pub(super) itype: String,
    /// Older records have one tag as a text, later ones a list.
    pub(super) tags: Vec<String>,
    pub(super) id: String,
    pub(super) format: String,
    pub(super) status: String,
    pub(super) access: Access,
    pub(super) last_pull: Option<f64>,
    pub(super) env: Vec<String>,
    pub(super) entry: Option<Vec<String>>,
    pub(super) workdir: String,
    pub(super) labels: BTreeMap<String, String>,
}

/// Reads an export; for each record what it says, or why it says nothing.
pub(super) fn read(text: &str) -> Vec<Result<Document, String>> {
    // `--jsonArray` writes one list.
    if let Ok(all) = serde_json::from_str::<Vec<Value>>(text) {
        return all.into_iter().map(document).collect();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| document(serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?)).collect()
}

fn document(value: Value) -> Result<Document, String> {
    let Value::Object(fields) = plain(value) else { return Err("no JSON object".to_owned()) };
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let needed = |key: &str| text(key).ok_or_else(|| format!("no `{key}`"));
    let tags = match fields.get("tag") {
        Some(Value::String(tag)) => vec![tag.clone()],
        other => texts(other).unwrap_or_default(),
    };
    Ok(Document {
        system: needed("system")?,
        itype: needed("itype")?,
        tags,
        // Only records of ended pulls have one.
        id: text("id").unwrap_or_default(),
        format: text("format").unwrap_or_else(|| "squashfs".to_owned()),
        status: needed("status")?,
        access: access(&fields)?,
        last_pull: fields.get("last_pull").and_then(Value::as_f64),
        env: texts(fields.get("ENV")).unwrap_or_default(),
        entry: match fields.get("ENTRY") {
            Some(Value::String(one)) => Some(vec![one.clone()]),
            other => texts(other),
        },
        workdir: text("WORKDIR").unwrap_or_default(),
        labels: labels(fields.get("LABELS")),
    })
}

/// Whom the original lets read: everybody where `private` is false or neither list has been written; else who is in one of
/// the lists. With one list empty and the other missing it lets nobody.
fn access(fields: &Map<String, Value>) -> Result<Access, String> {
    let list = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(all)) => {
            let ids = all.iter().map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok()));
            let ids: Option<BTreeSet<u32>> = ids.collect();
            ids.map(Some).ok_or_else(|| format!("`{key}` is no list of numbers"))
        }
        Some(_) => Err(format!("`{key}` is no list of numbers")),
    };
    let (users, groups) = (list("userACL")?, list("groupACL")?);
    let has_none = match (&users, &groups) {
        (None, None) => true,
        (Some(users), Some(groups)) => users.is_empty() && groups.is_empty(),
        _ => false,
    };
    if fields.get("private") == Some(&Value::Bool(false)) || has_none {
        return Ok(Access::Public);
    }
    Ok(Access::Granted { users: users.unwrap_or_default(), groups: groups.unwrap_or_default() })
}

fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let all = value?.as_array()?;
    Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn labels(value: Option<&Value>) -> BTreeMap<String, String> {
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Takes the wrapping of extended JSON off numbers: `{"$numberLong": "5"}` is 5.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(plain).collect()),
        Value::Object(fields) => match wrapped(&fields) {
            Some(number) => number,
            None => Value::Object(fields.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        },
        other => other,
    }
}

fn wrapped(fields: &Map<String, Value>) -> Option<Value> {
    let (key, value) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match key.as_str() {
        "$numberInt" | "$numberLong" => text().parse::<i64>().ok().map(Value::from),
        "$numberDouble" => text().parse::<f64>().ok().map(Value::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Document {
        read(text).pop().unwrap().unwrap()
    }

    #[test]
    fn a_record_of_the_original_is_read_in_both_forms_of_extended_json() {
        let canonical = r#"{"_id":{"$oid":"5f"},"system":"cori","itype":"docker","tag":["a:1","a:2"],"id":"f0","format":"squashfs",
            "status":"READY","userACL":[{"$numberInt":"1000"},{"$numberLong":"5"}],"groupACL":[],"private":true,
            "last_pull":{"$numberDouble":"1500.5"},"ENV":["A=b"],"ENTRY":["sh"],"WORKDIR":"/w","LABELS":{"x":"y"},"arch":"amd64"}"#;
        let document = one(&canonical.replace('\n', " "));
        assert_eq!(document.tags, ["a:1", "a:2"]);
        assert_eq!(document.access, Access::Granted { users: [5, 1000].into(), groups: [].into() });
        assert_eq!((document.last_pull, document.entry), (Some(1500.5), Some(vec!["sh".to_owned()])));
        let older = r#"[{"system":"cori","itype":"docker","tag":"a:1","id":"f0","status":"READY","last_pull":1500}]"#;
        let document = one(older);
        assert_eq!(
            (document.tags, document.access, document.last_pull),
            (vec!["a:1".to_owned()], Access::Public, Some(1500.0))
        );
    }

    #[test]
    fn lists_mean_what_they_meant_to_the_original() {
        let access = |rest: &str| one(&format!(r#"{{"system":"c","itype":"docker","status":"READY",{rest}}}"#)).access;
        let nobody = Access::Granted { users: [].into(), groups: [].into() };
        assert_eq!(access(r#""private":false,"userACL":[5],"groupACL":[]"#), Access::Public);
        assert_eq!(access(r#""private":true,"userACL":[],"groupACL":[]"#), Access::Public);
        assert_eq!(access(r#""private":null,"userACL":null,"groupACL":null"#), Access::Public);
        assert_eq!(access(r#""private":true,"userACL":[],"groupACL":null"#), nobody);
        assert_eq!(access(r#""userACL":[],"groupACL":[7]"#), Access::Granted { users: [].into(), groups: [7].into() });
    }

    #[test]
    fn what_is_no_record_is_told_and_the_rest_is_read() {
        let all = read("{\"system\":\"c\",\"itype\":\"docker\",\"status\":\"READY\"}\nx\n{}\n");
        assert!(all[0].is_ok());
        assert!(all[1].as_ref().unwrap_err().starts_with("no JSON: "));
        assert_eq!(all[2].as_ref().unwrap_err(), "no `system`");
    }
}
