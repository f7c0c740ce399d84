//! Pulls: asked for, in flight, done or failed.
//!
//! INIT, PENDING, PULLING, EXAMINATION, CONVERSION, TRANSFER, then either the row is gone and the
//! tag is there, or FAILURE with its reason. Only a pull in flight changes its state, and only by the gateway that runs
//! it: `lease` says which one that is, `complete` how a pull ends well.

mod complete;
mod lease;

pub use lease::LEASE;

use shifter_gateway_types::rest::Status;

use super::model::{Image, Job, PullAsk};
use super::rows::{Only, Order, Record, Rows, is};
use super::tables::{PullRow, TagRow, of_tag, of_tag_and};
use super::value::{ToValue, Value};
use super::{Store, StoreError};

/// The states of a pull that goes on; the unique index of the table repeats them.
const IN_FLIGHT: [Status; 6] =
    [Status::Init, Status::Pending, Status::Pulling, Status::Examination, Status::Conversion, Status::Transfer];

/// What became of a request to pull.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// It is new and must be started.
    Started(Job),
    /// The same pull is under way; the access lists were joined.
    Joined(Job),
    /// The same pull failed a moment ago.
    Failed(Job),
    /// Too many pulls wait.
    Full,
    /// Too many pulls of this user wait.
    FullForUser,
    /// The tag is not as it was seen any more: look again.
    Moved,
}

/// Seconds by which the clocks of several gateways may differ.
const SKEW: f64 = 60.0;

/// On what terms a pull is begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// The time.
    pub now: f64,
    /// A failure after this time stands.
    pub failed_since: f64,
    /// The most pulls in flight.
    pub most: u32,
    /// The most pulls in flight that one user asked for; `None` for no bound.
    pub most_of_user: Option<u32>,
    /// `last_pull` of the tag when the caller looked; `None` when there was no tag.
    pub seen: Option<f64>,
}

/// What a finished pull found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// The image for the best platform.
    pub image: Image,
    /// Those for other platforms.
    pub others: Vec<Image>,
    /// The platforms that were asked for, as in [`crate::config::System::platforms_text`].
    pub platforms: String,
    /// Whether only those with a password for its registry may have it.
    pub private: bool,
}

/// How a pull failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: String,
    /// Whether somebody else's pull of the same may well succeed.
    pub is_of_asker: bool,
}

impl<T: Into<String>> From<T> for Failure {
    fn from(reason: T) -> Self {
        Self { reason: reason.into(), is_of_asker: false }
    }
}

/// Pulls that go on.
pub(super) fn in_flight() -> Only {
    Only::OneOf("status", IN_FLIGHT.iter().map(ToValue::to_value).collect())
}

impl Store {
    /// Records a request to pull, unless the same pull is in flight, has just failed or has just ended.
    pub fn ask(&self, ask: &PullAsk, terms: Terms) -> Result<Asked, StoreError> {
        self.write(|rows| {
            if let Some(row) = rows.one::<PullRow>(&same(ask, in_flight()))? {
                return Ok(Asked::Joined(join(rows, row, ask)?));
            }
            // A pull that ended between the caller's look and now is not begun again.
            if rows.one::<TagRow>(&of_tag(&ask.name))?.map(|tag| tag.last_pull) != terms.seen {
                return Ok(Asked::Moved);
            }
            if let Some(job) = failed(rows, ask, terms)? {
                return Ok(Asked::Failed(job));
            }
            if rows.number_of::<PullRow>(&[in_flight()])? >= u64::from(terms.most) {
                return Ok(Asked::Full);
            }
            if is_full_for(rows, ask, terms.most_of_user)? {
                return Ok(Asked::FullForUser);
            }
            Ok(Asked::Started(self.insert(rows, ask, terms.now)?))
        })
    }

    /// Moves a pull in flight on. False when it is no longer in flight, or another gateway runs it.
    pub fn advance(&self, seq: i64, status: &Status, message: &str, now: f64) -> Result<bool, StoreError> {
        let set = [("status", status.to_value()), ("message", message.to_value()), ("heartbeat", Value::Real(now))];
        Ok(self.write(|rows| rows.change(PullRow::TABLE, &set, &self.own(seq)))? == 1)
    }

    /// Forgets a pull that is not to be begun after all.
    pub fn withdraw(&self, seq: i64) -> Result<(), StoreError> {
        self.write(|rows| rows.drop_all::<PullRow>(&[is("seq", seq)]))?;
        Ok(())
    }

