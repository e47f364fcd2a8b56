use crate::{Error, Read};

/// Any JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that is not negative.
    Unsigned(u64),
    /// A negative whole number.
    Negative(i64),
    /// Any other number, which nobody here wants to know.
    OtherNumber,
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object: its members as they stood. Of those with the same name the last one counts.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value that a path leads to: names of members and places in arrays, each behind a slash.
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').skip(1).try_fold(self, |value, step| match value {
            Self::Object(members) => members.iter().rfind(|(name, _)| name == step).map(|(_, value)| value),
            Self::List(values) => values.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Reads it as something else.
    ///
    /// # Errors
    /// If it has another shape.
    pub fn read<T: Read>(mut self) -> Result<T, Error> {
        T::read(&mut self)
    }
}
