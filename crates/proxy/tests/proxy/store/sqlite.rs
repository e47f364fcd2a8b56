//! The store in a file.

use std::path::PathBuf;
use std::process::id;
use std::sync::Arc;

use protocol::RotateTokenReply;
use proxy::store::{Answer, Key, Operation, SqliteStore, Store, StoreLocation};

use super::suite::{self, at};
use crate::program::Program;
use crate::setup::Setup;

/// A folder that goes with the test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rivulet-{name}-{}", id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_does_what_every_store_must_also_for_two_processes() {
    let folder = Folder::new("suite");
    let open = || Arc::new(SqliteStore::open(&folder.0.join("store")).unwrap());
    suite::run([open(), open()]).await;
}

#[tokio::test]
async fn a_file_outlives_its_process() {
    let folder = Folder::new("outlives");
    let open = || SqliteStore::open(&folder.0.join("store")).unwrap();
    let key = Key::of("test", &[]);
    let rate = 1.try_into().unwrap();
    let first = open();
    let put = Operation::Put { key, value: b"kept".to_vec(), life: 1_000 };
    assert_eq!(first.execute(put, at(0)).await, Ok(Answer::Done));
    assert_eq!(first.execute(Operation::Take { key, per_minute: rate }, at(0)).await, Ok(Answer::Done));
    drop(first);
    let second = open();
    assert_eq!(second.execute(Operation::Get { key }, at(1)).await, Ok(Answer::Found(b"kept".to_vec())));
    let again = second.execute(Operation::Take { key, per_minute: rate }, at(1)).await;
    assert_eq!(again, Ok(Answer::TooSoon { wait: 59_999 }));
}

/// Two programs on one machine; one of them is killed.
#[tokio::test]
async fn what_a_program_has_answered_another_one_answers_after_it() {
    let folder = Folder::new("programs");
    let store = format!("sqlite:{}", folder.0.join("store").display());
    let start = async || Program::start("programs.key", &["--store", &store]).await;
    let (first, second) = (start().await, start().await);
    let mut setup = Setup::with_wallet().await;
    let rotation = setup.rotation();
    let answer = first.connect().await.unwrap().send(&rotation).await.unwrap();
    let reply: RotateTokenReply = serde_json::from_str(&answer.body).unwrap();
    drop(first);
    for rotation in [rotation, setup.rotation()] {
        let answer = second.connect().await.unwrap().send(&rotation).await.unwrap();
        let told: RotateTokenReply = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(told.session, reply.session);
    }
    assert_eq!(setup.double.count("POST /auth/token/1"), 1);
}

#[tokio::test]
async fn what_has_expired_leaves_the_file() {
    let folder = Folder::new("swept");
    let path = folder.0.join("store");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..4096_u32 {
        let key = Key::of("test", &[&n.to_be_bytes()]);
        let operation = match n % 2 {
            0 => Operation::Put { key, value: vec![0; 100], life: 1 },
            _ => Operation::Take { key, per_minute: 60_000.try_into().unwrap() },
        };
        assert_eq!(store.execute(operation, at(i64::from(n) * 10)).await, Ok(Answer::Done));
    }
    // What comes behind the sweep has waited for it.
    store.execute(Operation::Get { key: Key::of("test", &[]) }, at(0)).await.unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let count = |table: &str| -> i64 {
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("kept"), count("counters")), (0, 1));
}

#[test]
fn a_file_that_is_none_is_named() {
    let folder = Folder::new("named");
    let path = folder.0.join("store");
    std::fs::write(&path, "This is a text and not a database, however long it may be.".repeat(100)).unwrap();
    for path in [path, folder.0.join("nowhere/store")] {
        let location: StoreLocation = format!("sqlite:{}", path.display()).parse().unwrap();
        let error = location.open().err().unwrap().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_location_is_one_of_three() {
    for right in ["memory", "sqlite:store.db", "redis://127.0.0.1:6379/1", "redis://:password@host"] {
        assert!(right.parse::<StoreLocation>().is_ok(), "{right}");
    }
    for wrong in
        ["", "Memory", "memory:", "sqlite", "sqlite:", "store.db", "http://host", "redis", "redis:", "redis://a b"]
    {
        assert!(wrong.parse::<StoreLocation>().is_err(), "{wrong}");
    }
    let location: StoreLocation = "redis://:password@host".parse().unwrap();
    assert!(!format!("{location:?}").contains("password"));
}
