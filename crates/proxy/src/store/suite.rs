//! What every store must do, run against each.

use std::num::NonZeroU32;

use open_payments::Timestamp;

use super::{Answer, Key, Operation, Store};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

/// Runs everything; the store must be empty.
pub(crate) async fn run(store: &dyn Store) {
    values_live_as_long_as_they_should(store).await;
    a_claim_is_given_once(store).await;
    a_minutes_worth_comes_at_once_and_then_the_rate_holds(store).await;
}

async fn values_live_as_long_as_they_should(store: &dyn Store) {
    let key = Key::of("values", &[]);
    let get = || Operation::Get { key };
    let put = |value: &[u8]| Operation::Put { key, value: value.to_vec(), life: 1_000 };
    assert_eq!(store.execute(get(), at(0)).await, Answer::Missing);
    assert_eq!(store.execute(put(b"a"), at(0)).await, Answer::Done);
    assert_eq!(store.execute(put(b"b"), at(500)).await, Answer::Done);
    assert_eq!(store.execute(get(), at(1_499)).await, Answer::Found(b"b".to_vec()));
    assert_eq!(store.execute(get(), at(1_500)).await, Answer::Missing);
    assert_eq!(store.execute(put(b"c"), at(1_500)).await, Answer::Done);
    assert_eq!(store.execute(Operation::Remove { key }, at(1_600)).await, Answer::Done);
    assert_eq!(store.execute(get(), at(1_600)).await, Answer::Missing);
    assert_eq!(store.execute(Operation::Remove { key }, at(1_600)).await, Answer::Done);
}

async fn a_claim_is_given_once(store: &dyn Store) {
    let key = Key::of("claims", &[]);
    let claim = |value: &[u8]| Operation::Claim { key, value: value.to_vec(), life: 1_000 };
    assert_eq!(store.execute(claim(b"first"), at(0)).await, Answer::Done);
    assert_eq!(store.execute(claim(b"second"), at(999)).await, Answer::Found(b"first".to_vec()));
    assert_eq!(store.execute(claim(b"third"), at(1_000)).await, Answer::Done);
}

async fn a_minutes_worth_comes_at_once_and_then_the_rate_holds(store: &dyn Store) {
    let take = |name: &str| Operation::Take {
        key: Key::of("counters", &[name.as_bytes()]),
        per_minute: NonZeroU32::new(100).unwrap(),
    };
    for _ in 0..100 {
        assert_eq!(store.execute(take("a"), at(0)).await, Answer::Done);
    }
    assert_eq!(store.execute(take("a"), at(0)).await, Answer::TooSoon { wait: 600 });
    assert_eq!(store.execute(take("a"), at(599)).await, Answer::TooSoon { wait: 1 });
    assert_eq!(store.execute(take("a"), at(600)).await, Answer::Done);
    assert_eq!(store.execute(take("a"), at(600)).await, Answer::TooSoon { wait: 600 });
    assert_eq!(store.execute(take("b"), at(600)).await, Answer::Done);
    assert_eq!(store.execute(take("a"), at(70_000)).await, Answer::Done);
}
