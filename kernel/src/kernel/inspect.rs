//! What is written about a name: for shift-tab, `:doc` and `name?`.

use super::analysis::{self, name_start};
use super::context::Context;
use super::syntax;
use serde_json::{Value, json};

/// Describes what stands at a byte of a cell: the name there, or the function in
/// whose call it lies.
pub fn at(context: &mut Context, code: &str, cursor: usize) -> Option<Value> {
    let before = code.get(..cursor)?;
    let open = syntax::open(before);
    if !open.quoted && !open.comment && !before.ends_with('(') {
        let rest = &code[cursor..];
        let end = cursor + rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let start = name_start(code, end);
        if start < end
            && !code[start..].starts_with(|c: char| c.is_ascii_digit())
            && let Some(found) = ending(context, &code[..end])
        {
            return Some(found);
        }
    }
    let mut calls = open.brackets.iter().rev().filter(|at| code.as_bytes()[**at] == b'(');
    calls.find_map(|bracket| {
        let function = code[..*bracket].trim_end();
        if name_start(function, function.len()) < function.len() { ending(context, function) } else { None }
    })
}

/// Describes a name: a path, a variable, or a method of one.
pub fn name(context: &mut Context, name: &str) -> Option<Value> {
    ending(context, name)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Describes the name that a text ends with.
fn ending(context: &mut Context, text: &str) -> Option<Value> {
    let start = name_start(text, text.len());
    let (name, method) = (&text[start..], text[..start].ends_with('.'));
    let mut texts = vec![text.to_owned()];
    if !syntax::open(text).brackets.is_empty() {
        texts.push(analysis::apart(text).0);
    }
    if start == 0 {
        // One of the library's methods, without its `vgg`.
        texts.push(format!("Learner::{name}"));
    }
    if let Some((_, method)) = text.rsplit_once("Vgg16::") {
        // A learner's method, by the name of the network.
        texts.push(format!("Learner::{method}"));
    }
    texts.iter().find_map(|text| {
        // A method is found by its call; a field has a name of its own.
        let call = method.then(|| analysis::hover(context, &format!("{text}("))).flatten();
        call.or_else(|| analysis::hover(context, text)).map(|html| bundle(&html))
    })
}

fn bundle(html: &str) -> Value {
    // rustdoc hides these lines of an example.
    let shown = |line: &&str| !line.starts_with("# ") && *line != "#";
    let html = html.lines().filter(shown).collect::<Vec<_>>().join("\n");
    json!({ "text/plain": plain(&html), "text/html": html })
}

/// The HTML without its tags. rust-analyzer's own plain text joins headings and
/// what follows them.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        let (tag, rest) = piece.split_once('>').unwrap_or(("", piece));
        match tag.trim_end_matches(|c: char| c == '/' || c.is_whitespace()) {
            "li" => text.push_str("- "),
            "/p" | "/h1" | "/h2" | "/h3" | "/pre" | "hr" => text.push('\n'),
            _ => {}
        }
        text.push_str(rest);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let mut lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.dedup_by(|next, line| next.is_empty() && line.is_empty());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text() {
        let html = "<pre><code class=\"language-rust\">fn f&lt;T&gt;()\n</code></pre>\n<hr />\n<h1>Errors</h1>\n<p>Some &amp; more.</p>\n<ul>\n<li>one</li>\n</ul>\n";
        assert_eq!(plain(html), "fn f<T>()\n\nErrors\n\nSome & more.\n\n- one");
    }

    #[test]
    fn hidden_lines_of_an_example_stay_hidden() {
        assert_eq!(bundle("<pre>\n# fn main() {\nf();\n# }\n#\n</pre>")["text/html"], "<pre>\nf();\n</pre>");
    }
}
