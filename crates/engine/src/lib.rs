//! The extension's brain: connecting a wallet, links and frames, tabs, pacing, budget, tokens,
//! payments, the ledger, and the state that the views draw.
//!
//! It is a machine without IO. [`Engine::handle`] takes one [`Input`] with the time it happened;
//! then [`Engine::poll`] hands out [`Effect`]s until there are none left, and they are to be
//! carried out in that order, each [`Effect::Persist`] to its end before what follows it. So the
//! engine can be killed between any two effects and resumed from what was persisted.
//!
//! It must never read a clock, make randomness, or touch a network or a store by itself.

mod account;
mod budget;
mod calls;
mod command;
mod connecting;
mod consent;
mod desk;
mod drive;
mod effect;
mod engine;
mod entropy;
mod export;
mod frames;
mod import;
mod incoming;
mod input;
mod key;
mod keys;
mod ledger;
mod minimum;
mod once;
mod pace;
mod paying;
mod policy;
mod presence;
mod problem;
mod proxy;
mod publish;
mod purse;
mod quoting;
mod readback;
mod received;
mod receivers;
mod rotation;
mod settings;
mod settling;
mod sites;
mod snapshot;
mod spending;
mod sums;
mod table;
mod targets;
mod view;
mod waking;
mod watched;

pub use calls::CallId;
pub use effect::{Area, Badge, Effect, FrameMessage, Page};
pub use engine::Engine;
pub use input::{
    Answer, Command, EmbeddedFrame, Embedding, Format, FrameId, FrameReport, Idle, Input, Link, LinkId, Now, Stored,
    Tab, TabId, Unreachable, ViewId, WindowId,
};
pub use open_payments::{Timestamp, Url};
pub use open_payments_client::{HttpRequest, Method, PublicKey, SecretKey, Signature, Signer};
pub use problem::{Problem, ProblemCode};
pub use view::View;
