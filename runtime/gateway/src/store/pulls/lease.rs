//! Which gateway runs a pull, and who goes on with it when that one is gone.
//!
//! A pull belongs to the gateway that accepted it. Where several share a store, its lease runs out unless that gateway
//! renews it, and whoever sees that first takes the pull over, in the transaction in which it sees it: no pull is lost,
//! and the gateway that lost one can no longer change its row. Leases are judged by the store's clock alone.

use std::collections::BTreeSet;

use shifter_gateway_types::rest::Status;

use super::in_flight;
use crate::store::model::Job;
use crate::store::rows::{Only, Order, Record, Rows, Sharing, is};
use crate::store::tables::{LeaseRow, PullRow};
use crate::store::value::{ToValue, Value};
use crate::store::{Store, StoreError};

/// How long a gateway that is not heard of keeps its pulls.
pub(super) const SECONDS: f64 = 15.0;

impl Store {
    /// Takes over the pulls that nobody runs: at the start of a gateway that has its store for itself, all in flight; else
    /// those whose lease has run out. Those that can go on are PENDING again and given back in order; those whose password
    /// died with its gateway have failed, and may be asked for again at once. Repeated calls find nothing twice.
    pub fn recover(&self, now: f64) -> Result<Vec<Job>, StoreError> {
        self.write(|rows| {
            let lost = self.lost(rows)?;
            let mut jobs = Vec::new();
            for mut row in lost {
                if row.with_password {
                    let set = [
                        ("status", Status::Failure.to_value()),
                        ("interrupted", true.to_value()),
                        ("asked", Value::Real(now)),
                        ("heartbeat", Value::Real(now)),
                        ("message", "the gateway was restarted and keeps no passwords: pull again".to_value()),
                    ];
                    rows.change(PullRow::TABLE, &set, &[is("seq", row.seq)])?;
                    continue;
                }
                (row.status, row.message) = (Status::Pending, Status::Pending.as_str().to_owned());
                let set = [
                    ("status", row.status.to_value()),
                    ("message", row.message.to_value()),
                    ("heartbeat", Value::Real(now)),
                    ("owner", self.instance.to_value()),
                    ("lease", Value::Real(rows.now()? + SECONDS)),
                ];
                rows.change(PullRow::TABLE, &set, &[is("seq", row.seq)])?;
                jobs.push(row.into());
            }
            Ok(jobs)
        })
    }

    fn lost(&self, rows: &mut dyn Rows) -> Result<Vec<PullRow>, StoreError> {
        let mut only = vec![in_flight()];
        if self.sharing() == Sharing::Shared {
            only.push(Only::Below("lease", Value::Real(rows.now()?)));
        }
        let all = rows.all::<PullRow>(&only, Order::By(&["seq"]))?;
        Ok(all.into_iter().filter(|row| row.owner != self.instance).collect())
    }

    /// Keeps the pulls that this gateway runs, and says which these are: others have been taken over or have ended.
    pub fn renew(&self) -> Result<BTreeSet<i64>, StoreError> {
        let only = [is("owner", &self.instance), in_flight()];
        self.write(|rows| {
            let until = Value::Real(rows.now()? + SECONDS);
            rows.change(PullRow::TABLE, &[("lease", until)], &only)?;
            Ok(rows.all::<PullRow>(&only, Order::By(&["seq"]))?.into_iter().map(|row| row.seq).collect())
        })
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
