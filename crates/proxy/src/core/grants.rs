use open_payments::{
    AccessToken, Continuation, Fault, FaultKind, GrantedAccess, PendingGrant, WalletAddress, WalletDocument,
};
use open_payments_client::{
    CancelGrant, ContinueGrant, HttpRequest, RequestGrant, check_granted_access, check_pending_grant,
};
use protocol::{
    AccessTokenReply, CancelGrantRequest, CancelReply, ContinuationReply, ContinueGrantReply, ContinueGrantRequest,
    GrantReply, GrantRequest, InteractionReply, SignedRequest,
};

use super::flow::Scene;
use super::forward::{Purpose, check_signer, listed};
use super::refusal::Refusal;
use super::reply_json;

impl Purpose for GrantRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        Some(&self.wallet_address)
    }

    fn check(&self, scene: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        let grant: RequestGrant = listed(request, wallet)?;
        if grant.debit_amount != self.amount || grant.interval != self.interval {
            return Err(Refusal::invalid("The signed request grants something else than the message says."));
        }
        if grant.finish != scene.core.finish_url() {
            return Err(Refusal::invalid("The signed request finishes at another page than the proxy's."));
        }
        Ok(())
    }

    fn read(&self, _: &Scene<'_>, wallet: &WalletDocument, body: &str) -> Result<String, Refusal> {
        let PendingGrant { interact, continuation } = PendingGrant::parse(body)?;
        check_pending_grant(wallet, &interact.redirect, &continuation.uri)?;
        let interact = InteractionReply { redirect: interact.redirect, finish: interact.finish };
        Ok(reply_json(&GrantReply { interact, continuation: continuation_reply(continuation) }))
    }
}

impl Purpose for ContinueGrantRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        Some(&self.wallet_address)
    }

    fn check(&self, scene: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        check_signer(request, &scene.caller.install)?;
        listed::<ContinueGrant>(request, wallet).map(drop)
    }

    fn read(&self, scene: &Scene<'_>, wallet: &WalletDocument, body: &str) -> Result<String, Refusal> {
        let GrantedAccess { access_token, continuation } = GrantedAccess::parse(body)?;
        check_granted_access(wallet, &access_token.manage, continuation.as_ref().map(|next| &next.uri))?;
        // Without one the grant could never be given back.
        let continuation = continuation.ok_or(open_payments::ReplyError::Shape)?;
        Ok(reply_json(&ContinueGrantReply {
            access_token: access_token_reply(access_token),
            continuation: continuation_reply(continuation),
            session: scene.core.session_for(wallet.clone(), scene.caller.install, scene.now),
        }))
    }
}

impl Purpose for CancelGrantRequest {
    fn signed_request(&mut self) -> &mut SignedRequest {
        &mut self.request
    }

    fn wallet_address(&self) -> Option<&WalletAddress> {
        Some(&self.wallet_address)
    }

    fn check(&self, _: &Scene<'_>, request: &HttpRequest, wallet: &WalletDocument) -> Result<(), Refusal> {
        listed::<CancelGrant>(request, wallet).map(drop)
    }

    fn read(&self, _: &Scene<'_>, _: &WalletDocument, _: &str) -> Result<String, Refusal> {
        Ok(reply_json(&CancelReply {}))
    }

    /// A grant that is gone already is as good as cancelled.
    fn fault(&self, fault: Fault) -> Result<String, Refusal> {
        match fault.kind {
            FaultKind::ContinuationGone => Ok(reply_json(&CancelReply {})),
            _ => Err(fault.into()),
        }
    }
}

pub(crate) fn access_token_reply(token: AccessToken) -> AccessTokenReply {
    AccessTokenReply { value: token.value, manage: token.manage, expires_in: token.expires_in }
}

fn continuation_reply(continuation: Continuation) -> ContinuationReply {
    ContinuationReply { uri: continuation.uri, token: continuation.token, wait: continuation.wait }
}
