//! Pulls: asked for, in flight, done or failed.
//!
//! INIT, PENDING, PULLING, EXAMINATION, CONVERSION, TRANSFER, then either the row is gone and the
//! tag is there, or FAILURE with its reason. Only a pull in flight changes its state.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};
use shifter_gateway_types::rest::{HistoryEvent, Status};

use super::images::put_image;
use super::model::{Image, Job, PullAsk, TagName};
use super::names::{Standing, ids_of_tag, put_others, settle, standing};
use super::schema::IN_FLIGHT;
use super::{Store, StoreError, history};

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

const COLUMNS: &str = "seq, system, itype, tag, identity, uid, users, groups, with_password, status, message, asked";

impl Store {
    /// Records a request to pull, unless the same pull is in flight, has just failed or has just ended.
    pub fn ask(&self, ask: &PullAsk, terms: Terms) -> Result<Asked, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let asked = match in_flight(&db, ask)? {
            Some(job) => Asked::Joined(join(&db, job, ask)?),
            // A pull that ended between the caller's look and now is not begun again.
            None if last_pull(&db, &ask.name)? != terms.seen => Asked::Moved,
            None => match failed(&db, ask, terms.failed_since)? {
                Some(job) => Asked::Failed(job),
                None if count_in_flight(&db)? >= i64::from(terms.most) => Asked::Full,
                None if is_full_for(&db, ask, terms.most_of_user)? => Asked::FullForUser,
                None => Asked::Started(insert(&db, ask, terms.now)?),
            },
        };
        db.commit()?;
        Ok(asked)
    }

    /// Moves a pull in flight on. False when it is no longer in flight.
    pub fn advance(&self, seq: i64, status: &Status, message: &str, now: f64) -> Result<bool, StoreError> {
        let sql = format!(
            "UPDATE pull SET status = ?2, message = ?3, heartbeat = ?4 WHERE seq = ?1 AND status IN {IN_FLIGHT}"
        );
        Ok(self.writer().prepare_cached(&sql)?.execute((seq, status.as_str(), message, now))? == 1)
    }

    /// Forgets a pull that is not to be begun after all.
    pub fn withdraw(&self, seq: i64) -> Result<(), StoreError> {
        self.writer().execute("DELETE FROM pull WHERE seq = ?1", [seq])?;
        Ok(())
    }

    /// Ends a pull in flight; `asked` becomes the time of the failure.
    pub fn fail(&self, seq: i64, failure: &Failure, now: f64) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE pull SET status = 'FAILURE', message = ?2, asked = ?3, heartbeat = ?3, of_asker = ?4
             WHERE seq = ?1 AND status IN {IN_FLIGHT}"
        );
        self.writer().prepare_cached(&sql)?.execute((seq, &failure.reason, now, failure.is_of_asker))?;
        Ok(())
    }

    /// How the tag and images of a pull will stand once it is completed; changes nothing.
    ///
    /// The caller writes the index from this before [`Store::complete`], one completion at a time.
    pub fn preview(&self, seq: i64, done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Dropped without commit: rolled back.
        apply(&db, seq, done, now)
    }

    /// Stores the images, their tag, its holders and grants, and forgets the pull, all at once. Images that the tag
    /// named before and no tag names now have expired.
    ///
    /// `None` when the pull is no longer in flight.
    pub fn complete(&self, seq: i64, done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let standing = apply(&db, seq, done, now)?;
        db.commit()?;
        Ok(standing)
    }

    /// After a start: pulls that can go on are PENDING again and returned in order; those whose
    /// password died with the process have failed, and may be asked for again at once.
    pub fn recover(&self, now: f64) -> Result<Vec<Job>, StoreError> {
        let mut writer = self.writer();
        let db = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        db.execute(
            &format!(
                "UPDATE pull SET status = 'FAILURE', interrupted = 1, asked = ?1, heartbeat = ?1,
                     message = 'the gateway was restarted and keeps no passwords: pull again'
                 WHERE with_password = 1 AND status IN {IN_FLIGHT}"
            ),
            [now],
        )?;
        db.execute(
            &format!(
                "UPDATE pull SET status = 'PENDING', message = 'PENDING', heartbeat = ?1 WHERE status IN {IN_FLIGHT}"
            ),
            [now],
        )?;
        let jobs = jobs(&db, "status = 'PENDING' ORDER BY seq")?;
        db.commit()?;
        Ok(jobs)
    }

    /// Forgets failures older than `since`.
    pub fn forget_failures(&self, since: f64) -> Result<usize, StoreError> {
        Ok(self.writer().execute("DELETE FROM pull WHERE status = 'FAILURE' AND asked < ?1", [since])?)
    }

    /// Pulls of a system that wait or run, in the order of asking.
    pub fn queue(&self, system: &str) -> Result<Vec<Job>, StoreError> {
        let all = self.read(|db| jobs(db, &format!("status IN {IN_FLIGHT} ORDER BY seq")))?;
        Ok(all.into_iter().filter(|job| job.ask.name.system == system).collect())
    }
}

