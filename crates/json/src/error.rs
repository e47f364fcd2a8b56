use std::fmt::Display;

use serde::de::{self, Expected, Unexpected};

/// The text is not JSON, or not of the shape that was wanted.
///
/// Of where and why it says no more than the name of the innermost member that is missing or wrong:
/// more words would weigh more than all the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not the JSON that was expected")]
pub struct Error {
    /// Where in the struct's list of names it stands: half as large as the name.
    member: Option<&'static &'static str>,
}

impl Error {
    pub(crate) const UNNAMED: Self = Self { member: None };

    /// The member of a struct that is missing or wrong, if it was in one.
    pub fn member(self) -> Option<&'static str> {
        self.member.copied()
    }

    /// Names the member, if one further inside has not been named already.
    pub(crate) fn at(self, member: Option<&'static &'static str>) -> Self {
        Self { member: self.member.or(member) }
    }
}

/// What these would be told is not even put together, for every method is overridden.
impl de::Error for Error {
    fn custom<T: Display>(_: T) -> Self {
        Self::UNNAMED
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::UNNAMED
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::UNNAMED
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::UNNAMED
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UNNAMED
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::UNNAMED
    }

    fn missing_field(_: &'static str) -> Self {
        Self::UNNAMED
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::UNNAMED
    }
}
