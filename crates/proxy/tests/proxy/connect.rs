//! Grants: requested, continued, cancelled.

use http_signature::SecretKey;
use money::{Amount, Asset};
use open_payments::{Interval, Secret, Timestamp, Url};
use open_payments_client::{CancelGrant, ContinueGrant, RequestGrant};
use protocol::{
    CancelGrantRequest, CancelReply, ContinueGrantReply, ContinueGrantRequest, Endpoint, ErrorCode, GrantReply,
};

use crate::world::{Outcome, World, document, grant, grant_request, wallet, wallet_address};

const CONTINUE: &str = "https://w.example/auth/continue/1";
const PENDING: &str = r#"{"interact":{"redirect":"https://w.example/auth/interact/1","finish":"wallet-nonce"},
    "continue":{"access_token":{"value":"CONTINUE"},"uri":"https://w.example/auth/continue/1","wait":5}}"#;
const GRANTED: &str = r#"{"access_token":{"value":"ACCESS","manage":"https://w.example/auth/token/1","expires_in":600},
    "continue":{"access_token":{"value":"CONTINUE"},"uri":"https://w.example/auth/continue/1"}}"#;

fn request_grant(world: &mut World, amount: u64, grant: &RequestGrant) -> Outcome {
    let message = grant_request(world, amount, grant);
    world.ask(Endpoint::RequestGrant, &message, None)
}

fn continuation(world: &World, signer: &SecretKey) -> ContinueGrantRequest {
    let operation = ContinueGrant {
        uri: Url::parse(CONTINUE).unwrap(),
        token: Secret::new("CONTINUE".to_owned()),
        reference: "reference".to_owned(),
    };
    let request = world.signed_by(signer, &operation, &wallet());
    ContinueGrantRequest { wallet_address: wallet_address(), request }
}

pub(crate) fn continue_grant(world: &mut World) -> Outcome {
    world.answer("POST", CONTINUE, 200, GRANTED);
    let message = continuation(world, &world.install);
    world.ask(Endpoint::ContinueGrant, &message, None)
}

fn cancel(world: &mut World, status: u16, body: &str) -> Outcome {
    world.answer("DELETE", CONTINUE, status, body);
    let operation = CancelGrant { uri: Url::parse(CONTINUE).unwrap(), token: Secret::new("CONTINUE".to_owned()) };
    let message = CancelGrantRequest { wallet_address: wallet_address(), request: world.signed(&operation) };
    world.ask(Endpoint::CancelGrant, &message, None)
}

#[test]
fn a_grant_is_requested_with_exactly_the_signed_bytes() {
    let mut world = World::new();
    world.answer("POST", "https://w.example/auth", 200, PENDING);
    let message = grant_request(&world, 1000, &grant(1000));
    let outcome = world.ask(Endpoint::RequestGrant, &message, None);
    let reply: GrantReply = outcome.json();
    assert_eq!(reply.interact.redirect.as_str(), "https://w.example/auth/interact/1");
    assert_eq!(reply.interact.finish, "wallet-nonce");
    assert_eq!((reply.continuation.token.expose(), reply.continuation.wait), ("CONTINUE", Some(5)));
    assert_eq!(world.asked, ["GET https://w.example/alice", "POST https://w.example/auth"]);
    let sent = &world.sent[1];
    assert_eq!((&sent.headers, &sent.body), (&message.request.headers, &message.request.body));
}

#[test]
fn a_grant_for_something_else_than_the_message_says_is_refused() {
    let mut world = World::new();
    let monthly = Some(Interval::monthly(Timestamp::from_millis(0)));
    for wrong in [
        grant(1001),
        RequestGrant { interval: monthly, ..grant(1000) },
        RequestGrant { debit_amount: Amount::new(1000, Asset::new("EUR", 2).unwrap()), ..grant(1000) },
        RequestGrant { finish: Url::parse("https://evil.example/connected").unwrap(), ..grant(1000) },
        RequestGrant { finish: Url::parse("https://pay.example/other").unwrap(), ..grant(1000) },
    ] {
        assert_eq!(request_grant(&mut world, 1000, &wrong).error().code, ErrorCode::InvalidRequest, "{wrong:?}");
    }
    assert!(world.asked.iter().all(|asked| asked.starts_with("GET ")), "nothing was sent to the wallet");
}

