//! The sandbox from outside: requests in, answers out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to panic")]

mod admin;
mod answers;
mod keeping;
mod main_flow;
mod observed;
mod pages;
mod properties;
mod recorded;
mod service;
mod signatures;
mod support;
