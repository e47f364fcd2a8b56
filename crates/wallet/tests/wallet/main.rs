//! The sandbox from outside: requests in, answers out.

mod main_flow;
mod observed;
mod recorded;
mod support;
