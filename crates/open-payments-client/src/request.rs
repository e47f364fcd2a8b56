use std::fmt;

use open_payments::Url;

/// The methods that Open Payments uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, continues, rotates.
    Post,
    /// Cancels, revokes.
    Delete,
}

impl Method {
    /// Reads a method's name, in upper case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Post, Self::Delete].into_iter().find(|method| method.as_str() == name)
    }

    /// Its name, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request ready to be sent exactly as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The target, as signed.
    pub url: Url,
    /// Name, in lower case, and value of each header, in the order in which they are signed.
    pub headers: Vec<(String, String)>,
    /// The body, as digested.
    pub body: Option<String>,
}

impl HttpRequest {
    /// The headers, borrowed.
    pub fn header_lines(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The value of the first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpRequest {
    /// Without headers and body, which hold tokens and receivers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}
