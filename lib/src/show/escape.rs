//! Making any text safe inside HTML and SVG: names of classes and files may
//! hold anything.

/// `text` for HTML or SVG, between tags or inside a quoted attribute.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || is_forbidden(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `text` on one line, without control characters: for table cells, titles, and
/// the text of an SVG (whose writer escapes the rest).
pub(crate) fn line(text: &str) -> String {
    let tame = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() || is_forbidden(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(tame).collect()
}

/// `text` on one line of at most `most` characters, shortened in the middle:
/// file names differ at their ends.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let chars: Vec<char> = line(text).chars().collect();
    if chars.len() <= most || most < 3 {
        return chars.into_iter().take(most.max(1)).collect();
    }
    let tail = (most - 1) / 2;
    let head = most - 1 - tail;
    chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
}

/// Not control characters, and yet not allowed in XML.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_leaves_no_markup() {
        assert_eq!(
            html(r#"<b class="x">cats & 'dogs'</b>"#),
            "&lt;b class=&quot;x&quot;&gt;cats &amp; &#39;dogs&#39;&lt;/b&gt;"
        );
        assert_eq!(html("a\u{1}b\u{ffff}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("two\nlines\u{1b}[0m"), "two lines\u{fffd}[0m");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("žluťoučký", 4).chars().count(), 4);
        assert_eq!(shortened("abc", 0), "a");
    }
}
