//! The wire between extension and proxy.
