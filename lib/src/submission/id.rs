//! A picture's id, from its file's name.

use std::path::Path;

/// Numbers come first and in their own order: 2 before 10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Id {
    /// Of `123.jpg`.
    Number(u64),
    /// Of any other name, with its ending.
    Name(String),
}

impl Id {
    pub(super) fn of(file: &Path) -> Id {
        let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let stem = text(file.file_stem());
        match stem.parse() {
            Ok(number) if stem.bytes().all(|byte| byte.is_ascii_digit()) => Id::Number(number),
            _ => Id::Name(text(file.file_name())),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Id::Number(number) => number.to_string(),
            Id::Name(name) => name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_where_names_are() {
        let id = |file: &str| Id::of(Path::new(file)).text();
        let files =
            ["test/123.jpg", "unknown/007.PNG", "0.jpeg", "cat.12.jpg", "+5.jpg", "1e3.png", "a b,c.jpg"];
        assert_eq!(files.map(id), ["123", "7", "0", "cat.12.jpg", "+5.jpg", "1e3.png", "a b,c.jpg"]);
        assert_eq!(id("99999999999999999999.jpg"), "99999999999999999999.jpg");
        let mut ids = ["10.jpg", "b.jpg", "9.png", "a.jpg"].map(|file| Id::of(Path::new(file)));
        ids.sort();
        assert_eq!(ids.map(|id| id.text()), ["9", "10", "a.jpg", "b.jpg"]);
    }
}
