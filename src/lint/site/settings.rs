//! The rule about the settings of rules.

use crate::diagnostic::{Category::*, KeyPath, Severity::*};
use crate::lint::rule::{Impact, id, rule};
use crate::lint::{Check, Findings, View, find, is_selector, nearest_rule};

/// The rules that have a limit which a site may replace.
const LIMITED: [&str; 11] =
    ["SITE010", "SEC008", "RT012", "ETC007", "MOD013", "GW005", "GW042", "WLM002", "WLM006", "KMOD006", "INST005"];

/// What a rule limits beside what its own number is for.
const LIMITED_TOO: [(&str, &str); 1] = [("MOD013", "files")];

rule! {
    /// A setting of `[lint]` is about no rule.
    ///
    /// # What it checks
    /// `lint.ignore` and `lint.per_file_ignores` name rules: codes, names, or beginnings of codes. The keys of `lint.thresholds` are codes or names of
    /// rules with a limit, and each limit is a number above 0. Rules that are retired are known.
    ///
    /// # Why is this bad
    /// A slip of the pen in the name of a rule changes nothing: the limit that was agreed on is not the one that is held.
    ///
    /// # Bad
    /// ```toml
    /// [lint.thresholds]
    /// enpoint-scale = 2000
    /// ```
    ///
    /// ```toml
    /// [lint]
    /// ignore = ["GW050"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [lint]
    /// ignore = ["GW010", "bind-all", "GW01"]
    ///
    /// [lint.thresholds]
    /// endpoint-scale = 2000
    /// ```
    pub(crate) static UNKNOWN_RULE = {
        id: id("SITE023", "unknown-rule", Warn, Correctness),
        impact: Impact::Silent,
        source: "`shifter-site rules`",
        check: Check::View(unknown_rule),
    }
}

fn unknown_rule(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(lint) = &view.profile.lint else { return };
    let at = |key: &str| KeyPath::from("lint").key(key);
    let ignored = lint.ignore.iter().enumerate().map(|(n, name)| (at("ignore").index(n), name));
    let by_file = lint.per_file_ignores.iter().flat_map(|(pattern, names)| {
        names.iter().enumerate().map(move |(n, name)| (at("per_file_ignores").key(pattern).index(n), name))
    });
    for (at, name) in ignored.chain(by_file) {
        if !is_selector(name) {
            out.at(at, format!("there is no rule `{name}`"), did_you_mean(name));
        }
    }
    for (name, limit) in &lint.thresholds {
        let (own, what) = name.split_once('.').map_or((name.as_str(), None), |(own, what)| (own, Some(what)));
        let named = find(own);
        let exact = named.iter().find(|rule| rule.id.code == own || rule.id.name == own);
        let at = at("thresholds").key(name);
        match exact {
            Some(rule) if what.is_some_and(|what| !LIMITED_TOO.contains(&(rule.id.code, what))) => {
                out.at(at, format!("the rule {} has no such limit", rule.id.code), "its page says which it has");
            }
            None => out.at(at, format!("there is no rule `{own}`"), did_you_mean(own)),
            Some(rule) if !LIMITED.contains(&rule.id.code) => {
                let help = format!("rules with a limit are {}", LIMITED.map(|code| format!("`{code}`")).join(", "));
                out.at(at, format!("the rule {} has no limit", rule.id.code), help);
            }
            Some(rule) if !(limit.is_finite() && *limit > 0.0) => {
                let help = "a limit is a number above 0; `lint.ignore` is for rules that are not wanted";
                out.at(at, format!("`{limit}` is no limit for {}", rule.id.code), help);
            }
            Some(_) => {}
        }
    }
}

fn did_you_mean(name: &str) -> String {
    match nearest_rule(name) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`shifter-site rules` lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::LIMITED;
    use crate::lint::RULES;

    #[test]
    fn a_rule_has_a_limit_exactly_where_its_page_says_so() {
        let by_page = RULES.iter().filter(|rule| rule.id.code != "SITE023" && rule.docs.contains("[lint.thresholds]"));
        let mut by_page: Vec<&str> = by_page.map(|rule| rule.id.code).collect();
        let mut limited = LIMITED.to_vec();
        by_page.sort_unstable();
        limited.sort_unstable();
        assert_eq!(by_page, limited);
        for (code, what) in super::LIMITED_TOO {
            let rule = RULES.iter().find(|rule| rule.id.code == code).expect("a rule");
            assert!(rule.docs.contains(&format!("`\"{code}.{what}\"`")), "{code}");
        }
    }
}
