//! What the sources say of errors: the variants of an error enum with their messages,
//! the messages of `Error::Invalid`, the names that a notebook shows.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::{self, Visit};

pub use crate::python::repository;

/// Every `.rs` file below a folder of the repository, parsed.
pub fn files(folder: &str) -> Vec<syn::File> {
    let mut folders = vec![repository().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if ending == "rs" => files.push(file(&path)),
                _ => (),
            }
        }
    }
    files
}

/// One parsed file.
pub fn file(path: &Path) -> syn::File {
    let text = std::fs::read_to_string(path).expect("a source file");
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of the enum `Error` in a file, each with its message.
pub fn variants(file: &syn::File) -> BTreeSet<(String, String)> {
    let is_error = |item: &syn::Item| match item {
        syn::Item::Enum(item) if item.ident == "Error" => Some(item.variants.clone()),
        _ => None,
    };
    let variants = file.items.iter().find_map(is_error).expect("an enum Error");
    variants.iter().map(|variant| (variant.ident.to_string(), message(&variant.attrs))).collect()
}

/// The text of `#[error("…")]`; nothing for one that is written by a function.
fn message(attributes: &[syn::Attribute]) -> String {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
    let tokens =
        attribute.expect("thiserror's attribute").meta.require_list().expect("a list").tokens.clone();
    first_text(tokens).map(|text| shown(&text)).unwrap_or_default()
}

/// The first string literal.
fn first_text(tokens: TokenStream) -> Option<String> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Literal(literal) => match syn::Lit::new(literal) {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        TokenTree::Group(group) => first_text(group.stream()),
        _ => None,
    })
}

/// A format string as a reader knows it: … for each value, white space as one space.
pub fn shown(format: &str) -> String {
    let (mut text, mut rest) = (String::new(), format);
    while let Some(start) = rest.find(['{', '}']) {
        text.push_str(&rest[..start]);
        let twice = rest[start + 1..].starts_with(&rest[start..=start]);
        let end = if twice { start + 1 } else { start + rest[start..].find('}').unwrap_or(0) };
        text.push_str(if twice { &rest[start..=start] } else { "…" });
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains(char::is_alphabetic) { text } else { String::new() }
}

/// The messages that `Error::Invalid` is given in a file: as text, or by way of a
/// variable that holds the text.
pub fn invalid(file: &syn::File) -> BTreeSet<String> {
    let mut texts = Texts::default();
    texts.visit_file(file);
    let mut invalid = Invalid { texts: texts.0, found: BTreeSet::new() };
    invalid.visit_file(file);
    invalid.found
}

/// The texts of a file's variables.
#[derive(Default)]
struct Texts(BTreeSet<(String, String)>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(value)) = (&local.pat, &local.init) {
            let text = match &*value.expr {
                syn::Expr::Macro(call) if call.mac.path.is_ident("format") => {
                    first_text(call.mac.tokens.clone()).map(|text| shown(&text))
                }
                value => literal(value),
            };
            self.0.extend(text.map(|text| (name.ident.to_string(), text)));
        }
        visit::visit_local(self, local);
    }
}

struct Invalid {
    texts: BTreeSet<(String, String)>,
    found: BTreeSet<String>,
}

impl Invalid {
    /// What an expression can say: each arm of a `match` says something else.
    fn messages(&self, said: &syn::Expr) -> Vec<String> {
        match said {
            syn::Expr::Match(choice) => choice.arms.iter().flat_map(|arm| self.messages(&arm.body)).collect(),
            syn::Expr::Macro(call) if call.mac.path.is_ident("format") => {
                first_text(call.mac.tokens.clone()).map(|text| shown(&text)).into_iter().collect()
            }
            syn::Expr::Path(variable) => {
                let is_it = |name: &String| variable.path.is_ident(name);
                self.texts.iter().filter(|(name, _)| is_it(name)).map(|text| text.1.clone()).collect()
            }
            // `why.into()`
            syn::Expr::MethodCall(call) if matches!(&*call.receiver, syn::Expr::Path(_)) => {
                self.messages(&call.receiver)
            }
            other => first_text(quote::quote!(#other)).into_iter().collect(),
        }
    }
}

impl<'ast> Visit<'ast> for Invalid {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && function.path.segments.len() > 1
            && function.path.segments.last().is_some_and(|last| last.ident == "Invalid")
        {
            let found: Vec<String> = call.args.iter().flat_map(|said| self.messages(said)).collect();
            self.found.extend(found.into_iter().filter(|text| !text.is_empty()));
        }
        visit::visit_expr_call(self, call);
    }
}

/// The names under which the kernel itself shows errors.
#[derive(Default)]
pub struct Names(pub BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && function.path.segments.last().is_some_and(|last| last.ident == "plain")
        {
            self.0.extend(call.args.first().and_then(literal));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast syn::ExprTuple) {
        let name = tuple.elems.first().filter(|_| tuple.elems.len() == 2).and_then(literal);
        let is_name =
            |name: &String| name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
        self.0.extend(name.filter(is_name));
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "ename") {
            self.0.extend(match &field.expr {
                syn::Expr::MethodCall(call) => literal(&call.receiver),
                other => literal(other),
            });
        }
        visit::visit_field_value(self, field);
    }
}

fn literal(expression: &syn::Expr) -> Option<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

#[test]
fn formats_are_read_as_a_reader_sees_them() {
    assert_eq!(shown("no class {name:?}; {}\n  of {{ .. }}"), "no class …; … of { .. }");
    assert_eq!((shown("{}"), shown("{0}{1}")), (String::new(), String::new()));
}
