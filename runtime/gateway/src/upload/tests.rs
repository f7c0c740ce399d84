use std::time::SystemTime;

use futures_util::stream;

use super::*;

const BOUNDS: Bounds = Bounds { bytes: 10, idle: Duration::from_secs(30), whole: Duration::from_secs(30) };

fn left(cache: &Path) -> usize {
    all(cache).len()
}

#[tokio::test]
async fn an_archive_is_kept_whole_and_a_larger_one_not_at_all() {
    let cache = tempfile::tempdir().unwrap();
    let file = receive(Body::from("0123456789"), cache.path(), BOUNDS).await.unwrap();
    let target = directory(cache.path()).join(file_name(7));
    keep(file, &target).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "0123456789");
    discard(target).await;
    let refused = receive(Body::from("0123456789a"), cache.path(), BOUNDS).await;
    assert!(matches!(refused, Err(UploadError::TooLarge(10))), "{refused:?}");
    assert_eq!(left(cache.path()), 0);
}

#[tokio::test]
async fn an_archive_that_breaks_off_or_does_not_come_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let broken = stream::iter([Ok("01"), Err(io::Error::other("gone"))]);
    let refused = receive(Body::from_stream(broken), cache.path(), BOUNDS).await;
    assert!(matches!(refused, Err(UploadError::CutOff(_))), "{refused:?}");
    for (idle, whole) in [(10, 30_000), (30_000, 10)] {
        let bounds = Bounds { idle: Duration::from_millis(idle), whole: Duration::from_millis(whole), ..BOUNDS };
        let silent = Body::from_stream(stream::pending::<io::Result<Vec<u8>>>());
        let refused = receive(silent, cache.path(), bounds).await;
        assert!(matches!(refused, Err(UploadError::TooSlow)), "{refused:?}");
    }
    assert_eq!(left(cache.path()), 0);
}

#[tokio::test]
async fn a_sweep_removes_what_nobody_writes_and_no_job_needs() {
    let cache = tempfile::tempdir().unwrap();
    let coming = receive(Body::from("0"), cache.path(), BOUNDS).await.unwrap();
    let at = |name: &str| directory(cache.path()).join(name);
    for name in ["7.archive", "8.archive", ".coming-cut"] {
        fs::write(at(name), "x").unwrap();
    }
    let kept = BTreeSet::from([file_name(7)]);
    sweep(all(cache.path()), &kept);
    assert!(at(".coming-cut").exists(), "another gateway may write it");
    assert!(!at("8.archive").exists());
    let old = SystemTime::now() - Duration::from_secs(2 * 3600);
    for name in [at(".coming-cut"), coming.path().to_owned()] {
        File::options().write(true).open(name).unwrap().set_modified(old).unwrap();
    }
    sweep(all(cache.path()), &kept);
    assert!(!at(".coming-cut").exists());
    assert!(at("7.archive").exists() && coming.path().exists());
}

#[test]
fn a_user_has_a_quarter_of_the_places_and_gives_them_back() {
    let uploads = Arc::new(Uploads::default());
    let own: Vec<_> = (0..3).map(|_| uploads.begin(1000, 8)).collect();
    assert_eq!(own.iter().flatten().count(), 2);
    let others: Vec<_> = (1..9).map(|uid| uploads.begin(uid, 8)).collect();
    assert_eq!(others.iter().flatten().count(), 6, "eight in all");
    drop((own, others));
    assert!(uploads.begin(1000, 1).is_some() && uploads.begin(1000, 0).is_none());
}
