//! Damaged and hostile weights files: named before use.