#[test]
fn a_request_for_another_wallet_is_refused() {
    let mut world = World::new();
    let mut message = grant_request(&world, 1000, &grant(1000));
    message.wallet_address = "https://r.example/site".to_owned().try_into().unwrap();
    let error = world.ask(Endpoint::RequestGrant, &message, None).error();
    assert_eq!(error.code, ErrorCode::InvalidRequest, "{}", error.message);
    assert_eq!(world.asked, ["GET https://r.example/site"]);
}

#[test]
fn whatever_is_not_on_the_closed_list_is_refused() {
    let mut world = World::new();
    let good = || grant_request(&World::new(), 1000, &grant(1000)).request;
    for change in 0..5 {
        let mut request = good();
        match change {
            0 => request.headers.push(("x-extra".to_owned(), "1".to_owned())),
            1 => request.headers.insert(0, ("host".to_owned(), "evil.example".to_owned())),
            2 => request.body = request.body.map(|body| format!("{body} ")),
            3 => request.url = "https://w.example/auth/other".to_owned(),
            _ => request.method = "PUT".to_owned(),
        }
        let mut message = grant_request(&world, 1000, &grant(1000));
        message.request = request;
        let error = world.ask(Endpoint::RequestGrant, &message, None).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{change}: {}", error.message);
    }
    assert!(world.asked.iter().all(|asked| asked.starts_with("GET ")));
}

#[test]
fn an_unknown_wallet_is_told_from_one_in_trouble() {
    for (status, body, code) in [
        (404, "{}", ErrorCode::WalletNotFound),
        (200, "<html>", ErrorCode::WalletNotFound),
        (302, "", ErrorCode::WalletNotFound),
        (500, "", ErrorCode::WalletUnreachable),
        (429, "", ErrorCode::WalletUnreachable),
    ] {
        let mut world = World::new();
        world.answer("GET", "https://w.example/alice", status, body);
        assert_eq!(request_grant(&mut world, 1000, &grant(1000)).error().code, code, "{status}");
    }
    let mut world = World::new();
    world.fail("GET", "https://w.example/alice");
    assert_eq!(request_grant(&mut world, 1000, &grant(1000)).error().code, ErrorCode::WalletUnreachable);
}

#[test]
fn a_wallet_in_a_private_network_is_not_visited() {
    let mut world = World::new();
    for address in [
        "https://10.0.0.1/alice",
        "https://169.254.169.254/latest",
        "https://127.0.0.1/alice",
        "http://localhost:4201/alice",
        "https://[::1]/alice",
        "https://[fd00::1]/alice",
        "https://printer.local/alice",
    ] {
        let mut message = grant_request(&world, 1000, &grant(1000));
        message.wallet_address = address.to_owned().try_into().unwrap();
        let error = world.ask(Endpoint::RequestGrant, &message, None).error();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{address}");
    }
    assert!(world.asked.is_empty());
}

#[test]
fn a_document_that_leads_into_a_private_network_is_refused() {
    let mut world = World::new();
    let inside = document("https://w.example", "alice").replace("https://w.example/auth", "https://192.168.1.1/auth");
    world.answer("GET", "https://w.example/alice", 200, &inside);
    let error = request_grant(&mut world, 1000, &grant(1000)).error();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert!(error.message.contains("192.168.1.1"), "{}", error.message);
}

#[test]
fn a_wallet_that_leads_elsewhere_is_refused_with_the_host() {
    let mut world = World::new();
    for foreign in [
        PENDING.replace("https://w.example/auth/interact", "https://evil.example/interact"),
        PENDING.replace("https://w.example/auth/continue", "https://evil.example/continue"),
    ] {
        world.answer("POST", "https://w.example/auth", 200, &foreign);
        let error = request_grant(&mut world, 1000, &grant(1000)).error();
        assert_eq!(error.code, ErrorCode::WalletRefused);
        assert!(error.message.contains("evil.example"), "{}", error.message);
    }
}

