//! The smallest amounts that can be sent. A wallet refuses what would deliver nothing and may say
//! what is enough; if it does not, the smallest amount is found by asking for quotes: upwards until
//! one is given, then between the last that was refused and the first that was given.

use std::cmp::Ordering;

use money::Amount;
use open_payments::{Timestamp, WalletAddress};

use crate::snapshot::{Snapshot, save};
use crate::table::Table;

/// What is known of the smallest amount that one wallet can send another, in minor units of what
/// the payer gives. It is known exactly once what is enough comes next to what is too small.
#[derive(Clone, Debug, PartialEq, json::Read, json::Write)]
pub(crate) struct Minimum {
    /// So much is too small.
    too_small: u64,
    /// So much is enough, or is said to be.
    enough: Option<u64>,
    /// What arrived of that when it was found. More than that means that less may be enough now.
    delivers: Option<Amount>,
    /// When that was.
    learned: Timestamp,
}

/// The second guess, if not even twice the first is more.
const SECOND_GUESS: u64 = 8;
/// Fees and rates move: so much later what was too small may be enough.
const LIFE: i64 = 24 * 60 * 60 * 1000;

impl Minimum {
    fn new(now: Timestamp) -> Self {
        Self { too_small: 0, enough: None, delivers: None, learned: now }
    }

    /// The least that can be enough, as far as is known.
    fn least(&self) -> u64 {
        self.enough.unwrap_or(self.too_small.saturating_add(1))
    }

    /// What to ask for next, if `wanted` is to be paid and `rest` is all that there is. Once no less
    /// is asked for than what is enough, there is nothing more to be found out. Nothing if the rest
    /// is too small; the rest itself if all guesses up to there were refused, for want of a better.
    fn next(&self, wanted: u64, rest: u64) -> Option<u64> {
        let wanted = wanted.min(rest);
        let below = self.too_small.max(wanted.saturating_sub(1));
        let guess = match self.enough {
            _ if rest <= self.too_small => return self.enough.is_none().then_some(rest),
            Some(enough) if enough > below => below + (enough - below).div_ceil(2),
            None if wanted <= self.too_small => self.too_small.saturating_mul(2).max(SECOND_GUESS),
            _ => wanted,
        };
        Some(guess.min(rest))
    }

    /// As much of a share as can be sent, in multiples of what is enough.
    fn part(&self, share: u64) -> u64 {
        match self.enough {
            Some(enough) => share - share % enough.max(1),
            None if share > self.too_small => share,
            None => 0,
        }
    }

    /// So much was refused as too small; the wallet may have said what is enough. Says whether that
    /// makes sense.
    fn refused(&mut self, asked: u64, hint: Option<u64>) -> bool {
        match hint {
            Some(hint) if hint <= asked => return false,
            Some(hint) => (self.too_small, self.enough) = (hint - 1, Some(hint)),
            None => {
                self.too_small = self.too_small.max(asked);
                self.enough = self.enough.filter(|enough| *enough > self.too_small);
            }
        }
        true
    }

    /// A quote was given for so much. Says whether that is news.
    fn accepted(&mut self, asked: u64, delivers: &Amount, now: Timestamp) -> bool {
        let before = self.delivers.as_ref().filter(|_| self.enough == Some(asked));
        let is_cheaper = before.is_some_and(|before| {
            let change = delivers.partial_cmp(before);
            change.is_none_or(Ordering::is_gt)
        });
        if is_cheaper || asked <= self.too_small {
            self.too_small = 0;
        } else if before.is_some() || self.enough.is_some_and(|enough| enough < asked) {
            return false;
        }
        (self.enough, self.delivers, self.learned) = (Some(asked), Some(delivers.clone()), now);
        true
    }

    /// What was learned long ago, or in the future, has to be learned anew.
    fn review(&mut self, now: Timestamp) {
        if self.enough.is_some() && !(0..LIFE).contains(&(now.millis() - self.learned.millis())) {
            *self = Self { enough: self.enough, ..Self::new(now) };
        }
    }
}

/// The smallest amounts that the connected wallet can send to each receiver that has ever refused
/// one. They outlive the browser.
#[derive(Default, json::Read, json::Write)]
#[serde(transparent)]
pub(crate) struct Minimums {
    known: Table<WalletAddress, Minimum>,
    #[serde(skip)]
    changed: bool,
}

impl Snapshot for Minimums {}

/// How many are remembered.
const REMEMBERED: usize = 200;

