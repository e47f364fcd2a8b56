use thiserror::Error;

/// Why a value is not money.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// An asset code is empty, too long or holds something else than printable ASCII.
    #[error("this is not an asset code")]
    AssetCode,
    /// An asset scale is larger than [`AssetScale::MAX`](crate::AssetScale::MAX).
    #[error("an asset scale of {0} is larger than 18")]
    AssetScale(u8),
    /// A value on the wire or in storage is not in decimal digits, or does not fit.
    #[error("this is not a whole number in decimal digits, or too large")]
    Value,
    /// What a person typed is not a number.
    #[error("write the amount in digits, for example 5 or 1.50")]
    NotANumber,
    /// `1,000` is a thousand to some people and one to others.
    #[error("it is not clear whether the comma separates thousands or decimals: write 1000 or 1.00")]
    Ambiguous,
    /// More decimals than the asset has.
    #[error("this currency has {0} decimals at most")]
    TooPrecise(u8),
    /// More than fits.
    #[error("this amount is too large")]
    TooLarge,
    /// Two amounts of different assets met in one sum or comparison.
    #[error("the amounts are in different assets")]
    AssetMismatch,
}
