use simulator::{Scenario, Terms};

/// A unit a second.
const RATE: u64 = 3_600;
/// Seen: 13.5 seconds.
const LONGEST_GAP: u64 = 2_500;

/// A world in which a page has been paid for some seconds.
fn paying() -> Scenario {
    let mut scenario = Scenario::connected(Terms { rate: Some(RATE), ..Terms::default() });
    scenario.open(0);
    scenario.seconds(10);
    assert!(scenario.payments().len() >= 8, "{:?}", scenario.payments());
    scenario
}

/// Nothing is paid twice either: the simulator looks at that with each payment.
#[test]
fn a_page_is_paid_again_soon_after_the_worker_was_killed_at_any_moment() {
    for (moment, calls_are_lost) in (0..1_000).step_by(20).flat_map(|moment| [(moment, false), (moment, true)]) {
        let mut scenario = paying();
        scenario.milliseconds(moment);
        scenario.kill(calls_are_lost);
        // What was on its way arrives, and is not what is waited for.
        scenario.milliseconds(100);
        let (killed, before) = (scenario.now() - 100, scenario.payments().len());
        while scenario.payments().len() == before {
            scenario.milliseconds(20);
            let gap = scenario.now() - killed;
            assert!(gap <= LONGEST_GAP, "no payment {gap} ms after a kill {moment} ms into a second");
        }
    }
}
