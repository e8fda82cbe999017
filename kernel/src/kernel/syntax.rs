//! Enough of Rust's syntax to say whether a cell is complete, and where in it a
//! cursor stands.

use super::commands;

/// Whether a cell can be run as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// It can.
    Complete,
    /// More must follow, this many levels deep.
    Incomplete(usize),
    /// Nothing that follows could make it right.
    Invalid,
}

/// What a text leaves open.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The bytes at which brackets stand that are not closed yet.
    pub brackets: Vec<usize>,
    /// The text ends within a string, a character or a block comment.
    pub quoted: bool,
    /// The text ends within a line comment.
    pub comment: bool,
    /// A bracket closes what was not opened.
    pub stray: bool,
}

/// Says whether a cell is complete.
pub fn completeness(cell: &str) -> Completeness {
    let code = commands::read(cell).without_any();
    let open = open(&code);
    match (open.stray, open.brackets.len()) {
        (true, _) => Completeness::Invalid,
        (_, depth) if open.quoted => Completeness::Incomplete(depth.max(1)),
        (_, 0) => parsed(&code),
        (_, depth) => Completeness::Incomplete(depth),
    }
}

/// Cells beyond these are not parsed: the parser is recursive.
const LONGEST: usize = 100_000;
const DEEPEST: usize = 200;

/// Brackets and quotes are in order; a parser knows the rest.
fn parsed(code: &str) -> Completeness {
    if code.len() > LONGEST || depth(code) > DEEPEST {
        return Completeness::Complete;
    }
    let block = format!("{{\n{code}\n}}");
    let end = block.lines().count();
    match syn::parse_str::<syn::Block>(&block) {
        Ok(_) => Completeness::Complete,
        Err(error) if error.span().start().line == end => Completeness::Incomplete(0),
        Err(_) => Completeness::Invalid,
    }
}

/// Whether brackets lie so deep in one another that rust-analyzer's parser, which is
/// recursive, would overflow the evaluator's stack.
pub fn is_too_deep(code: &str) -> bool {
    depth(code) > 1000
}

