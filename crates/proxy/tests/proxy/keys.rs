//! An operator replaces the proxy's keys, and nobody is logged out.

use open_payments::Secret;
use protocol::{
    ContinueGrantReply, Endpoint, ErrorCode, ErrorReply, IncomingPaymentReply, IncomingPaymentRequest, RotateTokenReply,
};
use proxy::core::KeyRing;
use serde_json::{Value, json};

use crate::program::{Program, file};
use crate::setup::Setup;

/// The file of a ring: the first key signs.
fn ring(seeds: &[u8]) -> String {
    let entry = |seed: &u8| {
        let file: Value = serde_json::from_str(&KeyRing::from_seed([*seed; 32]).to_json()).unwrap();
        file["keys"][0].clone()
    };
    json!({"keys": seeds.iter().map(entry).collect::<Vec<_>>()}).to_string()
}

/// What the program says to a session once it has started with these keys.
async fn greet(program: &Program, setup: &mut Setup, session: &Secret) -> Result<(), ErrorCode> {
    let message = IncomingPaymentRequest { wallet_address: setup.wallet.id.clone() };
    let incoming = setup.world.incoming(Endpoint::CreateIncomingPayment, &message, Some(session));
    let answer = program.connect().await.unwrap().send(&incoming).await.unwrap();
    match answer.status {
        200 => serde_json::from_str::<IncomingPaymentReply>(&answer.body).map(drop).map_err(|error| panic!("{error}")),
        _ => Err(serde_json::from_str::<ErrorReply>(&answer.body).unwrap().error.code),
    }
}

async fn start(seeds: &[u8]) -> Program {
    std::fs::write(file("ring.key"), ring(seeds)).unwrap();
    Program::start("ring.key", &[]).await
}

#[tokio::test]
async fn a_session_lives_as_long_as_its_key_is_in_the_ring() {
    let mut setup = Setup::with_wallet().await;

    let mut program = start(&[1]).await;
    let continuation = setup.continuation();
    let answer = program.connect().await.unwrap().send(&continuation).await.unwrap();
    let old = serde_json::from_str::<ContinueGrantReply>(&answer.body).unwrap().session;
    program.stop().await;

    // Every process knows the new key before any of them signs with it.
    let mut program = start(&[1, 2]).await;
    assert_eq!(greet(&program, &mut setup, &old).await, Ok(()));
    program.stop().await;

    let mut program = start(&[2, 1]).await;
    assert_eq!(greet(&program, &mut setup, &old).await, Ok(()));
    let rotation = setup.rotation();
    let answer = program.connect().await.unwrap().send(&rotation).await.unwrap();
    let new = serde_json::from_str::<RotateTokenReply>(&answer.body).unwrap().session;
    program.stop().await;

    let mut program = start(&[1]).await;
    assert_eq!(greet(&program, &mut setup, &new).await, Err(ErrorCode::SessionInvalid), "the new key signed it");
    program.stop().await;

    let program = start(&[2]).await;
    assert_eq!(greet(&program, &mut setup, &new).await, Ok(()));
    assert_eq!(greet(&program, &mut setup, &old).await, Err(ErrorCode::SessionInvalid), "its key is gone");
}
