//! What became of tags.

use shifter_gateway_types::rest::{HistoryEvent, HistoryRow};

use super::model::TagName;
use super::rows::{Only, Order, Record, Rows};
use super::tables::{HistoryLine, TagRow, of_tag, of_tag_and};
use super::value::Value;
use super::{Store, StoreError};

/// So many lines of a tag are kept.
const LINES: u32 = 100;

/// What happened to a tag and the image it has for the best platform.
pub(super) struct Line {
    pub(super) time: f64,
    pub(super) event: HistoryEvent,
    pub(super) uid: Option<u32>,
}

/// A line, and whether the tag was private then.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The line.
    pub row: HistoryRow,
    /// Whether the tag was private then.
    pub private: bool,
}

impl Store {
    /// What became of a tag, the oldest first.
    pub fn history(&self, name: &TagName) -> Result<Vec<Past>, StoreError> {
        let lines = self.read(|rows| rows.all::<HistoryLine>(&of_tag(name), Order::By(&["seq"])))?;
        let past = |line: HistoryLine| {
            let HistoryLine { time, event, id, uid, private, .. } = line;
            Past { row: HistoryRow { time, event, id, uid }, private }
        };
        Ok(lines.into_iter().map(past).collect())
    }
}

/// Writes a line about a tag that is there, and drops the oldest ones.
pub(super) fn write(rows: &mut dyn Rows, tag: &TagRow, line: &Line) -> Result<(), StoreError> {
    let name = tag.name();
    let TagName { system, itype, tag: text } = name.clone();
    let Line { time, event, uid } = *line;
    let (id, private) = (tag.id.clone(), tag.private);
    let line = HistoryLine { seq: 0, system, itype, tag: text, time, event, id, uid, private };
    rows.add(HistoryLine::TABLE, &line.to_row())?;
    let last = rows.all::<HistoryLine>(&of_tag(&name), Order::Last(LINES + 1))?;
    if let Some(first) = last.get(LINES as usize) {
        rows.drop_all::<HistoryLine>(&of_tag_and(&name, [Only::AtMost("seq", Value::Int(first.seq))]))?;
    }
    Ok(())
}
