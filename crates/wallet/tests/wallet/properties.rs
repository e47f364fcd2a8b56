//! Whatever happens in whatever order, money is neither made nor lost, no limit is exceeded and no
//! quote is paid twice.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ALICE, Client, PAYER, RECEIVER, SITE, Token, World, dollars, limit};

const LIMIT: u64 = 500;
const DAY: i64 = 86_400_000;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// Alice agrees once more; what came before stays valid.
    Grant,
    Cancel,
    Quote(u64),
    /// And once more after it has arrived.
    PayLatestQuote,
    PayDirectly(u64),
    /// The same signed request twice.
    PayTwice(u64),
    Rotate,
    Expire,
    Pass(i64),
    /// The wallet's clock moves ahead of everybody else's, by seconds.
    MoveClock(i64),
    Balance(u64),
    /// The next request below a path goes wrong.
    Fault(&'static str, Value),
    /// The program ends, and starts with what it has kept.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let faults = prop_oneof![Just(json!("loseReply")), Just(json!({ "status": 500 })), Just(json!({ "delayMs": 9 }))];
    let paths = prop_oneof![Just("outgoing-payments"), Just("quotes"), Just("token")];
    prop_oneof![
        Just(Step::Grant),
        Just(Step::Cancel),
        (1_u64..400).prop_map(Step::Quote),
        Just(Step::PayLatestQuote),
        Just(Step::PayLatestQuote),
        (1_u64..400).prop_map(Step::PayDirectly),
        (1_u64..400).prop_map(Step::PayTwice),
        Just(Step::Rotate),
        Just(Step::Expire),
        prop_oneof![Just(100), Just(600), Just(DAY / 3)].prop_map(Step::Pass),
        prop_oneof![Just(1), Just(600), Just(DAY / 2000)].prop_map(Step::MoveClock),
        (0_u64..2000).prop_map(Step::Balance),
        (paths, faults).prop_map(|(path, fault)| Step::Fault(path, fault)),
        Just(Step::Restart),
    ]
}

struct Walk {
    world: World,
    client: Client,
    token: Token,
    quote: Option<String>,
    /// How many grants there have been.
    grants: usize,
    /// By the id of a payment: the grant that it was made with.
    made_with: BTreeMap<String, usize>,
}

fn daily_limit() -> Value {
    limit(LIMIT, Some("R/2026-11-22T00:00:00Z/P1D"))
}

impl Walk {
    fn new() -> Self {
        let rates = json!({ "rates": [{ "from": "USD", "to": "EUR", "numerator": 9, "denominator": 10 }] });
        let mut world = World::with(rates, ("USD", 2), ("EUR", 3));
        let client = world.alice();
        let token = world.outgoing_grant(&client, &daily_limit());
        Self { world, client, token, quote: None, grants: 1, made_with: BTreeMap::new() }
    }

