//! Replies that fit, and replies that lead astray.

use money::{Amount, Asset};
use open_payments::{IncomingPaymentUrl, OutgoingPayment, Quote, Url, WalletAddress};
use open_payments_client::*;

use crate::fixtures::*;

fn foreign(member: &'static str, host: &str) -> Result<(), Mismatch> {
    Err(Mismatch::ForeignHost { member, host: host.to_owned() })
}

fn asked() -> CreateQuote {
    CreateQuote { token: token(), receiver: incoming_payment(), debit_amount: usd(100) }
}

/// As a wallet answers, with the members that are not read left out.
fn quote() -> Quote {
    let json = r#"{"id":"https://wallet-a.example/tenant-a/quotes/afeeef49",
        "walletAddress":"https://wallet-a.example/accounts/alice",
        "receiver":"https://wallet-b.example/tenant-b/incoming-payments/87579a85",
        "debitAmount":{"value":"100","assetCode":"USD","assetScale":2},
        "receiveAmount":{"value":"99","assetCode":"USD","assetScale":2}}"#;
    Quote::parse(json).unwrap()
}

fn payment() -> OutgoingPayment {
    let json = r#"{"id":"https://wallet-a.example/tenant-a/outgoing-payments/afeeef49",
        "walletAddress":"https://wallet-a.example/accounts/alice",
        "quoteId":"https://wallet-a.example/tenant-a/quotes/afeeef49",
        "receiver":"https://wallet-b.example/tenant-b/incoming-payments/87579a85",
        "debitAmount":{"value":"100","assetCode":"USD","assetScale":2},
        "receiveAmount":{"value":"99","assetCode":"USD","assetScale":2},
        "sentAmount":{"value":"0","assetCode":"USD","assetScale":2},"failed":false}"#;
    OutgoingPayment::parse(json).unwrap()
}

fn other_receiver() -> IncomingPaymentUrl {
    IncomingPaymentUrl::parse("https://wallet-b.example/tenant-b/incoming-payments/other").unwrap()
}

fn other_wallet() -> WalletAddress {
    WalletAddress::parse("https://wallet-a.example/accounts/bob").unwrap()
}

#[test]
fn a_quote_is_for_what_was_asked() {
    let told = |change: &dyn Fn(&mut Quote)| {
        let mut quote = quote();
        change(&mut quote);
        check_quote(&wallet(), &asked(), &Terms::from(&quote))
    };
    let amount = |told: Amount| Err(Mismatch::Amount { asked: usd(100), told });
    assert_eq!(told(&|_| ()), Ok(()));
    assert_eq!(told(&|quote| quote.debit_amount = usd(99)), Ok(()));
    assert_eq!(told(&|quote| quote.debit_amount = usd(101)), amount(usd(101)));
    let euro = Amount::new(1, Asset::new("EUR", 2).unwrap());
    assert_eq!(told(&|quote| quote.debit_amount = euro.clone()), amount(euro.clone()));
    assert_eq!(told(&|quote| quote.receiver = other_receiver()), Err(Mismatch::Receiver));
    assert_eq!(told(&|quote| quote.wallet_address = other_wallet()), Err(Mismatch::WalletAddress));
    assert_eq!(told(&|quote| quote.id = url("https://evil.example:1/quotes/1")), foreign("id", "evil.example:1"));
    assert_eq!(told(&|quote| quote.id = url(PAYMENT)), foreign("id", "wallet-a.example"));
}

#[test]
fn a_payment_is_what_its_quote_said() {
    let told = |change: &dyn Fn(&mut OutgoingPayment)| {
        let mut payment = payment();
        change(&mut payment);
        check_payment(&wallet(), &Terms::from(&quote()), &Terms::from(&payment))
    };
    let amount = |told: Amount| Err(Mismatch::Amount { asked: usd(100), told });
    assert_eq!(told(&|_| ()), Ok(()));
    assert_eq!(told(&|payment| payment.quote_id = None), Ok(()));
    assert_eq!(told(&|payment| payment.quote_id = Some(url(PAYMENT))), Err(Mismatch::Quote));
    assert_eq!(told(&|payment| payment.debit_amount = usd(99)), amount(usd(99)));
    assert_eq!(told(&|payment| payment.debit_amount = usd(101)), amount(usd(101)));
    assert_eq!(told(&|payment| payment.receiver = other_receiver()), Err(Mismatch::Receiver));
    assert_eq!(told(&|payment| payment.wallet_address = other_wallet()), Err(Mismatch::WalletAddress));
    assert_eq!(told(&|payment| payment.id = url(QUOTE)), foreign("id", "wallet-a.example"));
}

#[test]
fn grants_stay_at_the_authorization_server() {
    let (here, redirect) = (url(CONTINUE), url("https://auth.wallet-a.example/interact/1?clientName=a"));
    let abroad = ["https://evil.example/", "https://wallet-a.example/", "https://auth.wallet-a.example:8443/"];
    assert_eq!(check_pending_grant(&wallet(), &redirect, &here), Ok(()));
    assert_eq!(check_granted_access(&wallet(), &url(MANAGE), Some(&here)), Ok(()));
    assert_eq!(check_granted_access(&wallet(), &url(MANAGE), None), Ok(()));
    for there in abroad.map(url) {
        let host = there.authority();
        assert_eq!(check_pending_grant(&wallet(), &there, &here), foreign("interact.redirect", host));
        assert_eq!(check_pending_grant(&wallet(), &redirect, &there), foreign("continue.uri", host));
        assert_eq!(check_granted_access(&wallet(), &there, None), foreign("access_token.manage", host));
        assert_eq!(check_granted_access(&wallet(), &url(MANAGE), Some(&there)), foreign("continue.uri", host));
    }
}

#[test]
fn an_incoming_payment_lies_at_the_receiving_wallet() {
    let check = |text: &str| check_incoming_payment(&wallet(), &IncomingPaymentUrl::parse(text).unwrap());
    assert_eq!(check("https://wallet-a.example/tenant-a/incoming-payments/1"), Ok(()));
    for (elsewhere, host) in [
        ("https://evil.example/tenant-a/incoming-payments/1", "evil.example"),
        ("https://wallet-a.example/tenant-b/incoming-payments/1", "wallet-a.example"),
        ("https://wallet-a.example/incoming-payments/1", "wallet-a.example"),
        ("https://wallet-a.example/tenant-a/x/incoming-payments/1", "wallet-a.example"),
    ] {
        assert_eq!(check(elsewhere), foreign("id", host));
    }
}

#[test]
fn a_mismatch_names_the_host_to_the_user() {
    let there = Url::parse("https://evil.example:444/x").unwrap();
    let mismatch = check_granted_access(&wallet(), &there, None).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "the reply's access_token.manage leads to evil.example:444, which is not part of the wallet"
    );
}
