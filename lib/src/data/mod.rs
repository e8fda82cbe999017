//! Folders of pictures, and where they come from.

pub mod drawn;