    /// A receiver that is open.
    fn receiver(&mut self) -> String {
        let site = Client::new(9, "proxy");
        let token = self.world.incoming_grant(&site);
        self.world.incoming_payment(&site, &token, &json!({}))
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Grant => {
                self.token = self.world.outgoing_grant(&self.client, &daily_limit());
                self.grants += 1;
            }
            Step::Cancel => {
                let Token { continue_uri, continue_token, .. } = self.token.clone();
                self.world.signed(&self.client, "DELETE", &continue_uri, Some(&continue_token), &Value::Null);
            }
            Step::Quote(debit) => {
                let receiver = self.receiver();
                let quote = self.world.quote(&self.client, &self.token, &receiver, ("debitAmount", *debit));
                self.quote = quote.body["id"].as_str().map(str::to_owned).or(self.quote.take());
            }
            Step::PayLatestQuote => {
                for quote in self.quote.iter().cycle().take(2) {
                    self.world.pay(&self.client, &self.token, quote);
                    self.world.pass(600);
                }
            }
            Step::PayDirectly(debit) => {
                let receiver = self.receiver();
                self.world.pay_directly(&self.client, &self.token, &receiver, *debit);
            }
            Step::PayTwice(debit) => {
                let body = json!({
                    "walletAddress": ALICE,
                    "incomingPayment": self.receiver(),
                    "debitAmount": dollars(*debit),
                })
                .to_string();
                let url = format!("{PAYER}/op/outgoing-payments");
                let headers = self.world.signed_headers(&self.client, "POST", &url, Some(&self.token.value), &body);
                let before = self.payments().len();
                for _ in 0..2 {
                    self.world.send_with("POST", &url, &headers, &body);
                }
                assert!(self.payments().len() <= before + 1);
            }
            Step::Rotate => {
                let token = self.token.clone();
                let rotated = self.world.signed(&self.client, "POST", &token.manage, Some(&token.value), &Value::Null);
                if rotated.status == 200 && !rotated.lost {
                    let Token { value, manage, .. } = Token::of(&rotated.body);
                    self.token = Token { value, manage, ..token };
                }
            }
            Step::Expire => {
                for (base, what) in [(PAYER, "tokens"), (RECEIVER, "incoming-payments")] {
                    self.world.admin("POST", &format!("{base}/admin/{what}/expire"), &Value::Null).expect_empty();
                }
            }
            Step::Restart => {
                let before = self.everything();
                self.world.restart();
                assert_eq!(self.everything(), before);
            }
            Step::Pass(millis) => self.world.pass(*millis),
            Step::MoveClock(seconds) => {
                let body = json!({ "advanceSeconds": seconds });
                self.world.admin("POST", &format!("{PAYER}/admin/clock"), &body).expect(200);
            }
            Step::Balance(balance) => {
                let body = json!({ "walletAddress": ALICE, "balance": balance.to_string() });
                self.world.admin("PUT", &format!("{PAYER}/admin/accounts"), &body).expect_empty();
            }
            Step::Fault(path, fault) => {
                let rule = json!({ "path": path, "fault": fault, "times": 1 });
                self.world.admin("POST", &format!("{PAYER}/admin/faults"), &rule).expect(200);
            }
        }
    }

    fn payments(&mut self) -> Vec<Value> {
        let payments = self.world.get(&format!("{PAYER}/admin/payments")).expect(200);
        payments["outgoing"].as_array().unwrap().clone()
    }

    /// All that the admin API tells of the money.
    fn everything(&mut self) -> Vec<Value> {
        let paths = ["accounts", "payments", "ledger"];
        let urls = [PAYER, RECEIVER].into_iter().flat_map(|base| paths.map(|path| format!("{base}/admin/{path}")));
        urls.map(|url| self.world.get(&url).expect(200)).collect()
    }

    fn check(&mut self) {
        self.world.assert_zero_sum();
        let payments = self.payments();
        let quotes: BTreeSet<&str> = payments.iter().map(|payment| payment["quoteId"].as_str().unwrap()).collect();
        assert_eq!(quotes.len(), payments.len(), "a quote was paid twice");
        let mut spent = BTreeMap::<(usize, &str), u64>::new();
        for payment in &payments {
            let id = payment["id"].as_str().unwrap();
            let grant = *self.made_with.entry(id.to_owned()).or_insert(self.grants);
            if payment["failed"] == false {
                let debit: u64 = payment["debitAmount"]["value"].as_str().unwrap().parse().unwrap();
                *spent.entry((grant, &payment["createdAt"].as_str().unwrap()[..10])).or_default() += debit;
            }
        }
        assert!(spent.values().all(|spent| *spent <= LIMIT), "by grant and day: {spent:?}");
        let received: u64 = self.world.balance(SITE).parse().unwrap();
        let arrived = payments.iter().filter(|payment| payment["failed"] == false && payment["settled"] == true);
        let promised = arrived.map(|payment| payment["receiveAmount"]["value"].as_str().unwrap().parse::<u64>());
        assert_eq!(received, promised.map(Result::unwrap).sum::<u64>());
        let balance: i64 = self.world.balance(ALICE).parse().unwrap();
        assert!(balance >= 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_money_is_made_or_lost_no_limit_exceeded_and_no_quote_paid_twice(steps in prop::collection::vec(step(), 1..40)) {
        let mut walk = Walk::new();
        for step in &steps {
            walk.take(step);
            walk.check();
        }
    }

    #[test]
    fn no_request_panics(method in "(GET|POST|DELETE|PUT|PATCH)", path in "/(auth|op|admin|keys)?(/[a-z-]{0,20}){0,4}", body in "\\PC{0,80}") {
        let mut world = World::new();
        if open_payments::Url::parse(&format!("{PAYER}{path}")).is_ok() {
            let reply = world.send(&method, &format!("{PAYER}{path}"), &[("authorization", "GNAP x")], body.as_bytes());
            prop_assert!(reply.status < 500);
        }
    }
}
