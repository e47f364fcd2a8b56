use std::sync::LazyLock;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, RedisError, Script, cmd};
use open_payments::Timestamp;

use super::{Answer, Answering, Key, Operation, Store, StoreDown, rate};

/// A server that has not accepted a connection by then will be tried again with the next request.
const CONNECT_TIME: Duration = Duration::from_millis(500);

/// Before everything that is ours: others may use the server too.
const PREFIX: &[u8] = b"rivulet:";

/// In front of each value stands until when it lives, in milliseconds and so many digits. The
/// server throws it away by a clock of its own; what it is worth is judged by the caller's.
const DIGITS: usize = 16;

/// See [`rate::take`]. Answers 0, or how many microseconds too soon it is.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local now, share, minute = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
         local used_up_to = tonumber(redis.call('GET', KEYS[1]) or now)
         local next = math.max(used_up_to, now) + share
         local wait = next - now - minute
         if wait > 0 then return wait end
         local life = math.ceil((next - now) / 1000)
         redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', string.format('%.0f', life))
         return 0",
    )
});

/// Answers what is there and alive, or puts the value there.
static CLAIM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local kept = redis.call('GET', KEYS[1])
         if kept and tonumber(string.sub(kept, 1, 16)) > tonumber(ARGV[1]) then return kept end
         redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
         return false",
    )
});

/// A store in a Redis server, for any number of machines. Each operation is one command or one
/// script, so nothing comes in between. The server must not throw away what has not expired
/// (`maxmemory-policy noeviction` or `volatile-ttl`).
pub struct RedisStore {
    connection: ConnectionManager,
}

impl RedisStore {
    /// Connects with the first operation, and again after each time that the connection broke.
    ///
    /// # Errors
    /// If this is no address of a Redis server.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_TIME))
            .set_response_timeout(None);
        Ok(Self { connection: ConnectionManager::new_lazy_with_config(Client::open(url)?, config)? })
    }

    async fn apply(&self, operation: Operation, now: Timestamp) -> Result<Answer, RedisError> {
        let mut connection = self.connection.clone();
        match operation {
            Operation::Take { key, per_minute } => {
                let mut take = TAKE.key(place(&key));
                take.arg(rate::micros(now)).arg(rate::share(per_minute)).arg(rate::MINUTE);
                let wait: i64 = take.invoke_async(&mut connection).await?;
                Ok(if wait > 0 { rate::too_soon(wait) } else { Answer::Done })
            }
            Operation::Claim { key, value, life } => {
                let mut claim = CLAIM.key(place(&key));
                claim.arg(now.millis()).arg(stamped(now.plus_millis(life), &value)).arg(life);
                let found: Option<Vec<u8>> = claim.invoke_async(&mut connection).await?;
                Ok(found.and_then(|kept| alive(kept, now)).map_or(Answer::Done, Answer::Found))
            }
            Operation::Put { key, value, life } => {
                let mut put = cmd("SET");
                put.arg(place(&key)).arg(stamped(now.plus_millis(life), &value)).arg("PX").arg(life);
                put.query_async(&mut connection).await.map(|()| Answer::Done)
            }
            Operation::Get { key } => {
                let found: Option<Vec<u8>> = cmd("GET").arg(place(&key)).query_async(&mut connection).await?;
                Ok(found.and_then(|kept| alive(kept, now)).map_or(Answer::Missing, Answer::Found))
            }
            Operation::Remove { key } => {
                cmd("DEL").arg(place(&key)).query_async(&mut connection).await.map(|()| Answer::Done)
            }
        }
    }
}

impl Store for RedisStore {
    fn execute(&self, operation: Operation, now: Timestamp) -> Answering<'_> {
        Box::pin(async move {
            self.apply(operation, now).await.map_err(|error| {
                tracing::warn!(%error, "the store's server did not do it");
                StoreDown
            })
        })
    }
}

fn place(key: &Key) -> Vec<u8> {
    [PREFIX, key.as_bytes()].concat()
}

fn stamped(until: Timestamp, value: &[u8]) -> Vec<u8> {
    [format!("{:0DIGITS$}", until.millis()).as_bytes(), value].concat()
}

fn alive(kept: Vec<u8>, now: Timestamp) -> Option<Vec<u8>> {
    let (until, value) = kept.split_at_checked(DIGITS)?;
    let until: i64 = std::str::from_utf8(until).ok()?.parse().ok()?;
    (until > now.millis()).then(|| value.to_vec())
}
