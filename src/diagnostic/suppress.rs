//! Suppressions in comments: `# shifter-site: ignore[FS016, GW017] reason`.
//!
//! A comment behind a value speaks of its own line; a comment on a line of its own speaks of the
//! next line that is neither blank nor a comment. What is found in the text as a whole is suppressed
//! where the first such line is. Codes and names both work. A suppression wants a reason, and one
//! that suppresses nothing is itself a finding: SITE015 and SITE016 cannot be suppressed by comments.

use std::{ops::Range, sync::Arc};

use toml_parser::{Source as Lexer, lexer::TokenKind};

use super::{
    Edit, Finding, Fix, KeyPath, Located, Place, Written,
    source::{Source, SourceKind},
    structural,
};

const MARK: &str = "shifter-site:";

/// One comment that suppresses findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The comment.
    pub span: Range<usize>,
    /// The line it speaks of, from 1.
    pub line: usize,
    /// The codes and names, each with its place.
    pub rules: Vec<(String, Range<usize>)>,
    /// Why; may be empty.
    pub reason: String,
}

/// What became of a run's findings.
#[derive(Debug)]
pub struct Outcome {
    /// What is left, with findings about the suppressions themselves.
    pub kept: Vec<Located>,
    /// How many were suppressed.
    pub suppressed: usize,
}

/// Takes out the findings that comments in `sources` suppress. `own` are the sources whose unused
/// suppressions are worth a finding, `ran` tells whether a rule had a chance to find anything.
#[must_use]
pub fn apply(
    findings: Vec<Located>,
    sources: &[Arc<Source>],
    own: impl Fn(&Source) -> bool,
    ran: impl Fn(&str) -> bool,
) -> Outcome {
    let read: Vec<(&Arc<Source>, Vec<Directive>, Vec<Located>)> = sources
        .iter()
        .map(|source| {
            let (directives, problems) = directives(source);
            (source, directives, problems)
        })
        .collect();
    let mut used = Vec::new();
    let (mut kept, mut suppressed) = (Vec::new(), 0);
    for located in findings {
        let by = located.anchor().and_then(|anchor| {
            let (n, directives) = read.iter().enumerate().find_map(|(n, (source, directives, _))| {
                (source.name == anchor.source.name).then_some((n, directives))
            })?;
            let line = line_of(anchor);
            let names = |rule: &str| rule == located.finding.code || rule == located.finding.name;
            directives.iter().enumerate().filter(|(_, directive)| directive.line == line).find_map(|(d, directive)| {
                let r = directive.rules.iter().position(|(rule, _)| names(rule))?;
                Some((n, d, r))
            })
        });
        match by {
            Some(by) => {
                used.push(by);
                suppressed += 1;
            }
            None => kept.push(located),
        }
    }
    for (n, (source, directives, problems)) in read.iter().enumerate() {
        if !own(source) {
            continue;
        }
        kept.extend(problems.iter().cloned());
        for (d, directive) in directives.iter().enumerate() {
            for (r, (rule, _)) in directive.rules.iter().enumerate() {
                if !used.contains(&(n, d, r)) && ran(rule) {
                    kept.push(unused(source, directive, r));
                }
            }
            if directive.reason.is_empty() {
                let finding = Finding::new(&structural::SUPPRESSION_WITHOUT_REASON, "this suppression gives no reason");
                let finding = finding.help("say behind the bracket why it is right here");
                kept.push(place(finding, source, directive.span.clone(), "why?"));
            }
        }
    }
    Outcome { kept, suppressed }
}

/// The line at which a finding can be suppressed: its own, or the first with code for one about the whole text, above which
/// there is often a comment.
fn line_of(anchor: &Place) -> usize {
    if anchor.span != (0..0) || matches!(anchor.source.kind, SourceKind::Script(_)) {
        return anchor.start().line;
    }
    let mut tokens = Lexer::new(anchor.source.text()).lex();
    let is_code =
        |kind| !matches!(kind, TokenKind::Newline | TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof);
    tokens.find(|token| is_code(token.kind())).map_or(1, |token| anchor.source.line_of(token.span().start()))
}

