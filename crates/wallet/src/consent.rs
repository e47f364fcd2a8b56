use open_payments::interaction_hash;

use crate::grants::{Grant, GrantState, Interaction};
use crate::message::Response;
use crate::pages;
use crate::sandbox::{Call, Sandbox};

/// How long after a grant request a person may decide.
const DECIDE_WITHIN_MILLIS: i64 = 10 * 60 * 1000;

impl Sandbox {
    /// `GET {interact.redirect}`: asks the person.
    pub(crate) fn show_consent(&self, call: &Call<'_>, id: &str, nonce: &str) -> Response {
        match self.interaction(call, id, nonce) {
            None => pages::unknown_interaction(),
            Some((grant, _)) if can_be_decided(grant, call) => pages::consent(self, call, grant),
            Some((_, interaction)) => finish(interaction, &[("result", "grant_invalid")]),
        }
    }

    /// `POST {interact.redirect}`: the person has decided. The browser is sent to the client
    /// with a reference and a hash (RFC 9635, section 4.2), or with what has become of it.
    pub(crate) fn decide(&mut self, call: &mut Call<'_>, id: &str, nonce: &str) -> Response {
        if !call.request.is_same_origin(&call.wallet.base) {
            return pages::foreign_form();
        }
        let Some((grant, interaction)) = self.interaction(call, id, nonce) else {
            return pages::unknown_interaction();
        };
        let (mut grant, interaction) = (grant.clone(), interaction.clone());
        if !can_be_decided(&grant, call) {
            return finish(&interaction, &[("result", "grant_invalid")]);
        }
        let response = if call.request.form("decision").as_deref() == Some("accept") {
            let reference = call.entropy.id();
            let client_nonce = interaction.finish.as_ref().map_or("", |finish| finish.nonce.as_str());
            let hash = interaction_hash(client_nonce, &interaction.nonce, &reference, call.wallet.auth_server.as_str());
            let response = finish(&interaction, &[("hash", &hash), ("interact_ref", &reference)]);
            grant.state = GrantState::Accepted { reference };
            response
        } else {
            grant.state = GrantState::Rejected;
            finish(&interaction, &[("result", "grant_rejected")])
        };
        self.grants.insert(id, grant);
        response
    }

    fn interaction(&self, call: &Call<'_>, id: &str, nonce: &str) -> Option<(&Grant, &Interaction)> {
        let grant = self.grants.get(id).filter(|grant| grant.wallet == call.wallet.index)?;
        let interaction = grant.interaction.as_ref().filter(|interaction| interaction.nonce == nonce)?;
        Some((grant, interaction))
    }
}

fn can_be_decided(grant: &Grant, call: &Call<'_>) -> bool {
    grant.state == GrantState::Pending && call.now < grant.requested.plus_millis(DECIDE_WITHIN_MILLIS)
}

/// Sends the browser to where the client waits; without such a place, says that it is done.
fn finish(interaction: &Interaction, parameters: &[(&str, &str)]) -> Response {
    let Some(finish) = &interaction.finish else { return pages::decided() };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = if finish.uri.contains('?') { '&' } else { '?' };
    Response::see_other(&format!("{}{separator}{query}", finish.uri))
}
