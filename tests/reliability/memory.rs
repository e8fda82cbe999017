//! More asked for than there is room for.