/// A finding about the rule `r` of a directive, which takes it out of the comment, or the comment out of the text.
fn unused(source: &Arc<Source>, directive: &Directive, r: usize) -> Located {
    let (rule, span) = &directive.rules[r];
    let edit = Edit::comment(directive.span.clone(), directive.without(r, source.text()));
    let mut fix = Fix::safe(format!("take `{rule}` out of the comment"), vec![edit.clone()]);
    fix.written = vec![Written { source: Arc::clone(source), edit }];
    let finding =
        Finding::new(&structural::UNUSED_SUPPRESSION, format!("`{rule}` is suppressed where it finds nothing"))
            .help("delete it from the comment")
            .fix(fix);
    place(finding, source, span.clone(), "suppresses nothing")
}

impl Directive {
    /// The comment without its rule `r`; nothing, when that is the only one.
    fn without(&self, r: usize, text: &str) -> String {
        let (Some((_, first)), Some((_, last))) = (self.rules.first(), self.rules.last()) else {
            return String::new();
        };
        let others: Vec<&str> =
            self.rules.iter().enumerate().filter(|(n, _)| *n != r).map(|(_, (rule, _))| rule.as_str()).collect();
        if others.is_empty() {
            return String::new();
        }
        format!("{}{}{}", &text[self.span.start..first.start], others.join(", "), &text[last.end..self.span.end])
    }
}

fn place(finding: Finding, source: &Arc<Source>, span: Range<usize>, text: &str) -> Located {
    let label = super::Label::primary(KeyPath::root(), text);
    let place = Place { source: Arc::clone(source), span, text: text.to_owned(), primary: true };
    Located { finding: finding.label(label), places: vec![place] }
}

/// Whether a line is a comment that means to suppress something.
pub(crate) fn is_directive(line: &str) -> bool {
    line.strip_prefix('#').is_some_and(|rest| rest.trim_start_matches('#').trim_start().starts_with(MARK))
}

/// Every suppression of a text, and the comments that look like one and are none.
fn directives(source: &Arc<Source>) -> (Vec<Directive>, Vec<Located>) {
    let text = source.text();
    if matches!(source.kind, SourceKind::Script(_)) {
        return (in_a_script(source), Vec::new());
    }
    let (mut directives, mut problems) = (Vec::new(), Vec::new());
    let mut alone: Vec<Directive> = Vec::new();
    let mut code_before = false;
    for token in Lexer::new(text).lex() {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Newline => code_before = false,
            TokenKind::Whitespace | TokenKind::Eof => {}
            TokenKind::Comment => {
                let comment = &text[span.clone()];
                let Some(said) = comment.trim_start_matches('#').trim_start().strip_prefix(MARK) else { continue };
                let line = source.line_of(span.start);
                match read(said, span.end - said.len()) {
                    Some((rules, reason)) => {
                        let directive = Directive { span, line, rules, reason };
                        if code_before { directives.push(directive) } else { alone.push(directive) }
                    }
                    None => {
                        let finding = Finding::new(
                            &structural::UNUSED_SUPPRESSION,
                            "this comment suppresses nothing: it cannot be read",
                        )
                        .help("write `# shifter-site: ignore[CODE, CODE] reason`");
                        problems.push(place(finding, source, span, "not understood"));
                    }
                }
            }
            _ => {
                let line = source.line_of(span.start);
                directives.extend(alone.drain(..).map(|directive| Directive { line, ..directive }));
                // A multi-line string ends on another line than it began; what follows it is behind code.
                code_before = true;
            }
        }
    }
    directives.append(&mut alone);
    (directives, problems)
}

/// The suppressions in the comments of a shell script. One on a line of its own speaks of the next line with code.
fn in_a_script(source: &Source) -> Vec<Directive> {
    let text = source.text();
    let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let directive = |span: Range<usize>| {
        let comment = &text[span.clone()];
        let said = comment.trim_start_matches('#').trim_start().strip_prefix(MARK)?;
        let (rules, reason) = read(said, span.end - said.len())?;
        let own = source.line_of(span.start);
        let mut below = text.lines().enumerate().skip(own).filter(|(_, line)| is_code(line)).map(|(n, _)| n + 1);
        let line = if is_code(source.line(own)) { own } else { below.next().unwrap_or(own) };
        Some(Directive { span, line, rules, reason })
    };
    crate::script::Script::read(text).comments.into_iter().filter_map(directive).collect()
}

