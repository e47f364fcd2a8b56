use std::path::Path;
use std::thread;
use std::time::Duration;

use open_payments::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::{Answer, Answering, Operation, Store, StoreDown, rate};

/// Operations that wait for the thread; further ones find the store down.
const QUEUE: usize = 4096;

/// Operations that share one transaction: whatever has come in while the last one was written.
const BATCH: usize = 256;

/// Another process may be writing.
const BUSY_TIME: Duration = Duration::from_millis(200);

/// After so many operations whatever has expired is thrown away.
const SWEEP_EVERY: usize = 4096;

/// What is in the file, by this number in its header. The values last for minutes, so a file of
/// another form is emptied and not carried over.
const FORM: i64 = 1;

/// No file grows beyond a gigabyte: a flood finds the store full, not the disk.
const SET_UP: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA max_page_count = 262144;
";

const CREATE: &str = "
    DROP TABLE IF EXISTS counters;
    DROP TABLE IF EXISTS kept;
    CREATE TABLE counters (key BLOB PRIMARY KEY, used_up_to INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE kept (key BLOB PRIMARY KEY, value BLOB NOT NULL, until INTEGER NOT NULL);
    CREATE INDEX counters_used_up_to ON counters (used_up_to);
    CREATE INDEX kept_until ON kept (until);
";

/// A store in a file, for the processes of one machine. It survives the end of a process; the
/// last moments before a power cut may be lost. One thread does the work, so that no request of
/// another kind waits for a disk; what comes in while it writes goes into one transaction.
#[derive(Debug)]
pub struct SqliteStore {
    orders: mpsc::Sender<Order>,
}

struct Order {
    operation: Operation,
    now: Timestamp,
    answer: oneshot::Sender<Result<Answer, StoreDown>>,
}

impl SqliteStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Whatever SQLite says of it.
    pub fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIME)?;
        connection.execute_batch(SET_UP)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if transaction.pragma_query_value(None, "user_version", |row| row.get(0)) != Ok(FORM) {
            transaction.execute_batch(CREATE)?;
            transaction.pragma_update(None, "user_version", FORM)?;
        }
        transaction.commit()?;
        let (orders, incoming) = mpsc::channel(QUEUE);
        thread::spawn(move || work(connection, incoming));
        Ok(Self { orders })
    }
}

impl Store for SqliteStore {
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.orders.try_send(Order { operation, now, answer }).map_err(|_| StoreDown)?;
            answered.await.unwrap_or(Err(StoreDown))
        })
    }
}

/// Does what is ordered until the store is dropped.
fn work(mut connection: Connection, mut incoming: mpsc::Receiver<Order>) {
    let (mut batch, mut done) = (Vec::with_capacity(BATCH), 0);
    while incoming.blocking_recv_many(&mut batch, BATCH) > 0 {
        // Nobody waits any more for what was given up.
        batch.retain(|order: &Order| !order.answer.is_closed());
        let outcome = write(&mut connection, &batch);
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the store's file was not written");
        }
        let mut answers = outcome.unwrap_or_default().into_iter();
        done += batch.len();
        let now = batch.last().map(|order| order.now);
        for order in batch.drain(..) {
            // The receiver may have gone in the meantime.
            let _ = order.answer.send(answers.next().unwrap_or(Err(StoreDown)));
        }
        if let Some(now) = now.filter(|_| done >= SWEEP_EVERY) {
            done = 0;
            if let Err(error) = sweep(&connection, now) {
                tracing::warn!(%error, "the store's file was not swept");
            }
        }
    }
}

/// Does everything, or nothing.
fn write(connection: &mut Connection, batch: &[Order]) -> Result<Vec<Result<Answer, StoreDown>>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let answers: Result<Vec<_>, _> =
        batch.iter().map(|order| apply(&transaction, &order.operation, order.now).map(Ok)).collect();
    let answers = answers?;
    transaction.commit()?;
    Ok(answers)
}

fn apply(on: &Transaction<'_>, operation: &Operation, now: Timestamp) -> Result<Answer, rusqlite::Error> {
    match operation {
        Operation::Take { key, per_minute } => {
            let key = key.as_bytes();
            let used_up_to = on
                .prepare_cached("SELECT used_up_to FROM counters WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            match rate::take(used_up_to, *per_minute, now) {
                Ok(next) => {
                    on.prepare_cached("REPLACE INTO counters (key, used_up_to) VALUES (?1, ?2)")?
                        .execute(params![key, next])?;
                    Ok(Answer::Done)
                }
                Err(too_soon) => Ok(too_soon),
            }
        }
        Operation::Claim { key, value, life } => match get(on, key.as_bytes(), now)? {
            Some(found) => Ok(Answer::Found(found)),
            None => put(on, key.as_bytes(), value, now.plus_millis(*life)),
        },
        Operation::Put { key, value, life } => put(on, key.as_bytes(), value, now.plus_millis(*life)),
        Operation::Get { key } => Ok(get(on, key.as_bytes(), now)?.map_or(Answer::Missing, Answer::Found)),
        Operation::Remove { key } => {
            on.prepare_cached("DELETE FROM kept WHERE key = ?1")?.execute([key.as_bytes()])?;
            Ok(Answer::Done)
        }
    }
}

fn get(on: &Transaction<'_>, key: &[u8; 32], now: Timestamp) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    on.prepare_cached("SELECT value FROM kept WHERE key = ?1 AND until > ?2")?
        .query_row(params![key, now.millis()], |row| row.get(0))
        .optional()
}

fn put(on: &Transaction<'_>, key: &[u8; 32], value: &[u8], until: Timestamp) -> Result<Answer, rusqlite::Error> {
    on.prepare_cached("REPLACE INTO kept (key, value, until) VALUES (?1, ?2, ?3)")?.execute(params![
        key,
        value,
        until.millis()
    ])?;
    Ok(Answer::Done)
}

fn sweep(connection: &Connection, now: Timestamp) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM kept WHERE until <= ?1", [now.millis()])?;
    connection.execute("DELETE FROM counters WHERE used_up_to <= ?1", [rate::micros(now)])?;
    Ok(())
}
