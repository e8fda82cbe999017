//! What evcxr refuses to run: variables that cannot be kept for the next cell.

use super::compile::titled;
use super::snippet::{Mark, draw};
use super::source::Range;
use super::{CYAN, Memory, PLAIN, RED, plain};
use jupyter_protocol::ErrorOutput;
use syn::visit::{self, Visit};

/// evcxr's text, said for this very cell if it is about one of its variables.
pub fn shown(text: &str, code: &str, memory: &Memory) -> ErrorOutput {
    if let Some(said) = text.strip_prefix("Compilation failed, but no parsable errors were found. STDERR:") {
        let reason =
            "the compiler ended without an error of its own, perhaps because memory ran out; it said:";
        return plain("compile error", &format!("{reason}\n{}", said.trim()));
    }
    let Some(name) = text.split('`').nth(1).filter(|name| syn::parse_str::<syn::Ident>(name).is_ok()) else {
        return plain("Error", text);
    };
    let (message, note) = if text.contains("` is a closure") {
        let message = format!(
            "the variable `{name}` is a closure: its type has no name, so it cannot be kept for the next cell"
        );
        (message, closure_note(name, code, memory))
    } else if text.contains("cannot be persisted") {
        let ty = text.split('`').nth(3).unwrap_or("one without a name");
        (
            format!(
                "the variable `{name}` has the type `{ty}`, which has no name, so it cannot be kept for the next cell"
            ),
            unnamed_note(ty),
        )
    } else if text.contains("determine type of variable") {
        (
            format!("the type of the variable `{name}` cannot be told"),
            format!(
                "write it: `let {name}: Vec<f32> = …;`, or put the lines that need it in braces, `{{ … }}`"
            ),
        )
    } else {
        return plain("Error", text);
    };
    let mut traceback = titled(&format!("{RED}error{PLAIN}"), &message);
    if let Some(range) = binding(name, code) {
        let lines: Vec<&str> = code.lines().collect();
        traceback.extend(draw(&lines, &[Mark { range, label: String::new(), primary: true }]));
    }
    traceback.extend(titled(&format!("{CYAN}note{PLAIN}"), &note));
    ErrorOutput { ename: "compile error".into(), evalue: message, traceback }
}

fn unnamed_note(ty: &str) -> String {
    let braces = "or put the lines that need it in braces, `{ … }`, in one cell";
    match ty.contains("iter::") || ty.contains("Iterator") {
        true => format!("collect an iterator: `.collect::<Vec<_>>()`; {braces}"),
        false => format!("give it a type that has a name, for example `Box<dyn Trait>`; {braces}"),
    }
}

/// What to write in place of the first closure that a variable is given, if there is one.
pub fn first_closure_note(code: &str, memory: &Memory) -> Option<String> {
    let mut search = Search { name: None, closure: None };
    let block = syn::parse_str::<syn::Block>(&format!("{{{code}\n}}")).ok()?;
    search.visit_block(&block);
    Some(closure_note(&search.name?, code, memory))
}

/// How to write this closure so that it can be kept.
fn closure_note(name: &str, code: &str, memory: &Memory) -> String {
    let general = "a function is kept: `fn name(x: i32) -> i32 { … }`";
    let mut search = Search { name: Some(name.to_owned()), closure: None };
    let parsed = syn::parse_str::<syn::Block>(&format!("{{{code}\n}}"));
    if let Ok(block) = &parsed {
        search.visit_block(block);
    }
    let Some(closure) = search.closure else {
        return format!(
            "{general}; or box it: `let {name}: Box<dyn Fn(i32) -> i32> = Box::new(move |x| …);`"
        );
    };
    let Some(types) = closure.inputs.iter().map(|pat| input_type(pat, code)).collect::<Option<Vec<String>>>()
    else {
        return format!(
            "say what it takes, and it can be kept: `let {name}: fn(i32) -> _ = |x: i32| …;`, or {general}"
        );
    };
    let result = match &closure.output {
        syn::ReturnType::Type(_, ty) => text(ty, code).unwrap_or("_".into()),
        syn::ReturnType::Default => "_".into(),
    };
    let types = types.join(", ");
    let parts = (text(&closure.inputs, code), text(&closure.body, code));
    let (Some(inputs), Some(body)) = parts else { return general.into() };
    let output = if result == "_" { String::new() } else { format!(" -> {result}") };
    match captures(&body, code, memory) {
        false => {
            format!("write its type: `let {name}: fn({types}) -> {result} = |{inputs}|{output} {body};`")
        }
        true => format!(
            "box it, with what it uses: `let {name}: Box<dyn Fn({types}) -> {result}> = Box::new(move |{inputs}|{output} {body});`"
        ),
    }
}

