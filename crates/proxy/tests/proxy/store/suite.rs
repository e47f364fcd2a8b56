//! What every store must do, run against each.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use open_payments::Timestamp;
use proxy::store::{Answer, Key, Operation, Store};

/// Two ways to the same store, as two processes have them; the same one twice where there is one.
pub(crate) type Ways = [Arc<dyn Store>; 2];

const LIFE: i64 = 600_000;

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

/// Runs everything; the store must be empty.
pub(crate) async fn run(ways: Ways) {
    values_live_as_long_as_they_should(&ways).await;
    a_claim_is_given_once(&ways).await;
    a_minutes_worth_comes_at_once_and_then_the_rate_holds(&ways).await;
    a_rate_holds_in_the_long_run(&ways).await;
    values_are_bytes(&ways).await;
    of_many_claims_at_once_one_is_given(&ways).await;
    many_at_once_never_exceed_the_rate(&ways).await;
}

async fn values_live_as_long_as_they_should([one, other]: &Ways) {
    let key = Key::of("values", &[]);
    let get = || Operation::Get { key };
    let put = |value: &[u8]| Operation::Put { key, value: value.to_vec(), life: LIFE };
    assert_eq!(one.execute(get(), at(0)).await, Ok(Answer::Missing));
    assert_eq!(one.execute(put(b"a"), at(0)).await, Ok(Answer::Done));
    assert_eq!(other.execute(put(b"b"), at(500)).await, Ok(Answer::Done));
    assert_eq!(one.execute(get(), at(LIFE + 499)).await, Ok(Answer::Found(b"b".to_vec())));
    assert_eq!(other.execute(get(), at(LIFE + 500)).await, Ok(Answer::Missing));
    assert_eq!(one.execute(put(b"c"), at(LIFE + 500)).await, Ok(Answer::Done));
    assert_eq!(other.execute(Operation::Remove { key }, at(LIFE + 600)).await, Ok(Answer::Done));
    assert_eq!(one.execute(get(), at(LIFE + 600)).await, Ok(Answer::Missing));
    assert_eq!(one.execute(Operation::Remove { key }, at(LIFE + 600)).await, Ok(Answer::Done));
}

async fn a_claim_is_given_once([one, other]: &Ways) {
    let key = Key::of("claims", &[]);
    let claim = |value: &[u8]| Operation::Claim { key, value: value.to_vec(), life: LIFE };
    assert_eq!(one.execute(claim(b"first"), at(0)).await, Ok(Answer::Done));
    assert_eq!(other.execute(claim(b"second"), at(LIFE - 1)).await, Ok(Answer::Found(b"first".to_vec())));
    assert_eq!(other.execute(claim(b"third"), at(LIFE)).await, Ok(Answer::Done));
    assert_eq!(one.execute(claim(b"fourth"), at(LIFE)).await, Ok(Answer::Found(b"third".to_vec())));
    assert_eq!(one.execute(Operation::Remove { key }, at(LIFE)).await, Ok(Answer::Done));
    assert_eq!(one.execute(claim(b""), at(LIFE)).await, Ok(Answer::Done));
    assert_eq!(other.execute(claim(b"fifth"), at(LIFE)).await, Ok(Answer::Found(Vec::new())));
}

fn take(name: &str, per_minute: u32) -> Operation {
    let key = Key::of("counters", &[name.as_bytes()]);
    Operation::Take { key, per_minute: NonZeroU32::new(per_minute).unwrap() }
}

async fn a_minutes_worth_comes_at_once_and_then_the_rate_holds([one, other]: &Ways) {
    for _ in 0..50 {
        assert_eq!(one.execute(take("a", 100), at(0)).await, Ok(Answer::Done));
        assert_eq!(other.execute(take("a", 100), at(0)).await, Ok(Answer::Done));
    }
    assert_eq!(one.execute(take("a", 100), at(0)).await, Ok(Answer::TooSoon { wait: 600 }));
    assert_eq!(other.execute(take("a", 100), at(599)).await, Ok(Answer::TooSoon { wait: 1 }));
    assert_eq!(one.execute(take("a", 100), at(600)).await, Ok(Answer::Done));
    assert_eq!(other.execute(take("a", 100), at(600)).await, Ok(Answer::TooSoon { wait: 600 }));
    assert_eq!(one.execute(take("b", 100), at(600)).await, Ok(Answer::Done));
    assert_eq!(other.execute(take("a", 100), at(70_000)).await, Ok(Answer::Done));
}

/// Also one that does not divide a minute, one that is more than one in a millisecond, and for
/// clocks that do not quite agree.
async fn a_rate_holds_in_the_long_run([one, other]: &Ways) {
    for (rate, expected) in [(7, 26..=28), (90_000, 60..=60)] {
        let mut admitted = 0;
        for step in 0..30 {
            let now = at(step * 6_000);
            admitted += i32::from(one.execute(take(&format!("{rate} a minute"), rate), now).await == Ok(Answer::Done));
            let behind = now.plus_millis(2_980);
            admitted +=
                i32::from(other.execute(take(&format!("{rate} a minute"), rate), behind).await == Ok(Answer::Done));
        }
        assert!(expected.contains(&admitted), "{admitted} in three minutes at {rate} a minute");
    }
}

async fn values_are_bytes([one, other]: &Ways) {
    let all: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    for (name, value) in [("none", Vec::new()), ("zero", vec![0]), ("digits", b"12345".to_vec()), ("all", all)] {
        let key = Key::of("bytes", &[name.as_bytes()]);
        let put = Operation::Put { key, value: value.clone(), life: LIFE };
        assert_eq!(one.execute(put, at(0)).await, Ok(Answer::Done), "{name}");
        assert_eq!(other.execute(Operation::Get { key }, at(1)).await, Ok(Answer::Found(value)), "{name}");
    }
}

async fn of_many_claims_at_once_one_is_given(ways: &Ways) {
    for round in 0..20_u8 {
        let key = Key::of("races", &[&[round]]);
        let claim = |value: u8| Operation::Claim { key, value: vec![value], life: LIFE };
        let answers = at_once(ways, (0..16).map(claim)).await;
        let won: Vec<u8> = (0..16).filter(|n| answers[usize::from(*n)] == Answer::Done).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let told: BTreeSet<_> = answers.iter().filter(|answer| **answer != Answer::Done).cloned().map(found).collect();
        assert_eq!(told, BTreeSet::from([won]), "everybody else hears of the one");
    }
}

async fn many_at_once_never_exceed_the_rate(ways: &Ways) {
    for round in ["first", "second", "third"] {
        let answers = at_once(ways, (0..300).map(|_| take(round, 100))).await;
        let admitted = answers.iter().filter(|answer| **answer == Answer::Done).count();
        assert_eq!(admitted, 100);
        assert!(answers.iter().all(|answer| matches!(answer, Answer::Done | Answer::TooSoon { wait: 600 })));
    }
}

fn found(answer: Answer) -> Vec<u8> {
    if let Answer::Found(value) = answer { value } else { panic!("{answer:?}") }
}

/// All operations at the same moment, from two sides.
async fn at_once([one, other]: &Ways, operations: impl Iterator<Item = Operation>) -> Vec<Answer> {
    let running: Vec<_> = operations
        .enumerate()
        .map(|(n, operation)| {
            let way = Arc::clone(if n % 2 == 0 { one } else { other });
            tokio::spawn(async move { way.execute(operation, at(0)).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in running {
        answers.push(task.await.unwrap());
    }
    answers
}
