//! What must hold in every world, looked at whenever something changes.

mod liveness;
mod money;
mod signing;
mod silence;
