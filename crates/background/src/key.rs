//! The install's key at rest: its seed, sealed with AES-GCM under a key that IndexedDB keeps and
//! that no script can read out. This does not protect against somebody who copies the whole
//! profile of the browser.

use base64ct::{Base64, Encoding};
use engine::SecretKey;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AesGcmParams, AesKeyGenParams, Crypto, CryptoKey, IdbDatabase, IdbFactory, IdbRequest, IdbTransactionMode,
    SubtleCrypto,
};
use zeroize::Zeroizing;

use crate::clock;

const ALGORITHM: &str = "AES-GCM";
const DATABASE: &str = "rivulet";
const STORE: &str = "keys";
/// The entry of the store that holds the sealing key.
const SEAL: &str = "seal";
const IV_BYTES: usize = 12;
const SEED_BYTES: usize = 32;

#[wasm_bindgen]
extern "C" {
    // Not through web-sys, where they belong to either a window or a worker.
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Crypto;
    #[wasm_bindgen(thread_local_v2, js_name = indexedDB)]
    static INDEXED_DB: IdbFactory;
}

/// Makes a key and a new sealing key for it, which replaces the one before: what was sealed under
/// that cannot be read any more. Returns the key and its sealed seed (base64 of IV and ciphertext),
/// which is for the caller to store.
///
/// # Errors
/// What the browser throws when it cannot encrypt or store.
pub async fn make_key() -> Result<(SecretKey, String), JsValue> {
    let seal = new_seal().await?;
    let seed = Zeroizing::new(clock::random::<SEED_BYTES>());
    let iv = clock::random::<IV_BYTES>();
    let encrypting = subtle().encrypt_with_object_and_u8_array(&algorithm(&iv), &seal, seed.as_slice())?;
    let ciphertext = Uint8Array::new(&JsFuture::from(encrypting).await?).to_vec();
    let sealed = Base64::encode_string(&[&iv[..], &ciphertext].concat());
    Ok((SecretKey::from_seed(*seed), sealed))
}

/// Opens a sealed seed; nothing if it is damaged or its sealing key is gone, for good.
///
/// # Errors
/// What the browser throws when it cannot read the sealing key just now.
pub async fn unseal(sealed: &str) -> Result<Option<SecretKey>, JsValue> {
    match stored_seal().await? {
        Some(seal) => Ok(opened(&seal, sealed).await),
        None => Ok(None),
    }
}

async fn opened(seal: &CryptoKey, sealed: &str) -> Option<SecretKey> {
    let bytes = Base64::decode_vec(sealed).ok()?;
    let (iv, ciphertext) = bytes.split_at_checked(IV_BYTES)?;
    let decrypting = subtle().decrypt_with_object_and_u8_array(&algorithm(iv), seal, ciphertext).ok()?;
    let opened = Uint8Array::new(&JsFuture::from(decrypting).await.ok()?);
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    if opened.length() as usize != SEED_BYTES {
        return None;
    }
    opened.copy_to(seed.as_mut_slice());
    opened.fill(0, 0, opened.length());
    Some(SecretKey::from_seed(*seed))
}

fn subtle() -> SubtleCrypto {
    CRYPTO.with(Crypto::subtle)
}

fn algorithm(iv: &[u8]) -> AesGcmParams {
    AesGcmParams::new_with_u8_array(ALGORITHM, &Uint8Array::from(iv))
}

async fn new_seal() -> Result<CryptoKey, JsValue> {
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    let parameters = AesKeyGenParams::new(ALGORITHM, 256);
    let generating = subtle().generate_key_with_object(&parameters, false, &uses)?;
    let seal: CryptoKey = JsFuture::from(generating).await?.unchecked_into();

    let transaction = database().await?.transaction_with_str_and_mode(STORE, IdbTransactionMode::Readwrite)?;
    transaction.object_store(STORE)?.put_with_key(&seal, &SEAL.into())?;
    let committed = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    JsFuture::from(committed).await?;
    Ok(seal)
}

async fn stored_seal() -> Result<Option<CryptoKey>, JsValue> {
    let store = database().await?.transaction_with_str(STORE)?.object_store(STORE)?;
    let seal = result(&store.get(&SEAL.into())?).await?;
    Ok((!seal.is_undefined()).then(|| seal.unchecked_into()))
}

async fn database() -> Result<IdbDatabase, JsValue> {
    let request = INDEXED_DB.with(|factory| factory.open(DATABASE))?;
    let opening = request.clone();
    let create = Closure::once(move || -> Result<(), JsValue> {
        let database: IdbDatabase = opening.result()?.unchecked_into();
        database.create_object_store(STORE).map(drop)
    });
    request.set_onupgradeneeded(Some(create.as_ref().unchecked_ref()));
    Ok(result(&request).await?.unchecked_into())
}

async fn result(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let done = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await?;
    request.result()
}
