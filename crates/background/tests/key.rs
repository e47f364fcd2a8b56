//! The install's key at rest.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not know these functions for tests")]

use background::{make_key, unseal};
use base64ct::{Base64, Encoding};
use engine::Signer;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

#[wasm_bindgen_test]
async fn a_sealed_key_is_the_same_key_when_opened() {
    let (key, sealed) = make_key().await.unwrap();
    let opened = unseal(&sealed).await.unwrap().unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    assert_eq!(opened.sign(b"message"), key.sign(b"message"));
}

#[wasm_bindgen_test]
async fn a_new_key_makes_the_one_before_unreadable() {
    let (first, sealed_first) = make_key().await.unwrap();
    let (second, sealed_second) = make_key().await.unwrap();
    assert_ne!(first.public_key(), second.public_key());
    assert!(unseal(&sealed_first).await.unwrap().is_none());
    assert!(unseal(&sealed_second).await.unwrap().is_some());
}

#[wasm_bindgen_test]
async fn what_is_damaged_is_not_opened() {
    let (_, sealed) = make_key().await.unwrap();
    let bytes = Base64::decode_vec(&sealed).unwrap();
    assert_eq!(bytes.len(), 12 + 32 + 16);
    for index in [0, 12, 59] {
        let mut damaged = bytes.clone();
        damaged[index] ^= 1;
        assert!(unseal(&Base64::encode_string(&damaged)).await.unwrap().is_none(), "byte {index}");
    }
    for text in ["", "AAAA", "no base64", &sealed[..sealed.len() - 4]] {
        assert!(unseal(text).await.unwrap().is_none(), "{text}");
    }
}
