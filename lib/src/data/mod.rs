//! Pictures: where they come from and how they are sorted into folders.
