//! The reading position in a text, blanks, comments and here-documents.

use std::ops::Range;

use super::{Command, Problem, Script, Setting};

/// How deeply compound commands and substitutions may stand in one another.
const DEEPEST: usize = 64;

/// Reads the whole of `text`.
pub(super) fn read(text: &str) -> Script {
    let mut reader = Reader::over(text, 0..text.len());
    reader.list(&[], &Setting::default());
    reader.finish_here_documents();
    let mut script = Script {
        text: text.to_owned(),
        interpreter: None,
        commands: reader.commands,
        comments: reader.comments,
        problems: reader.problems,
    };
    let spoken = super::spoken::commands(&script);
    script.commands.extend(spoken);
    script
}

/// Reads the part `span` of `text` as commands that another shell is given.
pub(super) fn read_part(text: &str, span: Range<usize>, setting: &Setting) -> Vec<Command> {
    let mut reader = Reader::over(text, span);
    reader.list(&[], setting);
    reader.commands
}

/// A position in a text, and what was read so far.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// Nothing behind it is read.
    pub(super) end: usize,
    pub(super) commands: Vec<Command>,
    pub(super) problems: Vec<Problem>,
    /// What may end the lists that are being read, outermost first.
    pub(super) open: Vec<&'static [&'static str]>,
    comments: Vec<Range<usize>>,
    here: Vec<HereDocument>,
    depth: usize,
}

/// A here-document whose body has not come yet.
struct HereDocument {
    span: Range<usize>,
    delimiter: String,
    strips_tabs: bool,
    is_expanded: bool,
}

impl<'t> Reader<'t> {
    fn over(text: &'t str, span: Range<usize>) -> Self {
        Reader {
            text,
            at: span.start,
            end: span.end,
            commands: Vec::new(),
            problems: Vec::new(),
            open: Vec::new(),
            comments: Vec::new(),
            here: Vec::new(),
            depth: 0,
        }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Goes behind `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn problem(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.problems.push(Problem { span, what: what.into() });
    }

    /// Runs `inner` one level deeper, or gives up where nobody can have meant it.
    pub(super) fn deeper(&mut self, inner: impl FnOnce(&mut Self)) {
        if self.depth == DEEPEST {
            self.problem(self.at..self.at, format!("commands stand more than {DEEPEST} deep in one another"));
            self.at = self.end;
            return;
        }
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// Goes over blanks, continued lines and comments, not over the end of a line.
    pub(super) fn blank(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.bump(),
                Some('\\') if self.rest().starts_with("\\\n") => self.at += 2,
                Some('\\') if self.rest().starts_with("\\\r\n") => self.at += 3,
                Some('#') => {
                    let end = self.line_end(self.at);
                    self.comments.push(self.at..end);
                    self.at = end;
                }
                _ => return,
            }
        }
    }

    /// Goes over blanks, comments and ends of lines.
    pub(super) fn blank_lines(&mut self) {
        loop {
            self.blank();
            if !self.newline() {
                return;
            }
        }
    }

    /// Goes over the end of a line, and over the here-documents that begin behind it.
    pub(super) fn newline(&mut self) -> bool {
        let found = self.take("\n");
        if found {
            for document in std::mem::take(&mut self.here) {
                self.body(&document);
            }
        }
        found
    }

    /// Notes a here-document.
    pub(super) fn here_document(
        &mut self,
        span: Range<usize>,
        delimiter: String,
        strips_tabs: bool,
        is_expanded: bool,
    ) {
        self.here.push(HereDocument { span, delimiter, strips_tabs, is_expanded });
    }

    fn body(&mut self, document: &HereDocument) {
        let start = self.at;
        loop {
            let (from, to) = (self.at, self.line_end(self.at));
            let line = self.text[from..to].trim_end_matches('\r');
            let line = if document.strips_tabs { line.trim_start_matches('\t') } else { line };
            if line == document.delimiter {
                self.expand(document, start..from);
                self.at = to;
                self.take("\n");
                return;
            }
            if to >= self.end {
                self.problem(document.span.clone(), format!("no line `{}` ends the here-document", document.delimiter));
                self.at = self.end;
                return;
            }
            self.at = to + 1;
        }
    }

    /// The commands within a here-document that is expanded.
    fn expand(&mut self, document: &HereDocument, body: Range<usize>) {
        if !document.is_expanded {
            return;
        }
        let outer = (std::mem::replace(&mut self.at, body.start), std::mem::replace(&mut self.end, body.end));
        self.quoted_text(&Setting::default(), &mut Vec::new());
        (self.at, self.end) = outer;
    }

    fn finish_here_documents(&mut self) {
        for document in std::mem::take(&mut self.here) {
            self.problem(document.span, format!("no line `{}` ends the here-document", document.delimiter));
        }
    }
}

impl Setting {
    /// That of commands within this one's words: they are not what is tested or sent to the background.
    pub(super) fn inside(&self) -> Setting {
        Setting { is_tested: false, in_background: false, is_piped: false, from_pipe: false, ..self.clone() }
    }

    /// That of commands in a loop, branch or body.
    pub(super) fn body(&self) -> Setting {
        Setting { is_conditional: true, ..self.inside() }
    }
}