/// The rules with their places and the reason of ` ignore[A, B] reason`, which begins at `offset`.
#[expect(clippy::type_complexity, reason = "read at once into a Directive")]
fn read(said: &str, offset: usize) -> Option<(Vec<(String, Range<usize>)>, String)> {
    let list = said.trim_start().strip_prefix("ignore")?.trim_start().strip_prefix('[')?;
    let (list, reason) = list.split_once(']')?;
    let mut at = offset + (said.len() - reason.len() - 1 - list.len());
    let mut rules = Vec::new();
    for item in list.split(',') {
        let rule = item.trim();
        if rule.is_empty() {
            return None;
        }
        let start = at + (item.len() - item.trim_start().len());
        rules.push((rule.to_owned(), start..start + rule.len()));
        at += item.len() + 1;
    }
    Some((rules, reason.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::RuleId;

    const RULE: RuleId = structural::WRONG_TYPE;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source::new("a.toml", SourceKind::File("a.toml".into()), text))
    }

    /// The outcome for one SITE003 finding at the first `HERE` of the text.
    fn outcome(text: &str) -> (usize, Vec<&'static str>) {
        let source = source(text);
        let at = text.find("HERE").expect("marked");
        let finding = place(Finding::new(&RULE, "m"), &source, at..at + 4, "");
        let outcome = apply(vec![finding], &[source], |_| true, |_| true);
        let mut codes: Vec<_> = outcome.kept.iter().map(|located| located.finding.code).collect();
        codes.sort_unstable();
        (outcome.suppressed, codes)
    }

    #[test]
    fn a_comment_behind_the_value_speaks_of_its_line() {
        assert_eq!(outcome("a = 1\nHERE = 1 # shifter-site: ignore[SITE003] because\n"), (1, vec![]));
        assert_eq!(
            outcome("a = 1 # shifter-site: ignore[SITE003] because\nHERE = 1\n"),
            (0, vec!["SITE003", "SITE015"])
        );
    }

    #[test]
    fn a_comment_alone_speaks_of_the_next_line_with_code() {
        assert_eq!(outcome("# shifter-site: ignore[wrong-type] because\n\n# more\nHERE = 1\n"), (1, vec![]));
    }

    #[test]
    fn what_the_whole_text_lacks_is_suppressed_where_its_first_line_is() {
        let of_all = |text: &str| {
            let source = source(text);
            let finding = place(Finding::new(&RULE, "m"), &source, 0..0, "");
            let outcome = apply(vec![finding], &[source], |_| true, |_| true);
            (outcome.suppressed, outcome.kept.len())
        };
        assert_eq!(of_all("# A site.\n\na = 1 # shifter-site: ignore[SITE003] because\nb = 1\n"), (1, 0));
        assert_eq!(of_all("# A site.\n# shifter-site: ignore[SITE003] because\n[a]\n"), (1, 0));
        assert_eq!(of_all("\u{feff}a = 1 # shifter-site: ignore[SITE003] because\n"), (1, 0));
        assert_eq!(of_all("# shifter-site: ignore[SITE003] because\n"), (1, 0));
        assert_eq!(of_all("a = 1\nb = 1 # shifter-site: ignore[SITE003] because\n"), (0, 2));
    }

    #[test]
    fn a_suppression_wants_a_reason_and_a_readable_form() {
        assert_eq!(outcome("HERE = 1 # shifter-site: ignore[SITE003]\n"), (1, vec!["SITE016"]));
        assert_eq!(outcome("HERE = 1 # shifter-site: ignore SITE003\n"), (0, vec!["SITE003", "SITE015"]));
    }

    #[test]
    fn each_code_of_a_list_is_accounted_for() {
        let text = "HERE = 1 # shifter-site: ignore[FS001, SITE003] because\n";
        assert_eq!(outcome(text), (1, vec!["SITE015"]));
        let (directives, _) = directives(&source(text));
        let places: Vec<&str> = directives[0].rules.iter().map(|(_, span)| &text[span.clone()]).collect();
        assert_eq!(places, ["FS001", "SITE003"]);
    }

    #[test]
    fn a_hash_inside_a_string_is_no_comment() {
        let text = "a = \"\"\"\n# shifter-site: ignore[SITE003] no\n\"\"\"\nb = '# shifter-site: ignore[SITE003] no'\nHERE = 1\n";
        assert_eq!(outcome(text), (0, vec!["SITE003"]));
    }
}