/// Finds the closure that a `let` of this name is given; without a name, the first.
struct Search<'a> {
    name: Option<String>,
    closure: Option<&'a syn::ExprClosure>,
}

impl<'a> Visit<'a> for Search<'a> {
    fn visit_local(&mut self, local: &'a syn::Local) {
        if let (syn::Pat::Ident(ident), Some(init)) = (&local.pat, &local.init)
            && let syn::Expr::Closure(closure) = &*init.expr
            && self.name.as_ref().is_none_or(|name| ident.ident == name)
        {
            self.name = Some(ident.ident.to_string());
            self.closure = Some(closure);
        }
        visit::visit_local(self, local);
    }
}

/// The type that a closure's argument is given.
fn input_type(pat: &syn::Pat, code: &str) -> Option<String> {
    match pat {
        syn::Pat::Type(typed) => text(&typed.ty, code),
        _ => None,
    }
}

/// A node's own text.
fn text(node: &impl syn::spanned::Spanned, code: &str) -> Option<String> {
    let range = node.span().byte_range();
    // The code was parsed behind one brace.
    code.get(range.start.checked_sub(1)?..range.end.checked_sub(1)?).map(str::to_owned)
}

/// Whether the text uses a variable of this cell or an earlier one.
fn captures(body: &str, code: &str, memory: &Memory) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
    };
    let all = words(code);
    let bound = |name: &String| {
        all.windows(2).any(|two| two[0] == "let" && two[1] == *name)
            || all.windows(3).any(|three| three[0] == "let" && three[1] == "mut" && three[2] == *name)
    };
    words(body).iter().any(|word| memory.maker(word).is_some() || bound(word))
}

/// Where a `let` binds this name.
fn binding(name: &str, code: &str) -> Option<Range> {
    code.lines().enumerate().find_map(|(index, line)| {
        ["let ", "let mut "].iter().find_map(|start| {
            let at = line.find(&format!("{start}{name}"))? + start.len();
            let from = line[..at].chars().count() + 1;
            let whole = !line[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            whole.then(|| Range { start: (index + 1, from), end: (index + 1, from + name.chars().count()) })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(code: &str) -> String {
        let text = "The variable `f` is a closure, which cannot be persisted.\nYou can";
        shown(text, code, &Memory::default()).traceback.join("\n")
    }

    #[test]
    fn a_closure_is_shown_as_it_can_be_kept() {
        assert!(note("let f = |x: i32| x + 1;").contains("`let f: fn(i32) -> _ = |x: i32| x + 1;`"));
        let boxed = note("let n = 5; let f = |x: i32, y: f64| -> f64 { y + n as f64 };");
        let wanted = "`let f: Box<dyn Fn(i32, f64) -> f64> = Box::new(move |x: i32, y: f64| -> f64 { y + n as f64 });`";
        assert!(boxed.contains(wanted), "{boxed}");
        assert_eq!(first_closure_note("let a = 1;", &Memory::default()), None);
        let first = first_closure_note("let a = 1; let f = |x: u8| x + a;", &Memory::default()).unwrap();
        assert!(first.contains("`let f: Box<dyn Fn(u8) -> _> = Box::new(move |x: u8| x + a);`"), "{first}");
        assert!(note("let f = |x| x;").contains("say what it takes"));
        assert!(note("odd ( code").contains("a function is kept"));
    }

    #[test]
    fn the_variable_is_marked() {
        let error = note("let ff = 1;\nlet mut f = |x: i32| x;");
        assert!(error.contains("  2 | ") && !error.contains("  1 | "), "{error}");
    }

    #[test]
    fn other_refusals_are_shown_as_they_are() {
        assert_eq!(shown("no such crate", "", &Memory::default()).evalue, "no such crate");
        let killed = "Compilation failed, but no parsable errors were found. STDERR:\nsignal: 9\nSTDOUT:\n";
        assert!(shown(killed, "", &Memory::default()).evalue.starts_with("the compiler ended"));
    }
}
