use std::mem;

use open_payments::{GrantedAccess, WalletAddress, WalletDocument};
use open_payments_client::{HttpRequest, RotateToken, check_granted_access};
use protocol::{RotateTokenReply, RotateTokenRequest, SignedRequest};

use super::caller::Caller;
use super::flow::{Progress, Scene, Task};
use super::forward::{Forward, Purpose, check_signer, http_request, listed};
use super::grants::access_token_reply;
use super::message::Event;
use super::refusal::Refusal;
use super::{reply_json, seal};
use crate::store::{Answer, Key, Operation, StoreDown};

/// For how long a rotation's answer is kept: long enough for a browser that was asleep, and no
/// longer than a token usually lives.
const REPLY_LIFE: i64 = 10 * 60 * 1000;

/// For how long a rotation may be under way before another may try: longer than any flow takes.
const CLAIM_LIFE: i64 = 60 * 1000;

/// A rotation kills the old token at once, so its answer must not get lost on the way back: it is
/// kept, sealed, under the old token, and a repeat is answered with it. While one rotation of a
/// token is under way, no second one reaches the wallet.
pub(crate) struct Rotation {
    forward: Forward<RotateTokenRequest>,
    place: Key,
    stage: Stage,
}

enum Stage {
    New(HttpRequest),
    Claiming,
    Rotating,
    Keeping(Result<String, Refusal>),
}

impl Rotation {
    pub(crate) fn new(mut message: RotateTokenRequest, caller: &Caller) -> Result<Self, Refusal> {
        let request = http_request(&mut message.request)?;
        let token = request.header("authorization").unwrap_or_default();
        let place = Key::of("rotation", &[caller.install.as_bytes(), token.as_bytes()]);
        Ok(Self { forward: Forward::of(message, request.clone()), place, stage: Stage::New(request) })
    }

    fn rotate(&mut self, scene: &Scene<'_>, event: Event) -> Progress {
        let outcome = match self.forward.step(scene, event) {
            Ok(Progress::Done { outcome, .. }) => outcome,
            Ok(progress) => {
                self.stage = Stage::Rotating;
                return progress;
            }
            Err(refusal) => Err(refusal),
        };
        let operation = match &outcome {
            Ok(body) => {
                let sealed = seal::seal(&scene.core.keys, &self.place, &scene.now.entropy, body.as_bytes());
                Operation::put(self.place, sealed, REPLY_LIFE)
            }
            Err(_) => Operation::Remove { key: self.place },
        };
        self.stage = Stage::Keeping(outcome);
        Progress::Store(operation)
    }

    /// The answer to a rotation that has been made, or is being made. If it was sealed with keys that
    /// are not there any more, it is lost, and the wallet says what has become of the token.
    fn repeat(&mut self, scene: &Scene<'_>, sealed: &[u8]) -> Result<Progress, Refusal> {
        if sealed.is_empty() {
            return Err(Refusal::rate_limited("The same token is being rotated already.", 1000));
        }
        let body = seal::open(&scene.core.keys, &self.place, sealed).and_then(|body| String::from_utf8(body).ok());
        Ok(body.map_or_else(|| self.rotate(scene, Event::Begun), Progress::done))
    }
}

impl Task for Rotation {
    fn step(&mut self, scene: &Scene<'_>, event: Event) -> Result<Progress, Refusal> {
        match mem::replace(&mut self.stage, Stage::Rotating) {
            Stage::New(request) => {
                // Only the holder of the token's key may see what comes of its rotation.
                check_signer(&request, &scene.caller.install)?;
                self.stage = Stage::Claiming;
                Ok(Progress::Store(Operation::claim(self.place, Vec::new(), CLAIM_LIFE)))
            }
            Stage::Claiming => match event.stored() {
                Ok(Answer::Found(sealed)) => self.repeat(scene, &sealed),
                Err(StoreDown) => Err(Refusal::unavailable()),
                Ok(_) => Ok(self.rotate(scene, Event::Begun)),
            },
            Stage::Rotating => Ok(self.rotate(scene, event)),
            Stage::Keeping(outcome) => Ok(Progress::Done { outcome, afterwards: None }),
        }
    }
}

impl Purpose for RotateTokenRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        Some(&self.wallet_address)
    }

    fn check(&self, _: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        listed::<RotateToken>(request, wallet).map(drop)
    }

    fn read(&self, scene: &Scene<'_>, wallet: &WalletDocument, body: &str) -> Result<String, Refusal> {
        let access_token = GrantedAccess::parse(body)?.access_token;
        check_granted_access(wallet, &access_token.manage, None)?;
        Ok(reply_json(&RotateTokenReply {
            access_token: access_token_reply(access_token),
            session: scene.core.session_for(wallet.clone(), scene.caller.install, scene.now),
        }))
    }
}
