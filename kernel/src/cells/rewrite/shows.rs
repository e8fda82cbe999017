//! The edit around a call of `evcxr_display` that the user writes.
//!
//! evcxr's form of a display is text on stdout, which a file that a cell prints may
//! hold as well. It counts only while a value shows itself: `VALUE.evcxr_display()`
//! becomes `(showing(&(VALUE)).evcxr_display(), shown()).0`.

use super::edits::Edits;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const METHOD: &str = "evcxr_display";
/// Around the whole call, and behind the value.
const OPEN: &str = "(::sevenlines::cell::showing(&(";
const VALUE_END: &str = " ) )";
const CLOSE: &str = ", ::sevenlines::cell::shown()).0";
/// What the last value is shown by, which [`super::runtime`] sees to.
const REFERENCE: &str = "evcxr_reference";

/// The edited text, or `None` if there is no such call.
pub fn edit(text: &str) -> Option<String> {
    // Most cells have none, and need not be parsed for it.
    if !text.replace("evcxr_reference().evcxr_display()", "").contains(".evcxr_display()") {
        return None;
    }
    let mut calls = Calls::default();
    calls.visit_file(&syn::parse_file(text).ok()?);
    if calls.0.is_empty() { None } else { calls.0.apply(text) }
}

/// The text as it was before the edit.
pub fn undo(text: &str) -> String {
    match text.contains(OPEN) {
        true => [OPEN, VALUE_END, CLOSE].iter().fold(text.to_owned(), |text, part| text.replace(part, "")),
        false => text.to_owned(),
    }
}

#[derive(Default)]
struct Calls(Edits);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let shown = matches!(&*call.receiver, syn::Expr::MethodCall(inner) if inner.method == REFERENCE);
        if call.method == METHOD && call.args.is_empty() && !shown {
            let (whole, value) = (call.span().byte_range(), call.receiver.span().byte_range());
            self.0.insert(whole.start, OPEN);
            self.0.insert(value.end, VALUE_END);
            self.0.insert(whole.end, CLOSE);
        }
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::{edit, undo};

    #[test]
    fn a_call_is_edited_wherever_it_stands() {
        let text = "fn f(a: A) {\n    a\n        .b()\n        .evcxr_display();\n    if c { d(|| e.evcxr_display()) }\n}\n";
        let edited = edit(text).unwrap();
        let shown = "(a\n        .b() ) )\n        .evcxr_display(), ::sevenlines::cell::shown()).0;";
        assert!(edited.contains(shown), "{edited}");
        assert!(edited.contains("d(|| (::sevenlines::cell::showing(&(e ) ).evcxr_display(), "), "{edited}");
        assert_eq!(undo(&edited), text);
        syn::parse_file(&edited).unwrap();
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "fn f() { (\n1\n).evcxr_reference().evcxr_display(); }",
            "fn f() { println!(\"a.evcxr_display()\"); }",
            "fn f() { a.evcxr_display(1); }",
            "fn evcxr_display(&self) {}",
            "no Rust.evcxr_display()",
        ] {
            assert_eq!(edit(text), None, "{text}");
        }
    }
}