#[test]
fn a_key_that_the_wallet_does_not_know_is_named() {
    let mut world = World::new();
    let body = r#"{"error":{"code":"invalid_client","description":"could not determine client"}}"#;
    world.answer("POST", "https://w.example/auth", 400, body);
    let error = request_grant(&mut world, 1000, &grant(1000)).error();
    assert_eq!(error.code, ErrorCode::KeyRevoked);
    assert_eq!(error.wallet_description.as_deref(), Some("could not determine client"));
}

#[test]
fn a_continued_grant_comes_with_a_session() {
    let mut world = World::new();
    let reply: ContinueGrantReply = continue_grant(&mut world).json();
    assert_eq!(reply.access_token.value.expose(), "ACCESS");
    assert_eq!(reply.access_token.manage.as_str(), "https://w.example/auth/token/1");
    assert_eq!(reply.access_token.expires_in, Some(600));
    assert!(reply.session.expose().starts_with("v4.public."));
}

#[test]
fn a_request_that_another_key_signed_gives_no_session() {
    let mut world = World::new();
    world.answer("POST", CONTINUE, 200, GRANTED);
    let stolen = continuation(&world, &SecretKey::from_seed([8; 32]));
    let error = world.ask(Endpoint::ContinueGrant, &stolen, None).error();
    assert_eq!(error.code, ErrorCode::InvalidRequest);
    assert_eq!(world.asked, ["GET https://w.example/alice"]);
}

#[test]
fn a_manage_url_on_a_foreign_host_is_refused() {
    let mut world = World::new();
    let foreign = GRANTED.replace("https://w.example/auth/token", "https://evil.example/token");
    world.answer("POST", CONTINUE, 200, &foreign);
    let message = continuation(&world, &world.install);
    let error = world.ask(Endpoint::ContinueGrant, &message, None).error();
    assert_eq!(error.code, ErrorCode::WalletRefused);
    assert!(error.message.contains("evil.example"), "{}", error.message);
}

#[test]
fn a_continuation_on_another_host_is_not_called() {
    let mut world = World::new();
    let operation = ContinueGrant {
        uri: Url::parse("https://evil.example/continue/1").unwrap(),
        token: Secret::new("CONTINUE".to_owned()),
        reference: "reference".to_owned(),
    };
    let message = ContinueGrantRequest { wallet_address: wallet_address(), request: world.signed(&operation) };
    assert_eq!(world.ask(Endpoint::ContinueGrant, &message, None).error().code, ErrorCode::InvalidRequest);
    assert_eq!(world.asked, ["GET https://w.example/alice"]);
}

#[test]
fn waiting_and_refusal_are_told_apart_when_continuing() {
    let mut world = World::new();
    for (status, body, code, retry_after) in [
        (400, r#"{"error":{"code":"too_fast","description":"wait"}}"#, ErrorCode::RateLimited, Some(1)),
        (401, r#"{"error":{"code":"request_denied","description":"no"}}"#, ErrorCode::WalletRefused, None),
        (404, r#"{"error":{"code":"invalid_continuation","description":"no"}}"#, ErrorCode::WalletRefused, None),
    ] {
        world.answer("POST", CONTINUE, status, body);
        let message = continuation(&world, &world.install);
        let error = world.ask(Endpoint::ContinueGrant, &message, None).error();
        assert_eq!((error.code, error.retry_after), (code, retry_after));
    }
}

#[test]
fn a_grant_that_is_gone_already_counts_as_cancelled() {
    let mut world = World::new();
    for (status, body) in [
        (204, ""),
        (404, r#"{"error":{"code":"invalid_continuation","description":"grant not found"}}"#),
        (401, r#"{"error":{"code":"invalid_continuation","description":"invalid grant"}}"#),
    ] {
        let _: CancelReply = cancel(&mut world, status, body).json();
    }
    let refused = cancel(&mut world, 401, r#"{"error":{"code":"invalid_client","description":"invalid signature"}}"#);
    assert_eq!(refused.error().code, ErrorCode::KeyRevoked);
    assert_eq!(cancel(&mut world, 503, "").error().code, ErrorCode::WalletUnreachable);
}
