//! Enough of Rust's lexical rules to say whether a cell is complete.

/// How many brackets are still open; `None` if the text is complete. An open
/// string or comment counts as one.
pub fn missing(code: &str) -> Option<usize> {
    let mut rest = Scanner { text: code.as_bytes(), at: 0 };
    let mut depth = 0usize;
    while let Some(byte) = rest.next() {
        let closed = match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                true
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                true
            }
            b'/' if rest.peek(0) == Some(b'/') => {
                rest.skip_past(b"\n");
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
        if !closed {
            return Some(depth.max(1));
        }
    }
    (depth > 0).then_some(depth)
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
        match self.text[self.at..].windows(what.len()).position(|window| window == what) {
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
    use super::missing;

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
            "var\n)",
            "'é'; 'a: loop {}",
        ] {
            assert_eq!(missing(code), None, "{code}");
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
        ] {
            assert_eq!(missing(code), Some(depth), "{code}");
        }
    }
}
