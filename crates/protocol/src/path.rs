/// What the proxy can be asked to do. Each is a `POST` with a JSON body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Endpoint {
    /// Ask the user's wallet for a grant that the user has to confirm.
    RequestGrant,
    /// Go on after the user has confirmed it.
    ContinueGrant,
    /// Give a grant back.
    CancelGrant,
    /// Create an incoming payment at the site's wallet.
    CreateIncomingPayment,
    /// Create a quote at the user's wallet.
    CreateQuote,
    /// Pay from a quote.
    CreatePayment,
    /// Read a payment back.
    ReadPayment,
    /// Exchange an access token for a fresh one.
    RotateToken,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::RequestGrant,
        Self::ContinueGrant,
        Self::CancelGrant,
        Self::CreateIncomingPayment,
        Self::CreateQuote,
        Self::CreatePayment,
        Self::ReadPayment,
        Self::RotateToken,
    ];

    /// Its path below the proxy's URL.
    pub const fn path(self) -> &'static str {
        match self {
            Self::RequestGrant => "/v1/grants",
            Self::ContinueGrant => "/v1/grants/continue",
            Self::CancelGrant => "/v1/grants/cancel",
            Self::CreateIncomingPayment => "/v1/incoming-payments",
            Self::CreateQuote => "/v1/quotes",
            Self::CreatePayment => "/v1/payments",
            Self::ReadPayment => "/v1/payments/read",
            Self::RotateToken => "/v1/tokens/rotate",
        }
    }

    /// Milliseconds after which the extension stops waiting. What may not get lost on its way, as
    /// the old token is dead by then, has longer.
    pub const fn deadline_millis(self) -> u32 {
        match self {
            Self::RotateToken | Self::ContinueGrant => 60_000,
            _ => 10_000,
        }
    }

    /// Whether the request must carry a session in `Authorization: Bearer`.
    pub const fn needs_session(self) -> bool {
        match self {
            Self::RequestGrant | Self::ContinueGrant | Self::CancelGrant | Self::RotateToken => false,
            Self::CreateIncomingPayment | Self::CreateQuote | Self::CreatePayment | Self::ReadPayment => true,
        }
    }
}
