//! A sandbox wallet that answers like a real one.
