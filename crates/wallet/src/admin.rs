use http_signature::Jwk;
use money::Asset;
use open_payments::WalletAddress;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::faults::FaultRule;
use crate::forms::digits;
use crate::incoming::IncomingPayment;
use crate::keys::check_key;
use crate::ledger::Holder;
use crate::message::{Response, without_nulls};
use crate::outgoing::Progress;
use crate::pages;
use crate::sandbox::{Call, Sandbox};
use crate::seed::is_account_path;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountForm {
    wallet_address: WalletAddress,
    public_name: Option<String>,
    balance: Option<Balance>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Balance(#[serde(with = "digits")] u64);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyForm {
    wallet_address: WalletAddress,
    jwk: Jwk,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockForm {
    advance_seconds: u32,
}

/// What an admin request was wrong about, in words.
type Wrong = String;

impl Sandbox {
    /// Pages, the admin API and the health check.
    pub(crate) fn about(&mut self, call: &mut Call<'_>) -> Response {
        let request = call.request;
        let path = request.target.path();
        let method = request.method.as_str();
        match (method, path.split('/').skip(1).collect::<Vec<_>>().as_slice()) {
            ("GET", [""]) => pages::overview(self, call),
            ("GET", ["healthz"]) => Response::json(200, &json!({ "status": "ok" })),
            ("GET", ["assets", name]) => pages::asset(name),
            ("GET", ["favicon.ico"]) => Response::no_content(),
            ("GET", ["keys", ..]) => self.show_keys(call, &path["/keys".len()..]),
            ("POST", ["keys", ..]) => self.change_keys(call, &path["/keys".len()..]),
            (_, ["admin", ..]) if !request.is_same_origin(&call.wallet.base) => pages::foreign_form(),
            (_, ["admin", rest @ ..]) => match self.admin(call, method, rest) {
                Some(Ok(response)) => response,
                Some(Err(wrong)) => Response::json(400, &json!({ "error": wrong })),
                None => Response::json(404, &json!({ "error": "there is no such admin call" })),
            },
            _ => pages::not_found(),
        }
    }

    fn admin(&mut self, call: &Call<'_>, method: &str, path: &[&str]) -> Option<Result<Response, Wrong>> {
        let index = call.wallet.index;
        Some(match (method, path) {
            ("GET", ["accounts"]) => Ok(Response::json(200, &self.accounts_view(index))),
            ("PUT", ["accounts"]) => self.put_account(call),
            ("PUT", ["keys"]) => self.put_key(call),
            ("DELETE", ["keys"]) => self.delete_key(call),
            ("GET", ["payments"]) => Ok(Response::json(200, &self.payments_view(index))),
            ("GET", ["ledger"]) => Ok(Response::json(200, &self.ledger_view())),
            ("GET", ["requests"]) => Ok(Response::json(200, &json!({ "requests": self.log.of(index) }))),
            ("POST", ["faults"]) => body::<FaultRule>(call)
                .map(|rule| Response::json(200, &json!({ "id": self.faults.entry(index).or_default().add(rule) }))),
            ("DELETE", ["faults"]) => {
                self.faults.remove(&index);
                Ok(Response::no_content())
            }
            ("POST", ["tokens", "expire"]) => {
                self.tokens.update(|token| token.wallet == index, |token| token.expires = call.now);
                Ok(Response::no_content())
            }
            ("POST", ["incoming-payments", "expire"]) => {
                let expire = |payment: &mut IncomingPayment| payment.expires = payment.expires.min(call.now);
                self.incoming_payments.update(|payment| payment.wallet == index, expire);
                Ok(Response::no_content())
            }
            ("PATCH", ["settings"]) => body::<Value>(call).and_then(|changes| {
                self.settings = self.settings.patched(&changes)?;
                Ok(Response::json(200, &json!(self.settings)))
            }),
            ("POST", ["clock"]) => body::<ClockForm>(call).map(|form| {
                let now = self.move_clock(call.signing_now, i64::from(form.advance_seconds) * 1000);
                Response::json(200, &json!({ "now": now.to_string() }))
            }),
            _ => return None,
        })
    }

    fn put_account(&mut self, call: &Call<'_>) -> Result<Response, Wrong> {
        let form: AccountForm = body(call)?;
        let url = form.wallet_address.url();
        if url.origin() != call.wallet.base.origin() || !is_account_path(url.path()) {
            return Err("this cannot be a wallet address of this wallet".to_owned());
        }
        let kept = self.accounts.get(form.wallet_address.as_str());
        let account = Account {
            wallet: call.wallet.index,
            public_name: form.public_name.or_else(|| kept.and_then(|account| account.public_name.clone())),
            keys: kept.map(|account| account.keys.clone()).unwrap_or_default(),
            address: form.wallet_address,
        };
        let (holder, asset) = (account.holder(), &call.wallet.asset);
        self.accounts.insert(account.address.clone().as_str(), account);
        if let Some(Balance(balance)) = form.balance {
            let held = u64::try_from(self.ledger.balance(asset, &holder)).unwrap_or_default();
            self.ledger.transfer(asset, &holder, &Holder::Settlement, held);
            self.ledger.transfer(asset, &Holder::Settlement, &holder, balance);
        }
        Ok(Response::no_content())
    }

    fn put_key(&mut self, call: &Call<'_>) -> Result<Response, Wrong> {
        let form: KeyForm = body(call)?;
        check_key(&form.jwk)?;
        self.own_account(call, &form.wallet_address)?.add_key(form.jwk);
        Ok(Response::no_content())
    }

    fn delete_key(&mut self, call: &Call<'_>) -> Result<Response, Wrong> {
        let parameter = |name: &str| call.request.query(name).ok_or(format!("the query has no {name}"));
        let address = WalletAddress::parse(&parameter("walletAddress")?).map_err(|error| error.to_string())?;
        let removed = self.own_account(call, &address)?.remove_key(&parameter("kid")?);
        removed.then(Response::no_content).ok_or_else(|| "this key is not listed".to_owned())
    }

    fn own_account(&mut self, call: &Call<'_>, address: &WalletAddress) -> Result<&mut Account, Wrong> {
        let account = self.accounts.get_mut(address.as_str()).filter(|account| account.wallet == call.wallet.index);
        account.ok_or_else(|| format!("{address} is not a wallet address of this wallet"))
    }

    fn accounts_view(&self, wallet: usize) -> Value {
        let asset = &self.wallets[wallet].asset;
        let own = self.accounts.values().filter(|account| account.wallet == wallet);
        let accounts: Vec<Value> = own
            .map(|account| {
                without_nulls(json!({
                    "walletAddress": account.address,
                    "publicName": account.public_name,
                    "assetCode": asset.code,
                    "assetScale": asset.scale,
                    "balance": self.ledger.balance(asset, &account.holder()).to_string(),
                }))
            })
            .collect();
        json!({ "accounts": accounts })
    }

    fn payments_view(&self, wallet: usize) -> Value {
        let mut outgoing: Vec<_> = self.outgoing_payments.values().filter(|payment| payment.wallet == wallet).collect();
        outgoing.sort_by_key(|payment| payment.created);
        let mut incoming: Vec<_> = self.incoming_payments.values().filter(|payment| payment.wallet == wallet).collect();
        incoming.sort_by_key(|payment| payment.created);
        let outgoing: Vec<Value> = outgoing
            .into_iter()
            .map(|payment| {
                let mut view = self.outgoing_view(payment);
                view["settled"] = json!(payment.progress != Progress::Underway);
                view
            })
            .collect();
        let incoming: Vec<Value> = incoming.into_iter().map(|payment| self.incoming_view(payment)).collect();
        json!({ "outgoing": outgoing, "incoming": incoming })
    }

    fn ledger_view(&self) -> Value {
        let view = |asset: &Asset, value: i128| json!({ "assetCode": asset.code, "assetScale": asset.scale, "balance": value.to_string() });
        let accounts = self.ledger.balances.values().map(|balance| {
            let mut account = view(&balance.asset, balance.value);
            account["holder"] = match &balance.holder {
                Holder::Account(address) => json!(address),
                Holder::Settlement => json!("settlement"),
            };
            account
        });
        let sums = self.ledger.sums().into_iter().map(|(asset, sum)| view(asset, sum));
        json!({ "accounts": accounts.collect::<Vec<_>>(), "sums": sums.collect::<Vec<_>>() })
    }
}

fn body<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Wrong> {
    serde_json::from_slice(&call.request.body).map_err(|error| error.to_string())
}
