//! A question taken apart: numbers of big end first, and strings with their length before them.

use super::answer::Failed;
use super::attributes::Attributes;

/// What is left of a question.
pub(super) struct Question<'a>(&'a [u8]);

impl<'a> Question<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Question<'a> {
        Question(bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn number_of(&mut self) -> Result<u32, Failed> {
        self.number().ok_or(Failed::Broken)
    }

    pub(super) fn long(&mut self) -> Result<u64, Failed> {
        self.take().map(u64::from_be_bytes).ok_or(Failed::Broken)
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], Failed> {
        let length = self.number_of()? as usize;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Failed::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Of extended attributes none is known, and they come last.
    pub(super) fn attributes(&mut self) -> Result<Attributes, Failed> {
        let flags = self.number_of()?;
        let mut found = Attributes::default();
        if flags & Attributes::SIZE != 0 {
            found.size = Some(self.long()?);
        }
        if flags & Attributes::OWNERS != 0 {
            found.owners = Some((self.number_of()?, self.number_of()?));
        }
        if flags & Attributes::MODE != 0 {
            found.mode = Some(self.number_of()?);
        }
        if flags & Attributes::TIMES != 0 {
            found.times = Some((self.number_of()?, self.number_of()?));
        }
        Ok(found)
    }
}
