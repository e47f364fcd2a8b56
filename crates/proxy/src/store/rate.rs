use std::num::NonZeroU32;

use open_payments::Timestamp;

use super::Answer;

/// A minute in microseconds: a share of it stays exact enough for any rate.
pub(crate) const MINUTE: i64 = 60_000_000;

/// How much of a minute one request uses up.
pub(crate) fn share(per_minute: NonZeroU32) -> i64 {
    (MINUTE / i64::from(per_minute.get())).max(1)
}

/// The time in microseconds.
pub(crate) fn micros(now: Timestamp) -> i64 {
    now.millis().saturating_mul(1000)
}

/// The millisecond from which on nothing of a rate is used up that is used up to this moment.
pub(crate) fn moment(used_up_to: i64) -> Timestamp {
    Timestamp::from_millis(used_up_to.saturating_add(999) / 1000)
}

/// GCRA: each request uses up an equal share of a minute, and no more than a minute may be used up
/// ahead of time. Given the moment up to which the rate is used up, says up to which it then is.
pub(crate) fn take(used_up_to: Option<i64>, per_minute: NonZeroU32, now: Timestamp) -> Result<i64, Answer> {
    let now = micros(now);
    let next = used_up_to.unwrap_or(now).max(now).saturating_add(share(per_minute));
    let wait = next - now - MINUTE;
    if wait > 0 { Err(too_soon(wait)) } else { Ok(next) }
}

/// So many microseconds too soon.
pub(crate) fn too_soon(micros: i64) -> Answer {
    Answer::TooSoon { wait: (micros.saturating_add(999)) / 1000 }
}
