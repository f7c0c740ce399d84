//! What became of each record and each file.

use std::fmt;

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The tag is recorded, with the image of this id.
    Adopted(String),
    /// The tag was recorded before and stays as it is.
    Known,
    /// It is not adopted, for this reason.
    LeftOut(String),
    /// A file that no record is about.
    Unknown,
}

/// All of them, in the order in which they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<(String, Fate)>);

impl Report {
    pub(super) fn tell(&mut self, what: String, fate: Fate) {
        self.0.push((what, fate));
    }

    /// What became of what.
    #[must_use]
    pub fn fates(&self) -> &[(String, Fate)] {
        &self.0
    }

    fn count(&self, is_meant: impl Fn(&Fate) -> bool) -> usize {
        self.0.iter().filter(|(_, fate)| is_meant(fate)).count()
    }
}

/// A line for each, and the sums.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, fate) in &self.0 {
            match fate {
                Fate::Adopted(id) => writeln!(f, "adopted   {what}  {id}")?,
                Fate::Known => writeln!(f, "known     {what}")?,
                Fate::LeftOut(why) => writeln!(f, "left out  {what}: {why}")?,
                Fate::Unknown => writeln!(f, "no record {what}")?,
            }
        }
        let adopted = self.count(|fate| matches!(fate, Fate::Adopted(_)));
        let known = self.count(|fate| *fate == Fate::Known);
        let left = self.count(|fate| matches!(fate, Fate::LeftOut(_)));
        let unknown = self.count(|fate| *fate == Fate::Unknown);
        writeln!(f, "{adopted} adopted, {known} known before, {left} left out, {unknown} files without record")
    }
}
