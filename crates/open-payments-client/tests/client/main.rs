//! Requests, the closed list and replies, seen from outside.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod closed_list;
mod compose;
mod fixtures;
mod replies;
