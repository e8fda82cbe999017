//! Where rich content goes: through the side channel to our kernel, as evcxr's
//! content blocks to the stock kernel, as plain text everywhere else.

use super::{encode, escape};
use crate::channel;
use serde_json::json;
use std::io::Write;

/// Shows HTML now, while the cell still runs; `text` stands for it where there
/// is no notebook.
///
/// ```
/// sevenlines::show::html("<b>395</b> pictures", "395 pictures");
/// ```
pub fn html(html: &str, text: &str) {
    if !channel::display(&json!({ "text/html": html, "text/plain": text })) {
        write(&without_channel("text/html", html, text, in_evcxr()));
    }
}

/// Shows an SVG drawing now; `text` stands for it, and is its alternative text.
///
/// It goes as an `<img>`: inline SVG would vanish from a notebook that its
/// reader has not trusted yet.
pub fn svg(svg: &str, text: &str) {
    html(&svg_image(svg, text), text);
}

/// Shows the bytes of a PNG file now; `text` stands for it.
pub fn png(bytes: &[u8], text: &str) {
    let data = encode::base64(bytes);
    if !channel::display(&json!({ "image/png": data, "text/plain": text })) {
        write(&without_channel("image/png", &data, text, in_evcxr()));
    }
}

/// Shows a cell's final value: what an `evcxr_display` method calls.
///
/// In a notebook both faces are one result; elsewhere it prints the text.
///
/// ```
/// struct Answer(u32);
///
/// impl Answer {
///     fn evcxr_display(&self) {
///         sevenlines::show::value(&format!("<b>{}</b>", self.0), &self.0.to_string());
///     }
/// }
///
/// Answer(42).evcxr_display();
/// ```
pub fn value(html: &str, text: &str) {
    self::html(html, text);
}

/// Shows plain words as a cell's value, in line with what the cell printed.
pub(crate) fn words(text: &str) {
    value(&words_html(text), text);
}

fn words_html(text: &str) -> String {
    format!(r#"<div style="margin:3px;white-space:pre-wrap">{}</div>"#, escape::html(text))
}

/// An SVG drawing as an `<img>` as wide as the drawing, or the page if that is
/// narrower.
pub(crate) fn svg_image(svg: &str, alt: &str) -> String {
    format!(
        r#"<img src="data:image/svg+xml;base64,{}" alt="{}" style="max-width:100%;height:auto">"#,
        encode::base64(svg.as_bytes()),
        escape::html(alt)
    )
}

/// Whether evcxr, in any kernel, runs this process.
fn in_evcxr() -> bool {
    std::env::var_os("EVCXR_IS_RUNTIME").is_some()
}

fn without_channel(mime: &str, data: &str, text: &str, blocks: bool) -> String {
    if blocks {
        format!("{}{}", block(mime, data), block("text/plain", text))
    } else {
        format!("{}\n", text.trim_end_matches('\n'))
    }
}

fn block(mime: &str, content: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n")
}

/// One write, so that another thread's text cannot fall in between. A closed
/// stdout is no reason to stop the work whose result it would have shown.
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notebook_gets_both_faces_as_blocks() {
        assert_eq!(
            without_channel("text/html", "<b>1</b>", "1", true),
            "EVCXR_BEGIN_CONTENT text/html\n<b>1</b>\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\n1\nEVCXR_END_CONTENT\n"
        );
    }

    #[test]
    fn words_are_escaped() {
        assert!(words_html("in /tmp/<b> & more").ends_with(">in /tmp/&lt;b&gt; &amp; more</div>"));
    }

    #[test]
    fn a_program_gets_text() {
        assert_eq!(without_channel("text/html", "<b>1</b>", "1\n", false), "1\n");
    }

    #[test]
    fn alternative_text_is_escaped() {
        let image = svg_image("<svg/>", r#"a "quoted" <name>"#);
        assert!(image.contains(r#"alt="a &quot;quoted&quot; &lt;name&gt;""#), "{image}");
    }
}
