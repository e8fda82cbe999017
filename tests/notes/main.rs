//! Notebooks as pages, and clean notebooks.
