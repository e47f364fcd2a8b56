use money::{Amount, Rate};
use open_payments::Url;

use crate::effect::{Area, Effect};
use crate::engine::{Connection, Engine};
use crate::input::Command;
use crate::problem::{Problem, ProblemCode};
use crate::snapshot::{local, session};

impl Engine {
    pub(crate) fn obey(&mut self, command: Command) {
        self.notice = None;
        match command {
            Command::Connect { wallet_address, amount, monthly } => self.connect(&wallet_address, amount, monthly),
            Command::CancelConnect => self.give_up(ProblemCode::Cancelled.into()),
            Command::Disconnect => self.disconnect(),
            Command::SetEnabled(enabled) => {
                self.settings.enabled = enabled;
                self.persist_settings();
            }
            Command::SetSiteEnabled { site, enabled } => {
                if enabled {
                    self.settings.sites_off.remove(&site);
                } else {
                    self.settings.sites_off.insert(site);
                }
                self.persist_settings();
            }
            Command::SetRate(text) => self.set_rate(&text),
            Command::SetProxyUrl(text) => match Url::parse(text.trim()) {
                Ok(url) => {
                    self.settings.proxy = Some(url);
                    self.persist_settings();
                }
                Err(_) => self.notice = Some(ProblemCode::ProxyUrlInvalid.into()),
            },
        }
    }

    fn set_rate(&mut self, text: &str) {
        let Connection::Connected(account) = &self.connection else { return };
        let asset = account.wallet.asset.clone();
        match Rate::parse(text, asset.scale) {
            Ok(rate) => {
                self.settings.rate = Some((rate, asset));
                self.desk.drop_quote();
                self.persist_settings();
            }
            Err(error) => self.notice = Some(ProblemCode::RateInvalid.about(error.to_string())),
        }
    }

    /// Gives the grant back, and forgets the wallet and the key, whether or not anybody answers.
    fn disconnect(&mut self) {
        let Connection::Connected(_) = &self.connection else { return };
        self.say_farewell();
        self.forget_wallet(None);
        self.key = None;
        self.effects.push_back(Effect::MakeKey);
    }

    /// Forgets everything of a wallet but the ledger.
    pub(crate) fn forget_wallet(&mut self, problem: Option<Problem>) {
        self.connection = Connection::Disconnected(problem);
        self.spending = None;
        self.desk = Default::default();
        self.readings = Default::default();
        self.calls.forget(|purpose| !matches!(purpose, crate::calls::Purpose::LinkDocument(_)));
        for (_, receiver) in self.receivers.iter_mut() {
            receiver.requesting = false;
        }
        let gone = |name: &str| (name.to_owned(), None);
        self.persist(Area::Local, vec![gone(local::ACCOUNT), gone(local::SPENDING), gone(local::INTENT)]);
        self.persist(Area::Session, vec![gone(session::ATTEMPT), gone(session::PURSE)]);
    }

    /// Reads a budget that the user typed.
    pub(crate) fn parse_budget(text: &str, asset: &money::Asset) -> Result<Amount, Problem> {
        match money::parse_decimal(text, asset.scale.decimals()) {
            Ok(0) => Err(ProblemCode::AmountInvalid.about("it must be more than zero")),
            Ok(value) => Ok(Amount::new(value, asset.clone())),
            Err(error) => Err(ProblemCode::AmountInvalid.about(error.to_string())),
        }
    }
}
