//! What is SQLite's own: its file, and one gateway alone.

use std::path::Path;

use rusqlite::Connection;

use super::*;

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&Database::Sqlite(path.to_owned()))
}

#[test]
fn the_database_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("gateway.db")).unwrap();
    started(&store, &ask("a:1", 1000));
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn a_second_gateway_on_one_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(&dir.path().join("gateway.db")).unwrap();
    assert!(matches!(open(&dir.path().join("gateway.db")), Err(StoreError::InUse(_))));
}

#[test]
fn a_database_of_a_later_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.db");
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(&path), Err(StoreError::TooNew { found: 99, .. })));
}

#[test]
fn pulls_of_a_dead_gateway_need_no_lease_to_run_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.db");
    let store = open(&path).unwrap();
    let job = started(&store, &ask("a:1", 1000));
    drop(store);
    assert_eq!(open(&path).unwrap().recover(110.0).unwrap()[0].seq, job.seq);
}

#[test]
fn a_database_of_the_first_version_keeps_its_images_and_lists_those_without_tags() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gateway.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(crate::store::sqlite::FIRST).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch(
        "INSERT INTO image VALUES ('cori', 'f00', 'squashfs', '', '', 7, '[]', NULL, NULL, '', '', '{}', '[]'),
                                  ('cori', 'ba5', 'squashfs', '', '', 8, '[]', NULL, NULL, '', '', '{}', '[]');
         INSERT INTO tag VALUES ('cori', 'docker', 'a:1', 'f00', 1, 10.0);
         INSERT INTO access VALUES ('cori', 'docker', 'a:1', 1000, 'user', 1000)",
    )
    .unwrap();
    drop(old);
    let store = open(&path).unwrap();
    assert_eq!(store.lookup(&name("a:1")).unwrap().unwrap().image.id, "f00");
    assert_eq!(store.aging("cori", None, 20.0).unwrap()[0].holders, [1000]);
    assert_eq!(store.expired(f64::INFINITY).unwrap()[0].id, "ba5");
}
