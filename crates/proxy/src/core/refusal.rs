use open_payments::{Fault, FaultKind, ReplyError, Timestamp};
use open_payments_client::Mismatch;
use protocol::{ErrorBody, ErrorCode};

use super::message::Unreachable;

/// Why a request gets no success: what the extension is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(Box<ErrorBody>);

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorBody::new(code, message)))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    pub(crate) fn session(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::SessionInvalid, message)
    }

    pub(crate) fn clock_skew(now: Timestamp) -> Self {
        let mut refusal = Self::new(ErrorCode::ClockSkew, "The clock of this device is wrong.");
        refusal.0.server_time = Some(now);
        refusal
    }

    pub(crate) fn rate_limited(message: impl Into<String>, wait: i64) -> Self {
        let mut refusal = Self::new(ErrorCode::RateLimited, message);
        refusal.0.retry_after = Some(u64::try_from(wait).unwrap_or_default().div_ceil(1000));
        refusal
    }

    /// The proxy itself cannot do this now, and has not begun it.
    pub(crate) fn unavailable() -> Self {
        let mut refusal = Self::new(ErrorCode::ProxyUnavailable, "The proxy cannot do this right now.");
        refusal.0.retry_after = Some(2);
        refusal
    }

    /// What an error of the site's wallet means: it can be out of order, but says nothing about the
    /// user's own grant, key, token or limits.
    pub(crate) fn of_site(fault: Fault) -> Self {
        let kind = match fault.kind {
            kind @ (FaultKind::WalletNotFound | FaultKind::Unavailable) => kind,
            _ => FaultKind::Refused,
        };
        Fault { kind, ..fault }.into()
    }

    pub(crate) fn into_body(self) -> ErrorBody {
        *self.0
    }
}

/// What a wallet's error reply means to the extension.
impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let (code, message) = meaning(&fault.kind);
        let mut body = ErrorBody::new(code, message);
        body.wallet_description = fault.description;
        match fault.kind {
            FaultKind::AmountTooSmall { minimum } => body.min_send_amount = minimum,
            FaultKind::TooFast => body.retry_after = Some(1),
            _ => {}
        }
        Self(Box::new(body))
    }
}

fn meaning(kind: &FaultKind) -> (ErrorCode, &'static str) {
    match kind {
        FaultKind::TokenInactive => (ErrorCode::TokenInactive, "The access token is not active any more."),
        FaultKind::TokenGone => (ErrorCode::TokenInactive, "The access token is gone for good."),
        FaultKind::LimitExceeded => (ErrorCode::LimitExceeded, "The payment exceeds what was granted."),
        FaultKind::InsufficientGrant => (ErrorCode::InsufficientGrant, "The grant does not cover this."),
        FaultKind::InvalidReceiver => (ErrorCode::InvalidReceiver, "The incoming payment takes no more money."),
        FaultKind::AmountTooSmall { .. } => (ErrorCode::AmountTooSmall, "The amount would deliver nothing."),
        FaultKind::InvalidQuote => (ErrorCode::QuoteUsed, "The quote is used up or expired."),
        FaultKind::KeyUnknown | FaultKind::SignatureRefused => {
            (ErrorCode::KeyRevoked, "The wallet does not know the key of this browser.")
        }
        FaultKind::WalletNotFound => (ErrorCode::WalletNotFound, "There is no wallet at this address."),
        FaultKind::TooFast => (ErrorCode::RateLimited, "The wallet asks to wait a moment."),
        FaultKind::Unavailable => (ErrorCode::WalletUnreachable, "The wallet is in trouble."),
        _ => (ErrorCode::WalletRefused, "The wallet refused."),
    }
}

impl From<Unreachable> for Refusal {
    /// The reason is not told: it would let a caller map networks that only the proxy sees.
    fn from(reason: Unreachable) -> Self {
        match reason {
            Unreachable::TooMany => Self::rate_limited("Too many wallets are looked up from this address.", 1000),
            _ => Self::new(ErrorCode::WalletUnreachable, "The wallet cannot be reached."),
        }
    }
}

impl From<ReplyError> for Refusal {
    /// What is wrong with the answer is told in words of our own: nothing of it is quoted.
    fn from(error: ReplyError) -> Self {
        Self::new(ErrorCode::WalletUnreachable, format!("The wallet's answer makes no sense: {error}."))
    }
}

impl From<Mismatch> for Refusal {
    /// The host that a wallet wanted to lead to is shown, as a person has to judge it.
    fn from(mismatch: Mismatch) -> Self {
        Self::new(ErrorCode::WalletRefused, format!("The wallet's answer does not fit: {mismatch}."))
    }
}

#[cfg(test)]
mod tests {
    use money::{Amount, Asset};

    use super::*;

    #[test]
    fn each_fault_has_its_code() {
        let fault = |status, body: &str| Refusal::from(Fault::classify(status, body)).into_body();
        let minimum = Amount::new(2, Asset::new("USD", 2).unwrap());
        let small = fault(
            400,
            r#"{"error":{"code":"400","description":"non-positive receive amount","details":{"minSendAmount":{"value":"2","assetCode":"USD","assetScale":2}}}}"#,
        );
        assert_eq!((small.code, small.min_send_amount), (ErrorCode::AmountTooSmall, Some(minimum)));
        let fast = fault(400, r#"{"error":{"code":"too_fast"}}"#);
        assert_eq!((fast.code, fast.retry_after), (ErrorCode::RateLimited, Some(1)));
        let revoked = fault(400, r#"{"error":{"code":"invalid_client","description":"could not determine client"}}"#);
        assert_eq!(revoked.code, ErrorCode::KeyRevoked);
        assert_eq!(revoked.wallet_description.as_deref(), Some("could not determine client"));
        assert_eq!(fault(500, "<html>").code, ErrorCode::WalletUnreachable);
        assert_eq!(fault(302, "").code, ErrorCode::WalletRefused);
    }

    #[test]
    fn a_part_of_a_second_is_waited_for_too() {
        assert_eq!(Refusal::rate_limited("Too many.", 1).into_body().retry_after, Some(1));
        assert_eq!(Refusal::rate_limited("Too many.", 1_001).into_body().retry_after, Some(2));
    }
}