    /// Ends a pull in flight; `asked` becomes the time of the failure.
    pub fn fail(&self, seq: i64, failure: &Failure, now: f64) -> Result<(), StoreError> {
        let set = [
            ("status", Status::Failure.to_value()),
            ("message", failure.reason.to_value()),
            ("asked", Value::Real(now)),
            ("heartbeat", Value::Real(now)),
            ("of_asker", failure.is_of_asker.to_value()),
        ];
        self.write(|rows| rows.change(PullRow::TABLE, &set, &self.own(seq)))?;
        Ok(())
    }

    /// Forgets failures older than `since`.
    pub fn forget_failures(&self, since: f64) -> Result<usize, StoreError> {
        let only = [is("status", Status::Failure), Only::Below("asked", Value::Real(since))];
        let count = self.write(|rows| rows.drop_all::<PullRow>(&only))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Pulls of a system that wait or run, in the order of asking.
    pub fn queue(&self, system: &str) -> Result<Vec<Job>, StoreError> {
        let only = [is("system", system), in_flight()];
        let all = self.read(|rows| rows.all::<PullRow>(&only, Order::By(&["seq"])))?;
        Ok(all.into_iter().map(Job::from).collect())
    }

    /// A pull in flight that this gateway runs.
    fn own(&self, seq: i64) -> [Only; 3] {
        [is("seq", seq), is("owner", &self.instance), in_flight()]
    }

    /// The unique index makes a second pull of the same name and identity impossible.
    fn insert(&self, rows: &mut dyn Rows, ask: &PullAsk, now: f64) -> Result<Job, StoreError> {
        // What is asked again replaces what failed before.
        rows.drop_all::<PullRow>(&same(ask, is("status", Status::Failure)))?;
        let mut row = PullRow {
            seq: 0,
            system: ask.name.system.clone(),
            itype: ask.name.itype.clone(),
            tag: ask.name.tag.clone(),
            identity: ask.identity.clone(),
            uid: ask.uid,
            users: ask.users.clone(),
            groups: ask.groups.clone(),
            with_password: ask.with_password,
            status: Status::Init,
            message: "INIT".to_owned(),
            asked: now,
            heartbeat: now,
            interrupted: false,
            askers: ask.uid.into_iter().collect(),
            of_asker: false,
            owner: self.instance.clone(),
            lease: rows.now()? + LEASE.as_secs_f64(),
        };
        row.seq = rows.add(PullRow::TABLE, &row.to_row())?;
        Ok(row.into())
    }
}

/// Pulls of the same name and identity.
fn same(ask: &PullAsk, and: Only) -> Vec<Only> {
    of_tag_and(&ask.name, [is("identity", &ask.identity), and])
}

fn failed(rows: &mut dyn Rows, ask: &PullAsk, terms: Terms) -> Result<Option<Job>, StoreError> {
    let all = rows.all::<PullRow>(&same(ask, is("status", Status::Failure)), Order::By(&["seq"]))?;
    let is_shown = |row: &PullRow| !row.interrupted && (!row.of_asker || row.uid == ask.uid);
    let last = all.into_iter().rev().find(is_shown);
    // After a clock was set back, what failed then must not stand until that time comes again.
    let shown = terms.failed_since..=terms.now + SKEW;
    Ok(last.filter(|row| shown.contains(&row.asked)).map(Job::from))
}

/// Counts what the user began; joining a pull of somebody else costs nothing.
fn is_full_for(rows: &mut dyn Rows, ask: &PullAsk, most: Option<u32>) -> Result<bool, StoreError> {
    let (Some(uid), Some(most)) = (ask.uid, most) else { return Ok(false) };
    let running = [is("system", &ask.name.system), is("uid", uid), in_flight()];
    Ok(rows.number_of::<PullRow>(&running)? >= u64::from(most))
}

/// Adds the user and the lists of a second request to a pull in flight.
fn join(rows: &mut dyn Rows, mut row: PullRow, ask: &PullAsk) -> Result<Job, StoreError> {
    let before = row.clone();
    row.askers.extend(ask.uid);
    row.users.extend(&ask.users);
    row.groups.extend(&ask.groups);
    if row != before {
        let set =
            [("askers", row.askers.to_value()), ("users", row.users.to_value()), ("groups", row.groups.to_value())];
        rows.change(PullRow::TABLE, &set, &[is("seq", row.seq)])?;
    }
    Ok(row.into())
}