impl Minimums {
    /// The entry to persist, if there is something new.
    pub(crate) fn take_change(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| save(self))
    }

    /// The least that can be sent, as far as is known.
    pub(crate) fn least(&self, receiver: &WalletAddress) -> u64 {
        self.known.get(receiver).map_or(1, Minimum::least)
    }

    /// What to ask for next; see [`Minimum::next`].
    pub(crate) fn next(&mut self, receiver: &WalletAddress, wanted: u64, rest: u64, now: Timestamp) -> Option<u64> {
        let Some(minimum) = self.known.get_mut(receiver) else { return Some(wanted.min(rest)) };
        minimum.review(now);
        minimum.next(wanted, rest)
    }

    /// See [`Minimum::part`].
    pub(crate) fn part(&self, receiver: &WalletAddress, share: u64) -> u64 {
        self.known.get(receiver).map_or(share, |minimum| minimum.part(share))
    }

    /// See [`Minimum::refused`].
    pub(crate) fn refused(&mut self, receiver: &WalletAddress, asked: u64, hint: Option<u64>, now: Timestamp) -> bool {
        self.changed = true;
        let makes_sense = self.known.get_or_insert(receiver.clone(), Minimum::new(now)).refused(asked, hint);
        let oldest = self.known.iter().filter(|(known, _)| *known != receiver).min_by_key(|(_, it)| it.learned);
        let oldest = oldest.filter(|_| self.known.len() > REMEMBERED).map(|(oldest, _)| oldest.clone());
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
        }
        makes_sense
    }

    /// See [`Minimum::accepted`].
    pub(crate) fn accepted(&mut self, receiver: &WalletAddress, asked: u64, delivers: &Amount, now: Timestamp) {
        if let Some(minimum) = self.known.get_mut(receiver) {
            self.changed |= minimum.accepted(asked, delivers, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use money::Asset;
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot;

    const NOW: Timestamp = Timestamp::from_millis(1_795_327_200_000);

    fn received(value: u64) -> Amount {
        Amount::new(value, Asset::new("EUR", 2).unwrap())
    }

    /// Looks for the smallest amount of a wallet that refuses less than `least`, and says how many
    /// quotes that took. What it ends with is the last quote that was given.
    fn search(minimum: &mut Minimum, wanted: u64, rest: u64, least: u64) -> (Option<u64>, usize) {
        let mut given: Option<u64> = None;
        for quotes in 0..200 {
            match minimum.next(wanted, rest).filter(|next| given.is_none_or(|given| *next < given)) {
                Some(next) if next >= least => {
                    minimum.accepted(next, &received(next), NOW);
                    given = Some(next);
                }
                Some(next) => {
                    assert!(next <= rest);
                    minimum.refused(next, None);
                    if minimum.next(wanted, rest).is_none_or(|after| after <= next) {
                        return (None, quotes + 1);
                    }
                }
                None => return (given, quotes),
            }
        }
        panic!("the search for {least} from {wanted} does not end");
    }

    #[test]
    fn the_smallest_amount_is_found_with_few_quotes() {
        for (least, quotes) in [(1, 1), (2, 5), (8, 4), (17, 8), (19, 8), (32, 8), (300, 16), (512, 16)] {
            let mut minimum = Minimum::new(NOW);
            assert_eq!(search(&mut minimum, 1, 1_000_000, least), (Some(least), quotes), "{least}");
            assert_eq!(search(&mut minimum, 1, 1_000_000, least), (Some(least), 1), "{least}, known");
        }
    }

    #[test]
    fn what_is_wanted_is_asked_for_if_it_is_enough() {
        let mut minimum = Minimum::new(NOW);
        minimum.refused(1, None);
        assert_eq!(search(&mut minimum, 40, 1_000, 19), (Some(40), 1));
        assert_eq!(search(&mut minimum, 50, 1_000, 19), (Some(50), 1));
        // Only what lies between is looked at, and only down to what is wanted.
        assert_eq!(search(&mut minimum, 30, 1_000, 19), (Some(30), 4));
        assert_eq!(search(&mut minimum, 1, 1_000, 19), (Some(19), 5));
    }

    #[test]
    fn a_hint_is_taken_unless_it_makes_no_sense() {
        let mut minimum = Minimum::new(NOW);
        assert!(minimum.refused(1, Some(300)));
        assert_eq!((minimum.next(1, 1_000), minimum.next(1, 299), minimum.least()), (Some(300), None, 300));
        assert!(!minimum.refused(300, Some(300)) && !minimum.refused(300, Some(0)));
        assert_eq!(minimum.next(1, 1_000), Some(300));
        // It was too low.
        assert!(minimum.refused(300, None));
        assert_eq!((minimum.next(1, 1_000), minimum.least()), (Some(600), 301));
        assert!(minimum.refused(600, Some(u64::MAX)));
        assert_eq!((minimum.next(1, 1_000), minimum.next(1, u64::MAX)), (None, Some(u64::MAX)));
    }

    #[test]
    fn a_rest_that_is_too_small_is_told_apart_from_one_that_is_just_enough() {
        let mut minimum = Minimum::new(NOW);
        assert_eq!(search(&mut minimum, 1, 19, 19), (Some(19), 5));
        assert_eq!(minimum.next(1, 18), None);
        let mut minimum = Minimum::new(NOW);
        assert_eq!(search(&mut minimum, 1, 18, 19), (None, 4));
        // There may be a lie behind that, so the rest is tried again, and then found to be enough.
        assert_eq!(minimum.next(1, 18), Some(18));
        assert_eq!(search(&mut minimum, 1, 18, 3).0, Some(3));
    }

    #[test]
    fn more_that_is_delivered_means_that_less_may_be_enough() {
        let mut minimum = Minimum::new(NOW);
        search(&mut minimum, 1, 1_000, 300);
        assert!(!minimum.accepted(300, &received(300), NOW) && !minimum.accepted(300, &received(299), NOW));
        assert!(!minimum.accepted(301, &received(900), NOW));
        assert_eq!(minimum.next(1, 1_000), Some(300));
        assert!(minimum.accepted(300, &received(301), NOW));
        assert_eq!(minimum.next(1, 1_000), Some(150));
        let other = Amount::new(1, Asset::new("USD", 2).unwrap());
        search(&mut minimum, 1, 1_000, 300);
        minimum.accepted(300, &received(300), NOW);
        assert!(minimum.accepted(300, &other, NOW));
        assert_eq!(minimum.next(1, 1_000), Some(150));
    }

    #[test]
    fn what_was_learned_is_believed_for_a_day() {
        let mut minimum = Minimum::new(NOW);
        search(&mut minimum, 1, 1_000, 300);
        for (later, next) in [(LIFE - 1, 300), (LIFE, 150), (LIFE + 1, 150)] {
            minimum.review(NOW.plus_millis(later));
            assert_eq!(minimum.next(1, 1_000), Some(next), "{later}");
        }
        search(&mut minimum, 1, 1_000, 300);
        minimum.review(NOW.plus_millis(-2 * LIFE));
        assert_eq!(minimum.next(1, 1_000), Some(150));
    }

    #[test]
    fn two_hundred_are_remembered_and_those_learned_last() {
        let address = |number: i64| WalletAddress::parse(&format!("https://w.example/{number}")).unwrap();
        let mut minimums = Minimums::default();
        for number in 0..250 {
            minimums.refused(&address(number), 1, Some(19), NOW.plus_millis(number));
        }
        let text = minimums.take_change().unwrap();
        assert_eq!(minimums.take_change(), None);
        let restored: Minimums = snapshot::read(&text).unwrap();
        let known: Vec<i64> = (0..250).filter(|number| restored.least(&address(*number)) == 19).collect();
        assert_eq!(known, (50..250).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_remembered_of_those_that_never_refused() {
        let address = WalletAddress::parse("https://w.example/site").unwrap();
        let mut minimums = Minimums::default();
        minimums.accepted(&address, 7, &received(7), NOW);
        assert_eq!((minimums.take_change(), minimums.next(&address, 3, 2, NOW)), (None, Some(2)));
    }

    proptest! {
        #[test]
        fn any_smallest_amount_is_found_exactly(least in 1..=1_000_000_u64, wanted in 1..=1_000_000_u64, known: bool) {
            let mut minimum = Minimum::new(NOW);
            if known {
                search(&mut minimum, 1, u64::MAX, least);
            }
            let (found, quotes) = search(&mut minimum, wanted, u64::MAX, least);
            prop_assert_eq!(found, Some(least.max(wanted)));
            let bits = usize::try_from(least.max(16).next_power_of_two().ilog2()).unwrap();
            prop_assert!(quotes <= if known { 1 } else { 2 * bits }, "{} quotes", quotes);
        }

        #[test]
        fn rates_that_move_are_followed(moves in prop::collection::vec(1..=1_000_000_u64, 1..6)) {
            let mut minimum = Minimum::new(NOW);
            for least in moves {
                minimum.review(NOW.plus_millis(2 * LIFE));
                prop_assert_eq!(search(&mut minimum, 1, u64::MAX, least).0, Some(least));
                minimum.learned = NOW;
            }
        }

        #[test]
        fn whatever_is_stored_or_told_no_more_than_the_rest_is_asked_for(
            too_small: u64, enough: Option<u64>, told: Vec<(u64, Option<u64>, bool)>, wanted in 1..=u64::MAX, rest in 1..=u64::MAX,
        ) {
            let mut minimum = Minimum { too_small, enough, ..Minimum::new(NOW) };
            for (asked, hint, given) in told {
                prop_assert!(minimum.next(wanted, rest).is_none_or(|next| (1..=rest).contains(&next)));
                if given { minimum.accepted(asked, &received(asked), NOW); } else { minimum.refused(asked, hint); }
            }
            prop_assert!(minimum.next(wanted, rest).is_none_or(|next| (1..=rest).contains(&next)));
        }

        #[test]
        fn a_wallet_that_refuses_everything_is_soon_given_up(wanted in 1..=u64::MAX, rest in 1..=u64::MAX) {
            let (found, quotes) = search(&mut Minimum::new(NOW), wanted, rest, u64::MAX);
            prop_assert!(found.is_none_or(|found| found == u64::MAX) && quotes <= 66, "{} quotes", quotes);
        }
    }
}