fn in_flight(db: &Connection, ask: &PullAsk) -> Result<Option<Job>, StoreError> {
    one(db, ask, &format!("status IN {IN_FLIGHT}"))
}

fn last_pull(db: &Connection, name: &TagName) -> Result<Option<f64>, StoreError> {
    let mut find = db.prepare_cached("SELECT last_pull FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3")?;
    Ok(find.query_row((&name.system, &name.itype, &name.tag), |row| row.get(0)).optional()?)
}

fn failed(db: &Connection, ask: &PullAsk, since: f64) -> Result<Option<Job>, StoreError> {
    let own = ask.uid.map_or_else(|| "NULL".to_owned(), |uid| uid.to_string());
    let shown = format!("(of_asker = 0 OR uid IS {own})");
    let condition = format!("status = 'FAILURE' AND interrupted = 0 AND {shown} ORDER BY seq DESC LIMIT 1");
    let last = one(db, ask, &condition)?;
    Ok(last.filter(|job| job.asked >= since))
}

fn one(db: &Connection, ask: &PullAsk, condition: &str) -> Result<Option<Job>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM pull WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND identity = ?4 AND {condition}"
    );
    let name = &ask.name;
    let mut find = db.prepare_cached(&sql)?;
    let found = find.query_row((&name.system, &name.itype, &name.tag, &ask.identity), |row| Ok(job(row)));
    found.optional()?.transpose()
}

pub(super) fn jobs(db: &Connection, condition: &str) -> Result<Vec<Job>, StoreError> {
    let mut find = db.prepare_cached(&format!("SELECT {COLUMNS} FROM pull WHERE {condition}"))?;
    let mut rows = find.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(job(row)?);
    }
    Ok(all)
}

fn job(row: &Row<'_>) -> Result<Job, StoreError> {
    let ids = |text: String| serde_json::from_str::<BTreeSet<u32>>(&text);
    Ok(Job {
        seq: row.get(0)?,
        ask: PullAsk {
            name: TagName { system: row.get(1)?, itype: row.get(2)?, tag: row.get(3)? },
            identity: row.get(4)?,
            uid: row.get(5)?,
            users: ids(row.get(6)?)?,
            groups: ids(row.get(7)?)?,
            with_password: row.get(8)?,
        },
        status: Status::parse(&row.get::<_, String>(9)?),
        message: row.get(10)?,
        asked: row.get(11)?,
    })
}

fn count_in_flight(db: &Connection) -> Result<i64, StoreError> {
    let sql = format!("SELECT count(*) FROM pull WHERE status IN {IN_FLIGHT}");
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Counts what the user began; joining a pull of somebody else costs nothing.
fn is_full_for(db: &Connection, ask: &PullAsk, most: Option<u32>) -> Result<bool, StoreError> {
    let (Some(uid), Some(most)) = (ask.uid, most) else { return Ok(false) };
    let sql = format!("SELECT count(*) FROM pull WHERE system = ?1 AND uid = ?2 AND status IN {IN_FLIGHT}");
    let running: i64 = db.prepare_cached(&sql)?.query_row((&ask.name.system, uid), |row| row.get(0))?;
    Ok(running >= i64::from(most))
}

/// The unique index makes a second pull of the same name and identity impossible.
fn insert(db: &Connection, ask: &PullAsk, now: f64) -> Result<Job, StoreError> {
    let name = &ask.name;
    // What is asked again replaces what failed before.
    db.prepare_cached(
        "DELETE FROM pull WHERE system = ?1 AND itype = ?2 AND tag = ?3 AND identity = ?4 AND status = 'FAILURE'",
    )?
    .execute((&name.system, &name.itype, &name.tag, &ask.identity))?;
    db.prepare_cached(
        "INSERT INTO pull (system, itype, tag, identity, uid, users, groups, with_password, status, message,
                           asked, heartbeat, askers)
         VALUES (:system, :itype, :tag, :identity, :uid, :users, :groups, :with_password, 'INIT', 'INIT', :now, :now,
                 :askers)",
    )?
    .execute(named_params! {
        ":system": name.system,
        ":itype": name.itype,
        ":tag": name.tag,
        ":identity": ask.identity,
        ":uid": ask.uid,
        ":users": serde_json::to_string(&ask.users)?,
        ":groups": serde_json::to_string(&ask.groups)?,
        ":with_password": ask.with_password,
        ":now": now,
        ":askers": serde_json::to_string(&ask.uid.into_iter().collect::<BTreeSet<u32>>())?,
    })?;
    let seq = db.last_insert_rowid();
    Ok(Job { seq, ask: ask.clone(), status: Status::Init, message: "INIT".to_owned(), asked: now })
}

