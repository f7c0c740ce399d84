//! Tables, and the steps from one version to the next.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::store::StoreError;

/// How long a connection waits for another one.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// How many prepared statements a connection keeps.
pub(super) const STATEMENTS: usize = 100;

/// Step `n` brings a database from version `n` to `n + 1` (`PRAGMA user_version`).
const STEPS: [&str; 4] = [FIRST, SECOND, THIRD, FOURTH];

pub(in crate::store) const FIRST: &str = "
    CREATE TABLE image (
        system   TEXT NOT NULL,
        id       TEXT NOT NULL,
        format   TEXT NOT NULL,
        digest   TEXT NOT NULL,
        platform TEXT NOT NULL,
        bytes    INTEGER NOT NULL,
        env      TEXT NOT NULL,
        entry    TEXT,
        cmd      TEXT,
        workdir  TEXT NOT NULL,
        user     TEXT NOT NULL,
        labels   TEXT NOT NULL,
        volumes  TEXT NOT NULL,
        PRIMARY KEY (system, id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tag (
        system    TEXT NOT NULL,
        itype     TEXT NOT NULL,
        tag       TEXT NOT NULL,
        id        TEXT NOT NULL,
        private   INTEGER NOT NULL CHECK (private IN (0, 1)),
        last_pull REAL NOT NULL,
        PRIMARY KEY (system, itype, tag),
        FOREIGN KEY (system, id) REFERENCES image (system, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tag_of_image ON tag (system, id);

    CREATE TABLE access (
        system  TEXT NOT NULL,
        itype   TEXT NOT NULL,
        tag     TEXT NOT NULL,
        granter INTEGER NOT NULL,
        kind    TEXT NOT NULL CHECK (kind IN ('user', 'group')),
        subject INTEGER NOT NULL,
        PRIMARY KEY (system, itype, tag, granter, kind, subject),
        FOREIGN KEY (system, itype, tag) REFERENCES tag (system, itype, tag) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pull (
        seq           INTEGER PRIMARY KEY AUTOINCREMENT,
        system        TEXT NOT NULL,
        itype         TEXT NOT NULL,
        tag           TEXT NOT NULL,
        identity      TEXT NOT NULL,
        uid           INTEGER,
        users         TEXT NOT NULL,
        groups        TEXT NOT NULL,
        with_password INTEGER NOT NULL CHECK (with_password IN (0, 1)),
        status        TEXT NOT NULL,
        message       TEXT NOT NULL,
        asked         REAL NOT NULL,
        heartbeat     REAL NOT NULL,
        interrupted   INTEGER NOT NULL DEFAULT 0 CHECK (interrupted IN (0, 1))
    ) STRICT;
    CREATE UNIQUE INDEX pull_in_flight ON pull (system, itype, tag, identity)
        WHERE status IN ('INIT','PENDING','PULLING','EXAMINATION','CONVERSION','TRANSFER');
    CREATE INDEX pull_by_name ON pull (system, itype, tag);
";

/// The life of images. An image is in `image` as long as a tag names it, then in `expired` until its file is deleted; a
/// pull puts it into `expired` before its file, so that no file is without record.
const SECOND: &str = "
    ALTER TABLE tag ADD COLUMN last_use REAL NOT NULL DEFAULT 0.0;
    ALTER TABLE tag ADD COLUMN warned REAL NOT NULL DEFAULT 0.0;
    ALTER TABLE tag ADD COLUMN platforms TEXT NOT NULL DEFAULT '';
    ALTER TABLE pull ADD COLUMN askers TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE pull ADD COLUMN of_asker INTEGER NOT NULL DEFAULT 0 CHECK (of_asker IN (0, 1));

    CREATE TABLE tag_platform (
        system TEXT NOT NULL,
        itype  TEXT NOT NULL,
        tag    TEXT NOT NULL,
        id     TEXT NOT NULL,
        PRIMARY KEY (system, itype, tag, id),
        FOREIGN KEY (system, itype, tag) REFERENCES tag (system, itype, tag) ON DELETE CASCADE,
        FOREIGN KEY (system, id) REFERENCES image (system, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tag_platform_of_image ON tag_platform (system, id);

    CREATE TABLE holder (
        system TEXT NOT NULL,
        itype  TEXT NOT NULL,
        tag    TEXT NOT NULL,
        uid    INTEGER NOT NULL,
        PRIMARY KEY (system, itype, tag, uid),
        FOREIGN KEY (system, itype, tag) REFERENCES tag (system, itype, tag) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX holder_of_user ON holder (system, uid);
    INSERT OR IGNORE INTO holder SELECT system, itype, tag, granter FROM access;

    CREATE TABLE pin (
        system TEXT NOT NULL,
        itype  TEXT NOT NULL,
        tag    TEXT NOT NULL,
        uid    INTEGER NOT NULL,
        until  REAL NOT NULL,
        PRIMARY KEY (system, itype, tag, uid),
        FOREIGN KEY (system, itype, tag) REFERENCES tag (system, itype, tag) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE expired (
        system TEXT NOT NULL,
        id     TEXT NOT NULL,
        format TEXT NOT NULL,
        bytes  INTEGER NOT NULL,
        since  REAL NOT NULL,
        PRIMARY KEY (system, id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO expired SELECT system, id, format, bytes, unixepoch() FROM image
        WHERE NOT EXISTS (SELECT 1 FROM tag WHERE tag.system = image.system AND tag.id = image.id);
    DELETE FROM image WHERE NOT EXISTS (SELECT 1 FROM tag WHERE tag.system = image.system AND tag.id = image.id);

    CREATE TABLE history (
        seq     INTEGER PRIMARY KEY AUTOINCREMENT,
        system  TEXT NOT NULL,
        itype   TEXT NOT NULL,
        tag     TEXT NOT NULL,
        time    REAL NOT NULL,
        event   TEXT NOT NULL CHECK (event IN ('pulled', 'removed', 'expired')),
        id      TEXT NOT NULL,
        uid     INTEGER,
        private INTEGER NOT NULL CHECK (private IN (0, 1))
    ) STRICT;
    CREATE INDEX history_of_tag ON history (system, itype, tag, seq);

    CREATE TABLE lookup (
        seq    INTEGER PRIMARY KEY AUTOINCREMENT,
        user   TEXT NOT NULL,
        uid    INTEGER NOT NULL,
        system TEXT NOT NULL,
        itype  TEXT NOT NULL,
        tag    TEXT NOT NULL,
        id     TEXT NOT NULL,
        time   REAL NOT NULL
    ) STRICT;
    CREATE INDEX lookup_of_system ON lookup (system, seq);
";

/// What was found in images.
const THIRD: &str = "
    CREATE TABLE report (
        system TEXT NOT NULL,
        id     TEXT NOT NULL,
        report TEXT NOT NULL,
        PRIMARY KEY (system, id)
    ) STRICT, WITHOUT ROWID;
";

/// Which gateway runs a pull, as where several share a store; and images are found by their id alone.
const FOURTH: &str = "
    ALTER TABLE pull ADD COLUMN owner TEXT NOT NULL DEFAULT '';
    ALTER TABLE pull ADD COLUMN lease REAL NOT NULL DEFAULT 0.0;
    CREATE TABLE lease (
        name  TEXT NOT NULL PRIMARY KEY,
        owner TEXT NOT NULL,
        until REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX image_by_id ON image (id);
    CREATE INDEX expired_by_id ON expired (id);
";

/// Sets a writing connection up.
pub(super) fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // FULL: a pull that was accepted is still known after a power cut.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    Ok(())
}

/// Brings the schema up to date, each step whole or not at all.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(STEPS.len()).expect("a handful of steps");
    if !(0..=known).contains(&found) {
        return Err(StoreError::TooNew { database: path.display().to_string(), found, known });
    }
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}
