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
    /// The one that names no member.
    pub const UNNAMED: Self = Self { member: None };

    /// The member of a struct that is missing or wrong, if it was in one.
    pub fn member(self) -> Option<&'static str> {
        self.member.copied()
    }

    /// Names the member, if one further inside has not been named already.
    pub(crate) fn at(self, member: &'static &'static str) -> Self {
        Self { member: self.member.or(Some(member)) }
    }
}
