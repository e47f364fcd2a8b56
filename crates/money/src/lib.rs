//! Amounts, assets, rates of pay and accrual, in exact integer arithmetic.
//!
//! An [`Amount`] counts minor units of an [`Asset`], as Open Payments does. A [`Rate`] and an
//! [`Accrual`] use finer fixed units, so that neither a low rate nor a short time is rounded away.
//!
//! This crate must never use a floating-point number, not even to print one.

mod accrual;
mod amount;
mod asset;
mod decimal;
mod error;

pub use accrual::{Accrual, Rate};
pub use amount::Amount;
pub use asset::{Asset, AssetCode, AssetScale};
pub use decimal::{format_decimal, parse_decimal};
pub use error::MoneyError;
