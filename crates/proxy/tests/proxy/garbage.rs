//! Whatever comes in and whatever wallets answer: an answer out of the closed list, and no panic.

use proptest::prelude::*;
use protocol::{Endpoint, ErrorReply, IncomingPaymentRequest, PaymentRequest, SignedRequest};
use proxy::core::Incoming;

use crate::world::{SITE, World, receiver};

fn is_closed(world: &mut World, incoming: &Incoming) -> bool {
    let reply = world.run(incoming).reply;
    reply.error.is_none() || serde_json::from_str::<ErrorReply>(&reply.body).is_ok()
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    (0..Endpoint::ALL.len()).prop_map(|index| Endpoint::ALL[index])
}

/// Pieces of what wallets say, put together in any order.
fn wallet_body() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(r#"{"access_token":{"value":"T","manage":"https://r.example/auth/token/1"}}"#.to_owned()),
        Just(r#"{"error":{"code":"invalid_client","description":"invalid signature"}}"#.to_owned()),
        Just(r#"{"id":"https://r.example/t/incoming-payments/1"}"#.to_owned()),
        Just("[[[[".to_owned()),
        Just("\0".to_owned()),
        "\\PC{0,40}",
    ];
    proptest::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_headers_and_any_body_are_answered(
        endpoint in endpoint(),
        headers in proptest::collection::vec(("(signature|signature-input|content-digest|authorization)", "\\PC{0,60}"), 0..6),
        body in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let incoming = Incoming { endpoint, client: None, headers, body };
        prop_assert!(is_closed(&mut World::new(), &incoming));
    }

    #[test]
    fn any_signed_message_is_answered(endpoint in endpoint(), body in "[{}\\[\\]\":,a-z0-9]{0,60}") {
        let mut world = World::new();
        let session = world.connect();
        let incoming = world.incoming_with("nonce-of-garbage", endpoint, &body, Some(&session));
        prop_assert!(is_closed(&mut world, &incoming));
    }

    #[test]
    fn any_signed_request_is_refused(
        method in "(GET|POST|DELETE|PUT|)",
        url in "(https://w.example/t/outgoing-payments|https://w.example/auth|https://[a-z0-9.:@/?#]{0,20})",
        headers in proptest::collection::vec(("[a-z-]{0,12}", "\\PC{0,20}"), 0..6),
        body in proptest::option::of("\\PC{0,60}"),
    ) {
        let mut world = World::new();
        let session = world.connect();
        let asked = world.asked.len();
        let request = SignedRequest { method, url, headers, body };
        let message = PaymentRequest { incoming_payment: receiver(), request };
        let incoming = world.incoming(Endpoint::CreatePayment, &message, Some(&session));
        prop_assert!(is_closed(&mut world, &incoming));
        prop_assert_eq!(world.asked.len(), asked, "nothing has left the proxy");
    }

    #[test]
    fn any_answers_of_a_wallet_are_answered(
        document in prop_oneof![3 => Just(crate::world::document("https://r.example", "site")), 1 => wallet_body()],
        statuses in [100..600_u16, 100..600_u16, 100..600_u16],
        fine in [any::<bool>(), any::<bool>(), any::<bool>()],
        grant in wallet_body(),
        payment in wallet_body(),
    ) {
        let mut world = World::new();
        let session = world.connect();
        let status = |index: usize| if fine[index] { 200 } else { statuses[index] };
        world.answer("GET", SITE, status(0), &document);
        world.answer("POST", "https://r.example/auth", status(1), &grant);
        world.answer("POST", "https://r.example/t/incoming-payments", status(2), &payment);
        let message = IncomingPaymentRequest { wallet_address: SITE.to_owned().try_into().unwrap() };
        let incoming = world.incoming(Endpoint::CreateIncomingPayment, &message, Some(&session));
        prop_assert!(is_closed(&mut world, &incoming));
    }
}