/// How deep brackets may lie in one another at most; those in strings count too.
fn depth(code: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for byte in code.bytes() {
        match byte {
            b'(' | b'[' | b'{' => now += 1,
            b')' | b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// The cell with the semicolon that its last `let` lacks: evcxr would run it and
/// keep no variable.
pub fn with_semicolon(code: &str) -> std::borrow::Cow<'_, str> {
    // On a line of its own: the last one may end in a comment.
    let whole = format!("{code}\n;");
    let lacks_it = code.contains("let ")
        && parsed(code) == Completeness::Incomplete(0)
        && parsed(&whole) == Completeness::Complete;
    if lacks_it { whole.into() } else { code.into() }
}

/// What is open at the end of a text.
pub fn open(code: &str) -> Open {
    let mut rest = Scanner { text: code.as_bytes(), at: 0 };
    let mut open = Open::default();
    while let Some(byte) = rest.next() {
        let closed = match byte {
            b'(' | b'[' | b'{' => {
                open.brackets.push(rest.at - 1);
                true
            }
            b')' | b']' | b'}' => {
                let opened = open.brackets.pop().map(|at| code.as_bytes()[at]);
                open.stray |=
                    !matches!((opened, byte), (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}'));
                true
            }
            b'/' if rest.peek(0) == Some(b'/') => {
                open.comment = !rest.skip_past(b"\n");
                true
            }
            b'/' if rest.peek(0) == Some(b'*') => rest.comment(),
            b'"' => rest.string(),
            b'r' if rest.starts_raw() => rest.raw_string(),
            b'\'' => {
                rest.character();
                true
            }
            _ => true,
        };
        open.quoted |= !closed;
    }
    open
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek(0)?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Goes behind the next `what`; false if there is none.
    fn skip_past(&mut self, what: &[u8]) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.windows(what.len()).position(|window| window == what) {
            Some(position) => {
                self.at += position + what.len();
                true
            }
            None => {
                self.at = self.text.len();
                false
            }
        }
    }

    /// Behind `/`: a block comment, which nests.
    fn comment(&mut self) -> bool {
        let mut depth = 1;
        self.at += 1;
        while depth > 0 {
            match (self.next(), self.peek(0)) {
                (None, _) => return false,
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 1;
                }
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 1;
                }
                _ => {}
            }
        }
        true
    }

    fn string(&mut self) -> bool {
        while let Some(byte) = self.next() {
            match byte {
                b'"' => return true,
                b'\\' => self.at += 1,
                _ => {}
            }
        }
        false
    }

    /// Whether the `r` just read begins a raw string rather than a name.
    fn starts_raw(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.text.get(at)).copied();
        let name = before.is_some_and(|byte| (byte.is_ascii_alphanumeric() || byte == b'_') && byte != b'b');
        let hashes = self.text[self.at..].iter().take_while(|byte| **byte == b'#').count();
        !name && self.peek(hashes) == Some(b'"')
    }

    fn raw_string(&mut self) -> bool {
        let hashes = self.text[self.at..].iter().take_while(|byte| **byte == b'#').count();
        self.at += hashes + 1;
        let mut end = vec![b'"'];
        end.resize(hashes + 1, b'#');
        self.skip_past(&end)
    }

    /// Behind `'`: a character, or the start of a lifetime.
    fn character(&mut self) {
        if self.peek(0) == Some(b'\\') {
            self.at += 2;
            self.skip_past(b"'");
        } else if let Ok(text) = std::str::from_utf8(&self.text[self.at..])
            && let Some(first) = text.chars().next()
            && text[first.len_utf8()..].starts_with('\'')
        {
            self.at += first.len_utf8() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete() {
        for code in [
            "",
            "let a = 1;",
            "f(\"(\", '(', b'{', '\\'', r#\"(\"\"#)",
            "// (",
            "/* ( /* ( */ */",
            "fn f<'a>(x: &'a str) {}",
            "let r = 2; r\"\\\"",
            "'é'; 'a: loop {}",
            "a + b",
            ":dep rand = \"0.8\"",
            ":time f()",
            "!ls (",
            "?Vec",
            "numbers.len?",
            "use std::fs;\n#[derive(Debug)]\nstruct A;",
        ] {
            assert_eq!(completeness(code), Completeness::Complete, "{code}");
        }
    }

    #[test]
    fn incomplete() {
        for (code, depth) in [
            ("for i in 0..2 {", 1),
            ("f(vec![", 2),
            ("\"abc", 1),
            ("r#\"abc\"", 1),
            ("/* a /* b */", 1),
            ("{ // }", 1),
            ("if x { '}'", 1),
            (":time f(", 1),
            ("let a =", 0),
            ("let a = 1", 0),
            ("#[derive(Debug)]", 0),
            ("fn f()", 0),
            ("a +", 0),
        ] {
            assert_eq!(completeness(code), Completeness::Incomplete(depth), "{code}");
        }
    }

    #[test]
    fn invalid() {
        for code in ["f())", "f(]", "let = 1;", "var\n)"] {
            assert_eq!(completeness(code), Completeness::Invalid, "{code}");
        }
    }

    #[test]
    fn a_last_let_gets_its_semicolon() {
        assert_eq!(with_semicolon("let a = 1 // one"), "let a = 1 // one\n;");
        assert_eq!(with_semicolon("f();\nlet a = S { b: 1 }"), "f();\nlet a = S { b: 1 }\n;");
        for code in ["let a = 1;", "a", "let a =", "if let Some(a) = b { 1 } else { 2 }", "// let"] {
            assert_eq!(with_semicolon(code), code);
        }
    }

    #[test]
    fn a_monstrous_cell_does_not_overflow_the_stack() {
        let nested = format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000));
        assert_eq!(completeness(&nested), Completeness::Complete);
    }

    #[test]
    fn the_place_of_a_cursor() {
        assert_eq!(open("f(a, g[").brackets, [1, 6]);
        assert!(open("f(\"a").quoted && !open("f(\"a\"").quoted);
        assert!(open("a // b").comment && !open("a // b\n").comment);
    }
}
