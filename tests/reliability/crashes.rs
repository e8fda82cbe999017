//! Processes killed at random moments: what was whole stays whole.