/// Adds the user and the lists of a second request to a pull in flight.
fn join(db: &Connection, mut job: Job, ask: &PullAsk) -> Result<Job, StoreError> {
    let mut all = askers(db, job.seq)?;
    if ask.uid.is_some_and(|uid| all.insert(uid)) {
        db.prepare_cached("UPDATE pull SET askers = ?2 WHERE seq = ?1")?
            .execute((job.seq, serde_json::to_string(&all)?))?;
    }
    let mut all = job.ask.clone();
    all.users.extend(&ask.users);
    all.groups.extend(&ask.groups);
    if all != job.ask {
        db.prepare_cached("UPDATE pull SET users = ?2, groups = ?3 WHERE seq = ?1")?.execute((
            job.seq,
            serde_json::to_string(&all.users)?,
            serde_json::to_string(&all.groups)?,
        ))?;
        job.ask = all;
    }
    Ok(job)
}

/// Everybody who asked for a pull.
pub(super) fn askers(db: &Connection, seq: i64) -> Result<BTreeSet<u32>, StoreError> {
    let mut find = db.prepare_cached("SELECT askers FROM pull WHERE seq = ?1")?;
    Ok(serde_json::from_str(&find.query_row([seq], |row| row.get::<_, String>(0))?)?)
}

/// The completion of a pull within a transaction.
fn apply(db: &Connection, seq: i64, done: &Completed, now: f64) -> Result<Option<Standing>, StoreError> {
    let mut found = jobs(db, &format!("seq = {seq} AND status IN {IN_FLIGHT}"))?;
    let Some(Job { ask, .. }) = found.pop() else { return Ok(None) };
    let TagName { system, itype, tag } = &ask.name;
    for image in [&done.image].into_iter().chain(&done.others) {
        put_image(db, system, image)?;
    }
    let mut ids = ids_of_tag(db, &ask.name)?;

    // A public tag stays public as long as it names the same image.
    let before: Option<(String, bool)> = db
        .prepare_cached("SELECT id, private FROM tag WHERE system = ?1 AND itype = ?2 AND tag = ?3")?
        .query_row((system, itype, tag), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let names_it = before.as_ref().is_some_and(|(id, _)| *id == done.image.id);
    let was_public = names_it && before.is_some_and(|(_, private)| !private);
    let private = done.private && !was_public;
    db.prepare_cached(
        "INSERT INTO tag (system, itype, tag, id, private, last_pull, platforms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (system, itype, tag) DO UPDATE SET id = excluded.id, private = excluded.private,
           last_pull = excluded.last_pull, platforms = excluded.platforms",
    )?
    .execute((system, itype, tag, &done.image.id, private, now, &done.platforms))?;
    put_others(db, &ask.name, &done.others)?;

    if private {
        grant(db, &ask)?;
    } else {
        db.prepare_cached("DELETE FROM access WHERE system = ?1 AND itype = ?2 AND tag = ?3")?
            .execute((system, itype, tag))?;
    }
    for uid in askers(db, seq)?.iter().chain(&ask.uid) {
        db.prepare_cached("INSERT OR IGNORE INTO holder (system, itype, tag, uid) VALUES (?1, ?2, ?3, ?4)")?
            .execute((system, itype, tag, uid))?;
    }
    if !names_it {
        let event = HistoryEvent::Pulled;
        history::write(db, &ask.name, &history::Line { time: now, event, id: &done.image.id, uid: ask.uid })?;
    }
    db.prepare_cached("DELETE FROM pull WHERE seq = ?1")?.execute([seq])?;
    ids.extend(ids_of_tag(db, &ask.name)?);
    settle(db, system, &ids, now)?;
    standing(db, &ask.name, &ids).map(Some)
}

/// Adds what the puller grants; the puller is always among those who may use the image.
fn grant(db: &Connection, ask: &PullAsk) -> Result<(), StoreError> {
    let Some(granter) = ask.uid else { return Ok(()) };
    let TagName { system, itype, tag } = &ask.name;
    let mut insert = db.prepare_cached(
        "INSERT OR IGNORE INTO access (system, itype, tag, granter, kind, subject) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let users = ask.users.iter().chain([&granter]).map(|user| ("user", user));
    let groups = ask.groups.iter().map(|group| ("group", group));
    for (kind, subject) in users.chain(groups) {
        insert.execute((system, itype, tag, granter, kind, subject))?;
    }
    Ok(())
}
