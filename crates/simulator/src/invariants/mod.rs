//! What must hold in every world, looked at whenever something changes.

mod ending;
pub(crate) mod liveness;
pub(crate) mod maximum;
mod money;
pub(crate) mod once;
mod signing;
mod silence;
