use thiserror::Error;

/// Why a text is not a URL that we use. The grammar is that of a URL after a browser has
/// normalised it, so these are faults of whoever sent it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// More than 2,048 characters.
    #[error("the address is longer than 2,048 characters")]
    TooLong,
    /// A space, a control character, a backslash or something outside ASCII.
    #[error("the address contains a character that does not belong in one")]
    Character,
    /// Neither `https://` nor, on a loopback host, `http://`.
    #[error("the address does not begin with https://")]
    Scheme,
    /// A user name, an empty or malformed host, or a number written in a disguised way.
    #[error("the address has no valid host name")]
    Host,
    /// Not a port between 1 and 65535, or written oddly.
    #[error("the address has no valid port")]
    Port,
    /// A `.` or `..` segment, or a broken percent escape.
    #[error("the address has no valid path")]
    Path,
    /// A `#`, or a `?` where none belongs.
    #[error("the address has a query or a fragment, which does not belong there")]
    Suffix,
    /// Not what an incoming payment's URL looks like.
    #[error("the address is not that of an incoming payment")]
    NotIncomingPayment,
}

/// Why a reply could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// Not JSON, or not an object.
    #[error("the reply is not what Open Payments says")]
    Shape,
    /// A member is missing, of the wrong type or out of range.
    #[error("the reply's {0} is missing or not what Open Payments says")]
    Member(&'static str),
    /// A URL in it is not one.
    #[error("the reply's {member} is not a usable address: {reason}")]
    Url {
        /// The member's name.
        member: &'static str,
        /// What is wrong with it.
        reason: UrlError,
    },
    /// A date in it is not RFC 3339.
    #[error("the reply's {0} is not a date")]
    Date(&'static str),
}

impl From<json::Error> for ReplyError {
    fn from(error: json::Error) -> Self {
        error.member().map_or(Self::Shape, Self::Member)
    }
}
