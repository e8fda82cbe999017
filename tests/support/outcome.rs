//! How a command ended, and what it said.

use std::process::{Command, Output};

pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Outcome {
    pub fn of(command: &mut Command) -> Outcome {
        let Output { status, stdout, stderr } = command.output().expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Outcome { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Outcome {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}
