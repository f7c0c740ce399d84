//! The record of a start, a refusal, a set-up or its removal: one line, printed and read by this type.
//!
//! The line is a JSON object of ASCII characters (RFC 8259) that is never longer than [`LONGEST`] bytes. Text from outside
//! is escaped, so that it cannot end the line or the string it stands in, and cut, so that the record stays whole. In the
//! system log it stands after [`COOKIE`], which is how rsyslog's mmjsonparse knows structured text; journald keeps it as
//! the message. RFC 5424 (section 6.1) wants 2048 bytes kept whole of all who receive; rsyslog keeps 8 KiB and journald 48.

mod parse;
mod print;

pub use parse::RecordFault;

/// No record is longer, with what stands before it in the log.
pub const LONGEST: usize = 2048;

/// No record that is kept on the node is longer: that one has the mounts too.
pub const LONGEST_KEPT: usize = LONGEST + (2 << 10);

/// What stands before a record in the log.
pub const COOKIE: &str = "@cee: ";

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When, in microseconds since 1970.
    pub at: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Who asked, by the kernel.
    pub uid: u32,
    /// The batch job as the caller's environment has it. He can claim any.
    pub job_claimed: Option<String>,
    /// The image as `type:tag`, as asked for.
    pub image: Option<String>,
    /// The digest of its manifest in the registry, as `sha256:...`.
    pub digest: Option<String>,
    /// Its identity.
    pub id: Option<String>,
    /// The modules, in order, as `name` or `name/version`.
    pub modules: Vec<String>,
    /// The user's volumes in the form of [`crate::volume::VolumeMap::signature`]. Not in the system log.
    pub volumes: Option<String>,
    /// What the site and the modules mount, each with the key that says so. Not in the system log.
    pub mounts: Vec<String>,
    /// The site's configuration id (key `confId`).
    pub config_id: Option<String>,
    /// The first word of the command; never its arguments.
    pub program: Option<String>,
    /// How long each phase took, in microseconds.
    pub phases: Vec<(Phase, u64)>,
    /// What the program ended with, where no command was started.
    pub exit: Option<i32>,
    /// Why, in the words the caller was told.
    pub error: Option<String>,
    /// Records of this user before this one that were left out because there were too many.
    pub left_out: u64,
}

impl Record {
    /// A record of nothing but its ending.
    #[must_use]
    pub fn new(outcome: Outcome, uid: u32) -> Self {
        Self {
            at: 0,
            outcome,
            uid,
            job_claimed: None,
            image: None,
            digest: None,
            id: None,
            modules: Vec::new(),
            volumes: None,
            mounts: Vec::new(),
            config_id: None,
            program: None,
            phases: Vec::new(),
            exit: None,
            error: None,
            left_out: 0,
        }
    }

    /// Whether nothing was cut from what says which container it is.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let texts = [&self.image, &self.id, &self.digest];
        !texts.into_iter().flatten().chain(&self.modules).any(|text| text.ends_with(print::CUT))
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The container was built and the command is next. What becomes of the command is not known.
    Started,
    /// The caller asked for what there is not, or what he may not have.
    Refused,
    /// The site or the node could not do what was asked for, or the command could not be started.
    Failed,
    /// A job's container was set up.
    SetUp,
    /// A job's container was removed.
    TornDown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::Started, Self::Refused, Self::Failed, Self::SetUp, Self::TornDown];

    /// The word in a record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::SetUp => "set-up",
            Self::TornDown => "torn-down",
        }
    }
}

/// What the time of a start goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// From the first line of the program to a request that was understood.
    Request,
    /// Finding and opening the image.
    Image,
    /// Finding the caller's name and planning.
    Plan,
    /// Building the container.
    Build,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Request, Self::Image, Self::Plan, Self::Build];

    /// The key in a record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Image => "image",
            Self::Plan => "plan",
            Self::Build => "build",
        }
    }
}

#[cfg(test)]
mod tests;
