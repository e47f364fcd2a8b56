use simulator::{Scenario, Terms};

/// Ten units a second: the smallest amounts below are within a minute's pay.
const RATE: u64 = 36_000;

fn with_minimum(minimum: u64, rate: u64) -> Scenario {
    Scenario::connected(Terms { rate: Some(rate), minimum, tells: false })
}

/// Seen: 10 quotes that end at 20, and 18 that end at 301. Here it is exact, and takes at most
/// twice the binary logarithm.
#[test]
fn a_smallest_amount_that_is_not_told_is_found_exactly_and_soon() {
    for (minimum, most) in [(19, 8), (300, 16)] {
        let mut scenario = with_minimum(minimum, RATE / 10);
        scenario.open(0);
        let mut seconds = 0;
        while scenario.payments().is_empty() && seconds < 400 {
            scenario.seconds(1);
            seconds += 1;
        }
        assert_eq!(scenario.payments(), [minimum]);
        // One more may be on its way for the payment after it.
        assert!(scenario.quotes_asked() <= most + 1, "{} quotes for {minimum}", scenario.quotes_asked());
    }
}

/// Once it is known for a wallet and a site, no quote is wasted: there is one for each payment, and
/// one more in hand.
#[test]
fn a_smallest_amount_that_is_known_costs_no_quotes_not_even_after_the_worker_was_killed() {
    let mut scenario = with_minimum(19, RATE);
    scenario.open(0);
    scenario.seconds(30);
    let known = scenario.payments().len();
    assert!(known > 3);
    scenario.open(1);
    scenario.kill(false);
    scenario.seconds(40);
    let (quotes, payments) = (scenario.quotes_asked(), scenario.payments().len());
    scenario.open(0);
    scenario.seconds(30);
    let (quotes, payments) = (scenario.quotes_asked() - quotes, scenario.payments().len() - payments);
    assert!(payments > 3 && quotes <= payments + 1, "{quotes} quotes for {payments} payments");
}
