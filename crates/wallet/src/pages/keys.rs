use maud::html;

use super::layout;
use crate::accounts::Account;
use crate::message::Response;
use crate::sandbox::Call;

/// The keys that may act for an account, and a form to add one.
pub(crate) fn keys(call: &Call<'_>, account: &Account, typed: &str, problem: Option<&str>) -> Response {
    let action = call.request.target.path();
    let content = html! {
        p { "Whoever holds one of these keys may ask for grants as " code { (account.address) } "." }
        @if account.keys.is_empty() {
            p { "No key is listed yet." }
        }
        ul.keys {
            @for key in &account.keys {
                li {
                    form method="post" action=(action) {
                        code { (key.kid) }
                        button type="submit" name="remove" value=(key.kid) data-testid="remove-key" { "Remove" }
                    }
                }
            }
        }
        form method="post" action=(action) {
            label for="jwk" { "Public key: a JSON Web Key, or its base64" }
            textarea id="jwk" name="jwk" rows="6" spellcheck="false" autocomplete="off" required
                aria-describedby=[problem.map(|_| "problem")] data-testid="jwk" { (typed) }
            @if let Some(problem) = problem {
                p.problem id="problem" role="alert" { (problem) }
            }
            button.primary type="submit" data-testid="add-key" { "Add key" }
        }
        p { a href="/" { "All accounts" } }
    };
    let name = account.public_name.as_deref().unwrap_or(account.address.as_str());
    let status = if problem.is_some() { 400 } else { 200 };
    Response::page(status, layout(&format!("Keys of {name}"), content))
}
