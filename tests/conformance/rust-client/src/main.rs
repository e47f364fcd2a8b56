//! Makes a payment with the Rust client of Open Payments: from the wallet address given second to
//! that given third, with the key file given first.
//!
//! Prints where the user decides, reads the interaction reference, and ends by printing what was
//! debited.

use std::io::stdin;
use std::path::PathBuf;

use open_payments::client::{AuthenticatedClient, AuthenticatedResources, ClientConfig, UnauthenticatedResources};
use open_payments::types::{
    AccessItem, AccessToken, AccessTokenRequest, Amount, ContinueResponse, CreateIncomingPaymentRequest,
    CreateOutgoingPaymentRequest, CreateQuoteRequest, GrantRequest, GrantResponse, IncomingPaymentAction,
    InteractFinish, InteractRequest, LimitsOutgoing, OutgoingPaymentAction, PaymentMethodType, QuoteAction, Receiver,
    WalletAddress,
};

type Failure = Box<dyn std::error::Error>;

const KEY_ID: &str = "test-key-ed25519";
const FINISH: &str = "http://127.0.0.1:9/finished";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let [key, payer, receiver] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "key file, payer and receiver")?;
    let client = AuthenticatedClient::new(ClientConfig {
        key_id: KEY_ID.into(),
        private_key_path: PathBuf::from(key),
        jwks_path: None,
        wallet_address_url: payer.clone(),
    })?;
    let payer = client.wallet_address().get(&payer).await?;
    let receiver = client.wallet_address().get(&receiver).await?;

    let incoming = incoming_payment(&client, &receiver).await?;
    let token = outgoing_grant(&client, &payer).await?;
    let debited = pay(&client, &payer, &token, incoming).await?;
    println!("{debited}");
    let fresh = client.token().rotate(&token.manage, Some(&token.value)).await?.access_token;
    client.token().revoke(&fresh.manage, Some(&fresh.value)).await?;
    Ok(())
}

async fn incoming_payment(client: &AuthenticatedClient, receiver: &WalletAddress) -> Result<String, Failure> {
    let access = AccessItem::IncomingPayment {
        actions: vec![IncomingPaymentAction::Create, IncomingPaymentAction::Read, IncomingPaymentAction::List],
        identifier: None,
    };
    let request = GrantRequest::new(AccessTokenRequest { access: vec![access] }, None);
    let GrantResponse::WithToken { access_token, .. } =
        client.grant().request(&receiver.auth_server, &request, None).await?
    else {
        return Err("no token for an incoming payment".into());
    };
    let token = Some(access_token.value.as_str());
    let request = CreateIncomingPaymentRequest {
        wallet_address: receiver.id.clone(),
        incoming_amount: None,
        expires_at: None,
        metadata: None,
    };
    let created = client.incoming_payments().create(&receiver.resource_server, &request, token).await?;
    client.incoming_payments().get(&created.id, token).await?;
    let server = &receiver.resource_server;
    let page = client.incoming_payments().list(server, &receiver.id, None, Some(1), None, token).await?;
    if page.result.iter().any(|listed| listed.id == created.id) {
        Ok(created.id)
    } else {
        Err("the incoming payment is not listed".into())
    }
}

async fn outgoing_grant(client: &AuthenticatedClient, payer: &WalletAddress) -> Result<AccessToken, Failure> {
    let limits = LimitsOutgoing {
        receiver: None,
        debit_amount: Some(amount(payer, 1000)),
        receive_amount: None,
        interval: None,
    };
    let access = vec![
        AccessItem::Quote { actions: vec![QuoteAction::Create, QuoteAction::Read] },
        AccessItem::OutgoingPayment {
            actions: vec![OutgoingPaymentAction::Create, OutgoingPaymentAction::Read],
            identifier: payer.id.clone(),
            limits: Some(limits),
        },
    ];
    let interact = InteractRequest {
        start: vec!["redirect".into()],
        finish: Some(InteractFinish { method: "redirect".into(), uri: FINISH.into(), nonce: "client-nonce".into() }),
    };
    let request = GrantRequest::new(AccessTokenRequest { access }, Some(interact));
    let GrantResponse::WithInteraction { interact, continue_ } =
        client.grant().request(&payer.auth_server, &request, None).await?
    else {
        return Err("nobody is to be asked".into());
    };
    println!("{}", interact.redirect);
    let mut reference = String::new();
    stdin().read_line(&mut reference)?;
    let token = Some(continue_.access_token.value.as_str());
    match client.grant().continue_grant(&continue_.uri, reference.trim(), token).await? {
        ContinueResponse::WithToken { access_token, .. } => Ok(access_token),
        other => Err(format!("not granted: {other:?}").into()),
    }
}

/// Pays 100 units; how many the payment says were debited when it is read.
async fn pay(
    client: &AuthenticatedClient,
    payer: &WalletAddress,
    token: &AccessToken,
    incoming: String,
) -> Result<String, Failure> {
    let (server, token) = (&payer.resource_server, Some(token.value.as_str()));
    let request = CreateQuoteRequest::FixedSendAmountQuote {
        wallet_address: payer.id.clone(),
        receiver: Receiver(incoming),
        method: PaymentMethodType::Ilp,
        debit_amount: amount(payer, 100),
    };
    let quote = client.quotes().create(server, &request, token).await?;
    let request = CreateOutgoingPaymentRequest::FromQuote {
        wallet_address: payer.id.clone(),
        quote_id: quote.id,
        metadata: None,
    };
    let payment = client.outgoing_payments().create(server, &request, token).await?;
    let read = client.outgoing_payments().get(&payment.id, token).await?;
    Ok(read.debit_amount.value)
}

fn amount(wallet: &WalletAddress, value: u32) -> Amount {
    Amount { value: value.to_string(), asset_code: wallet.asset_code.clone(), asset_scale: wallet.asset_scale }
}
