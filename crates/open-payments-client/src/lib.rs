//! Composes Open Payments requests and checks them and their replies.
