//! What the cells' process sends over the socket, one line of JSON each. A display
//! may be large, so its text is read once and then moved, never copied.

use serde::Deserialize;
use serde_json::Value;

/// An operation; which fields it has depends on `op`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// What is to be done.
    pub op: String,
    /// The stream that a text belongs to.
    pub name: String,
    /// A text.
    pub text: String,
    /// A MIME bundle.
    pub data: Value,
    /// What a display is known by.
    pub id: Option<String>,
    /// The output is cleared only when more comes.
    pub wait: bool,
    /// What is asked for must not be shown.
    pub password: bool,
    /// An error's type.
    pub ename: String,
    /// An error's text.
    pub evalue: String,
    /// The statement that failed.
    pub code: String,
    /// The cells' stack overflowed.
    pub overflow: bool,
    /// The end of standard error.
    pub said: String,
    /// A line of evcxr's.
    pub line: String,
}

impl Default for Operation {
    fn default() -> Operation {
        Operation {
            op: String::new(),
            name: String::new(),
            text: String::new(),
            data: Value::Null,
            id: None,
            wait: true,
            password: false,
            ename: String::new(),
            evalue: String::new(),
            code: String::new(),
            overflow: false,
            said: String::new(),
            line: String::new(),
        }
    }
}
