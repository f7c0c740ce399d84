//! Asking: each question once, again only when the answer is no answer.

use std::collections::BTreeMap;

use super::{Answers, QUESTIONS, question::Draft};

/// Where answers come from when nobody can be asked, and what is usual on this machine.
#[derive(Debug, Default)]
pub struct Interview {
    /// Answers that are given: by key, as a person would type them.
    pub given: BTreeMap<String, String>,
    /// Usual answers that are better than the preset's: what a node's facts say.
    pub usual: BTreeMap<String, String>,
    /// What becomes of a question that nobody answers.
    pub unanswered: Unanswered,
}

/// What becomes of a question without answer, given, typed or usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unanswered {
    /// There is no profile, and the question is named.
    #[default]
    Named,
    /// A value that could be stands there, and the profile marks it.
    Assumed,
}

/// Shows a prompt and gives the line that was typed; nothing when nobody types any more.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// Why there is no new profile.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file of answers cannot be understood.
    #[error("`{file}`: {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it, and where.
        why: String,
    },
    /// An answer that was given is none.
    #[error("`{key}`: {why}")]
    Answer {
        /// The question.
        key: &'static str,
        /// What would be right.
        why: String,
    },
    /// Nobody is there to answer.
    #[error("nobody is here to ask, and there is no answer to: {}\nhelp: give them with --answers FILE, as `{} = ...`", .0.join(", "), .0.first().copied().unwrap_or("name"))]
    Missing(Vec<&'static str>),
    /// The person went away.
    #[error("no answer to `{0}`: nothing was written")]
    Gone(&'static str),
}

impl Interview {
    /// Takes the answers of a TOML file: one key for each question; lists as arrays.
    ///
    /// # Errors
    /// When it is not TOML, a key is no question or a value has no text form.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), InitError> {
        let fail = |why: String| InitError::File { file: file.to_owned(), why };
        // Not the line itself, which may hold anything: somebody may have named a profile.
        let table: toml::Table = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            fail(format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
        })?;
        for (key, value) in table {
            if !QUESTIONS.iter().any(|question| question.key == key) {
                let keys: Vec<&str> = QUESTIONS.iter().map(|question| question.key).collect();
                return Err(fail(format!("`{key}` is no question: there are {}", keys.join(", "))));
            }
            let text =
                typed(&value).ok_or_else(|| fail(format!("`{key}` is a {}, expected text", value.type_str())))?;
            self.given.insert(key, text);
        }
        Ok(())
    }

    /// Asks all questions; without `ask`, takes the usual answers.
    ///
    /// # Errors
    /// When an answer is missing or is none.
    pub fn run(&self, mut ask: Option<Ask<'_>>) -> Result<Answers, InitError> {
        let mut draft = Draft::default();
        let mut missing = Vec::new();
        for question in QUESTIONS {
            if let Some(text) = self.given.get(question.key) {
                (question.take)(&mut draft, text).map_err(|why| InitError::Answer { key: question.key, why })?;
                continue;
            }
            let usual = self.usual.get(question.key).cloned().or_else(|| (question.usual)(&draft));
            let Some(ask) = ask.as_mut() else {
                let assumes = usual.is_none() && self.unanswered == Unanswered::Assumed;
                let text = if assumes { (question.assumed)(&draft) } else { usual };
                let Some(text) = text else {
                    missing.push(question.key);
                    continue;
                };
                (question.take)(&mut draft, &text).map_err(|why| InitError::Answer { key: question.key, why })?;
                draft.assumed.extend(assumes.then_some(question.key));
                continue;
            };
            let shown = usual.as_ref().filter(|text| !text.is_empty()).map(|text| format!(" [{text}]"));
            let mut prompt = format!("{}{}: ", question.ask, shown.unwrap_or_default());
            loop {
                let line = ask(&prompt).ok_or(InitError::Gone(question.key))?;
                let line = if line.trim().is_empty() { usual.clone().unwrap_or_default() } else { line };
                match (question.take)(&mut draft, line.trim()) {
                    Ok(()) => break,
                    Err(why) => prompt = format!("  {why}\n{}: ", question.ask),
                }
            }
        }
        if missing.is_empty() {
            draft.complete().ok_or(InitError::Missing(missing))
        } else {
            Err(InitError::Missing(missing))
        }
    }
}

/// A value as a person would type it.
fn typed(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => Some(items.iter().map(typed).collect::<Option<Vec<_>>>()?.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers by a script of lines, and what was asked.
    fn talk(lines: &[&str]) -> (Result<Answers, InitError>, Vec<String>) {
        let (mut lines, mut asked) = (lines.iter(), Vec::new());
        let mut ask = |prompt: &str| {
            asked.push(prompt.to_owned());
            lines.next().map(|line| format!("{line}\n"))
        };
        let answers = Interview::default().run(Some(&mut ask));
        (answers, asked)
    }

    #[test]
    fn an_empty_line_takes_the_usual_answer() {
        let (answers, asked) = talk(&["", "heron", "", "", "512", "", "/home:nfs4, /apps:nfs4:ro", "", "head1", ""]);
        let answers = answers.expect("all answered");
        assert_eq!((answers.preset.as_str(), answers.os.as_str(), answers.nodes), ("slurm-el", "el9", 512));
        assert_eq!(answers.images.as_str(), "/apps/shifter/images");
        assert_eq!(asked.len(), QUESTIONS.len());
        assert!(asked[0].ends_with(" [slurm-el]: "), "{}", asked[0]);
        assert!(asked[1].ends_with("as users call it: "), "{}", asked[1]);
    }

    #[test]
    fn a_wrong_answer_is_asked_again_with_the_reason() {
        let (answers, asked) = talk(&["vax", "laptop", "", "", "", "", "", "", "", "", ""]);
        assert_eq!(answers.expect("all answered").name, "laptop");
        assert!(asked[1].starts_with("  `vax` is none of "), "{}", asked[1]);
    }

    #[test]
    fn an_end_of_the_talk_is_no_answer() {
        let (answers, _) = talk(&["laptop"]);
        assert!(matches!(answers, Err(InitError::Gone("name"))));
    }
}
