//! A full disk: a clear error, and what was there before stays.
