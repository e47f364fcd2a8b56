//! Exchanging the access token for a fresh one. It kills the old token at once, so it never
//! happens beside a quote or a payment, and only one at a time.

use open_payments_client::{RotateToken, check_granted_access};
use protocol::{Endpoint, ErrorCode, RotateTokenReply, RotateTokenRequest};

use crate::account::{Rotation, Token};
use crate::calls::{Purpose, to_wire};
use crate::engine::Engine;
use crate::input::{Answer, Unreachable};
use crate::problem::ProblemCode;

/// Between two exchanges, whatever the wallet or the proxy says; twice as long when the
/// fresh token is not accepted either, but no longer, for a page waits to be paid.
const SPACING: u64 = 3_000;
const LONGEST_SPACING: u64 = 2 * SPACING;
/// After so many milliseconds a failed exchange is repeated, after twice as many each further
/// time, but not less often than this.
const FIRST_PAUSE: u64 = 1_000;
const LONGEST_PAUSE: u64 = 16_000;

impl Engine {
    /// Whether the token has to be exchanged before anything more is spent.
    pub(crate) fn rotation_is_due(&self) -> bool {
        let Some(account) = &self.account else { return false };
        match account.rotation {
            Rotation::Idle { earliest } => earliest <= self.now.monotonic && account.token.is_old(self.now.wall),
            Rotation::Wanted { .. } | Rotation::InFlight { .. } => true,
        }
    }

    /// Exchanges the token, if nothing that needs it is on its way.
    pub(crate) fn drive_rotation(&mut self) {
        let able = self.desk.is_quiet() && self.proxy.requests.allows(1, self.now.monotonic);
        if !able || !self.rotation_is_due() {
            return;
        }
        let Some(account) = &mut self.account else { return };
        let failures = match account.rotation {
            Rotation::Idle { .. } => 0,
            Rotation::Wanted { at, failures } if at <= self.now.monotonic => failures,
            _ => return,
        };
        account.rotation = Rotation::InFlight { failures };
        let operation = RotateToken { manage: account.token.manage.clone(), token: account.token.value.clone() };
        let wallet = account.wallet.clone();
        let Some(request) = self.sign_for(&wallet, &operation) else { return };
        let message = RotateTokenRequest { wallet_address: wallet.id, request: to_wire(request) };
        self.ask_proxy(Endpoint::RotateToken, &message, Purpose::Rotate);
    }

    pub(crate) fn rotated(&mut self, answer: Result<Answer, Unreachable>) {
        let reply = self.read_reply::<RotateTokenReply>(answer);
        let now = self.now;
        let Some(account) = &mut self.account else { return };
        let Rotation::InFlight { failures } = account.rotation else { return };
        match reply {
            Ok(reply) if check_granted_access(&account.wallet, &reply.access_token.manage, None).is_ok() => {
                account.token = Token::new(reply.access_token, now.wall);
                account.session = reply.session;
                let spacing = (SPACING << account.fruitless.min(10)).min(LONGEST_SPACING);
                account.rotation = Rotation::Idle { earliest: now.monotonic + spacing };
                account.problem = (account.fruitless >= 3).then(|| ProblemCode::ProxyRefused.into());
                account.fruitless += 1;
                // A quote belongs to the grant, not to the token, so the one that is held stays good.
                self.persist_account();
                if let Some(spending) = &mut self.spending {
                    spending.token_exchanged();
                }
                self.persist_spending();
            }
            Ok(_) => self.lose_token(),
            Err(failure) if failure.code() == Some(ErrorCode::TokenInactive) => self.lose_token(),
            Err(failure) if failure.code() == Some(ErrorCode::KeyRevoked) => {
                account.rotation = Rotation::Wanted { at: now.monotonic, failures };
            }
            // The proxy keeps the answer for some minutes: asking again does not rotate twice.
            Err(failure) => {
                let pause = (FIRST_PAUSE << failures.min(10)).min(LONGEST_PAUSE);
                account.rotation = Rotation::Wanted { at: now.monotonic + pause, failures: failures + 1 };
                account.problem = (failures >= 2).then(|| failure.problem());
            }
        }
    }

    /// The wallet and the proxy have taken the token and the session.
    pub(crate) fn token_accepted(&mut self) {
        let Some(account) = &mut self.account else { return };
        account.fruitless = 0;
        account.key.accepted();
        account.problem.take_if(|problem| problem.code == ProblemCode::ProxyRefused);
    }

    /// The wallet does not honour the grant any more: the user has to connect anew.
    pub(crate) fn lose_token(&mut self) {
        if let Some(account) = &mut self.account {
            account.token_lost = true;
            account.rotation = Rotation::default();
            account.problem = Some(ProblemCode::TokenLost.into());
            self.persist_account();
        }
    }
}
