use simulator::{Scenario, Terms};

/// Seen: 20 hops in 14.6 seconds at a rate that allows 0.24 units were paid 20 units.
#[test]
fn hopping_from_page_to_page_is_not_paid_for_each_page() {
    let mut scenario = Scenario::connected(Terms::default());
    scenario.open(0);
    for hop in 0..20 {
        scenario.go_to([0, 3, 2, 4][hop % 4]);
        scenario.milliseconds(730);
    }
    assert_eq!(scenario.allowed(), 0, "the rate allows less than one unit");
    assert_eq!(scenario.payments(), [1]);
    scenario.seconds(60);
    assert!(scenario.payments().len() <= 2, "{:?}", scenario.payments());
}
