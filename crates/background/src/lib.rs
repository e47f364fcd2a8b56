//! Binds the engine to the service worker.
