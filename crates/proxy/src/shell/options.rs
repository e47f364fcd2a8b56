use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use clap::Parser;
use ipnet::IpNet;
use open_payments::{HostKind, Url};
use tracing_subscriber::filter::LevelFilter;

use super::client::{Balancers, ForwardedHeader};
use super::door::AddressLimits;
use super::log::LogFormat;
use super::tls::Certificate;
use super::wallets::WayOut;
use crate::ProxyError;
use crate::core::Settings;
use crate::store::StoreLocation;

/// Makes the Open Payments calls for the Rivulet extension.
#[derive(Clone, Debug, Parser)]
#[command(name = "rivulet-proxy", version)]
pub struct Options {
    /// TOML file with options, named as here without the dashes in front.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Read everything, print what would be used, and stop.
    #[arg(long)]
    pub check_config: bool,

    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4100")]
    pub listen: SocketAddr,

    /// Where extensions and wallets reach the proxy.
    #[arg(long, value_name = "URL", value_parser = Url::parse)]
    pub public_url: Url,

    /// PEM file with the certificate chain to serve TLS with; without it a balancer has to.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// PEM file with the certificate's key.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Networks of the balancers that are believed about whom a request is from.
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,

    /// The header in which they say so.
    #[arg(long, value_name = "NAME", default_value = "x-forwarded-for")]
    pub forwarded_header: ForwardedHeader,

    /// Connections that may be open at a time; more wait.
    #[arg(long, value_name = "N", default_value = "10000")]
    pub max_connections: NonZeroU32,

    /// Address to serve /metrics on, for nobody but the operator; without it there are none.
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// How lines of the log look.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub log_format: LogFormat,

    /// What is logged: off, error, warn, info (a line for each request), debug, trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LevelFilter,

    /// How long, once told to stop, connections are still taken, so that balancers see it coming.
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    pub drain_delay: u64,

    /// How long after that requests that are under way have to end.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub drain_deadline: u64,

    /// Allow wallets on loopback addresses, with plain http: for a sandbox.
    #[arg(long)]
    pub allow_private_hosts: bool,

    /// Name servers to ask for the addresses of wallets, in place of the system's.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub name_servers: Vec<SocketAddr>,

    /// Requests that may be under way at one wallet's host; four times as many wait.
    #[arg(long, value_name = "N", default_value_t = WayOut::default().requests_at_once)]
    pub requests_per_wallet: NonZeroU32,

    /// PEM file of a certificate authority to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    pub extra_ca: Option<PathBuf>,

    /// The proxy's keys, made on the first start.
    #[arg(long, value_name = "FILE", default_value = "rivulet-proxy.key")]
    pub key_file: PathBuf,

    /// Where counters and replies are kept: memory for one process, sqlite:PATH for one machine,
    /// redis://HOST:PORT for many; rediss:// for TLS.
    #[arg(long, value_name = "STORE", default_value = "memory", hide_env_values = true)]
    pub store: StoreLocation,

    /// How long an incoming payment takes money.
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub incoming_payment_life: NonZeroU64,

    /// How long a session lives; it is renewed from half of that on.
    #[arg(long, value_name = "SECONDS", default_value = "2592000")]
    pub session_life: NonZeroU64,

    /// Requests a minute that one install may make, quotes and payments aside.
    #[arg(long, value_name = "N", default_value = "100")]
    pub requests_per_minute: NonZeroU32,

    /// Quotes and payments a minute that one install may make, counted together.
    #[arg(long, value_name = "N", default_value = "150")]
    pub payments_per_minute: NonZeroU32,

    /// Requests a minute from one IPv4 address or one IPv6 network (/64), whoever makes them.
    #[arg(long, value_name = "N", default_value_t = AddressLimits::default().requests)]
    pub requests_per_address: NonZeroU32,

    /// Wallets a minute that may be looked up for one address.
    #[arg(long, value_name = "N", default_value_t = AddressLimits::default().documents)]
    pub wallets_per_address: NonZeroU32,
}

impl Options {
    /// What the core needs of it.
    ///
    /// # Errors
    /// [`ProxyError::PublicUrl`] if the public URL has a query, or is not one that the switch
    /// about private hosts allows.
    pub fn settings(&self) -> Result<Settings, ProxyError> {
        let loopback = self.public_url.host_kind() == HostKind::Loopback;
        if self.public_url.query().is_some() || (loopback && !self.allow_private_hosts) {
            return Err(ProxyError::PublicUrl(self.public_url.clone()));
        }
        Ok(Settings {
            public_url: self.public_url.clone(),
            loopback_allowed: self.allow_private_hosts,
            session_life: millis(self.session_life),
            incoming_payment_life: millis(self.incoming_payment_life),
            requests_per_minute: self.requests_per_minute,
            payments_per_minute: self.payments_per_minute,
        })
    }

    /// How wallets are reached.
    pub(crate) fn way_out(&self) -> WayOut {
        WayOut {
            loopback_allowed: self.allow_private_hosts,
            extra_authority: self.extra_ca.clone(),
            name_servers: self.name_servers.clone(),
            requests_at_once: self.requests_per_wallet,
        }
    }

    /// How much one address may ask for.
    pub(crate) fn address_limits(&self) -> AddressLimits {
        AddressLimits { requests: self.requests_per_address, documents: self.wallets_per_address }
    }

    /// The certificate to serve TLS with, if there is one.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, ProxyError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(chain), Some(key)) => Certificate::load(chain.clone(), key.clone()).map(Some),
            (None, None) => Ok(None),
            _ => Err(ProxyError::HalfCertificate),
        }
    }

    /// Whom the header about a request's origin is believed from.
    pub(crate) fn balancers(&self) -> Balancers {
        Balancers { trusted: self.trusted_proxies.clone(), header: self.forwarded_header }
    }
}

fn millis(seconds: NonZeroU64) -> i64 {
    i64::try_from(seconds.get()).unwrap_or(i64::MAX).saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Configuration;

    fn options(arguments: &[&str]) -> Result<Options, clap::Error> {
        let arguments = std::iter::once("rivulet-proxy").chain(arguments.iter().copied());
        Configuration::read(arguments.map(Into::into)).map(|configuration| configuration.options)
    }

    #[test]
    fn lives_are_seconds_and_have_their_defaults() {
        let settings = options(&["--public-url", "https://pay.example"]).unwrap().settings().unwrap();
        assert_eq!((settings.session_life, settings.incoming_payment_life), (30 * 24 * 3_600_000, 600_000));
        assert_eq!((settings.requests_per_minute.get(), settings.payments_per_minute.get()), (100, 150));
        let short = options(&["--public-url", "https://pay.example", "--session-life", "4"]).unwrap();
        assert_eq!(short.settings().unwrap().session_life, 4_000);
    }

    #[test]
    fn a_public_url_that_cannot_work_is_refused() {
        let settings = |arguments: &[&str]| options(arguments).unwrap().settings();
        assert!(settings(&["--public-url", "http://127.0.0.1:4100"]).is_err());
        assert!(settings(&["--public-url", "http://127.0.0.1:4100", "--allow-private-hosts"]).is_ok());
        assert!(settings(&["--public-url", "https://pay.example/?a"]).is_err());
        for wrong in ["http://pay.example", "pay.example", "https://pay.example:443"] {
            assert!(options(&["--public-url", wrong]).is_err(), "{wrong}");
        }
        assert!(options(&[]).is_err());
    }
}
