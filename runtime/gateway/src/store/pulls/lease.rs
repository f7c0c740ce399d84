//! Which gateway runs a pull, and who goes on with it when that one is gone.
//!
//! A pull belongs to the gateway that accepted it. Where several share a store, its lease runs out unless that gateway
//! renews it, and whoever sees that first takes the pull over, in the transaction in which it sees it: no pull is lost,
//! and the gateway that lost one can no longer change its row. Leases are judged by the store's clock alone.

use std::time::Duration;

use shifter_gateway_types::rest::Status;

use super::in_flight;
use crate::store::model::Job;
use crate::store::rows::{Order, Record, Sharing, is};
use crate::store::tables::{LeaseRow, PullRow};
use crate::store::value::{ToValue, Value};
use crate::store::{Store, StoreError};

/// How long a gateway that is not heard of keeps its pulls.
pub const LEASE: Duration = Duration::from_secs(15);

impl Store {
    /// Takes over the pulls that were this gateway's own in a run that is over: at its start. Where the store is its own
    /// alone, these are all in flight.
    pub fn recover_own(&self, now: f64) -> Result<Vec<Job>, StoreError> {
        self.take_over(now, |row, _| self.was_own(row))
    }

    /// Takes over the pulls that nobody runs: its own of a run that is over, and those of others whose lease has run out.
    /// Those that can go on are PENDING again and given back in order; those whose password died with its gateway have
    /// failed, and may be asked for again at once. Repeated calls find nothing twice.
    pub fn recover(&self, now: f64) -> Result<Vec<Job>, StoreError> {
        self.take_over(now, |row, time| self.was_own(row) || row.lease < time)
    }

    /// Two runs of one gateway are never at the same time.
    fn was_own(&self, row: &PullRow) -> bool {
        let has_my_name = || !self.gateway.is_empty() && row.owner.starts_with(&format!("{}/", self.gateway));
        self.sharing() == Sharing::Alone || has_my_name()
    }

    fn take_over(&self, now: f64, is_lost: impl Fn(&PullRow, f64) -> bool) -> Result<Vec<Job>, StoreError> {
        self.write(|rows| {
            let time = rows.now()?;
            let mut jobs = Vec::new();
            for mut row in rows.all::<PullRow>(&[in_flight()], Order::By(&["seq"]))? {
                if row.owner == self.instance || !is_lost(&row, time) {
                    continue;
                }
                let this = [is("seq", row.seq)];
                if row.with_password {
                    let set = [
                        ("status", Status::Failure.to_value()),
                        ("interrupted", true.to_value()),
                        ("asked", Value::Real(now)),
                        ("heartbeat", Value::Real(now)),
                        ("message", "the gateway was restarted and keeps no passwords: pull again".to_value()),
                    ];
                    rows.change(PullRow::TABLE, &set, &this)?;
                    continue;
                }
                (row.status, row.message) = (Status::Pending, Status::Pending.as_str().to_owned());
                let set = [
                    ("status", row.status.to_value()),
                    ("message", row.message.to_value()),
                    ("heartbeat", Value::Real(now)),
                    ("owner", self.instance.to_value()),
                    ("lease", Value::Real(time + LEASE.as_secs_f64())),
                ];
                rows.change(PullRow::TABLE, &set, &this)?;
                jobs.push(row.into());
            }
            Ok(jobs)
        })
    }

    /// Keeps the pulls that this gateway runs, and says which these are: others have been taken over or have ended.
    pub fn renew(&self) -> Result<Vec<Job>, StoreError> {
        let only = [is("owner", &self.instance), in_flight()];
        self.write(|rows| {
            let until = Value::Real(rows.now()? + LEASE.as_secs_f64());
            rows.change(PullRow::TABLE, &[("lease", until)], &only)?;
            Ok(rows.all::<PullRow>(&only, Order::By(&["seq"]))?.into_iter().map(Job::from).collect())
        })
    }

    /// Lets others take over at once what this gateway runs: it stops.
    pub fn release(&self) -> Result<(), StoreError> {
        let only = [is("owner", &self.instance), in_flight()];
        self.write(|rows| rows.change(PullRow::TABLE, &[("lease", Value::Real(0.0))], &only))?;
        Ok(())
    }

    /// Whether this gateway may do now what one at a time does, for so many seconds.
    pub fn take_turn(&self, what: &str, seconds: f64) -> Result<bool, StoreError> {
        if self.sharing() == Sharing::Alone {
            return Ok(true);
        }
        self.write(|rows| {
            let now = rows.now()?;
            let held = rows.one::<LeaseRow>(&[is("name", what)])?;
            let is_free = held.is_none_or(|lease| lease.until < now || lease.owner == self.instance);
            if is_free {
                rows.save(&LeaseRow { name: what.to_owned(), owner: self.instance.clone(), until: now + seconds })?;
            }
            Ok(is_free)
        })
    }
}
