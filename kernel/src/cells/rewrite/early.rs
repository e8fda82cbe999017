//! The edit that lets an early return keep variables.
//!
//! A top-level statement with a `?` in it becomes
//! `match 'sevenlines: { Ok(STATEMENT) } { Ok(v) => v, Err(e) => { STORE…; return Err(e) } }`
//! and the `?` a `break 'sevenlines Err(…)`. Storing happens outside the
//! statement, when its borrows and temporaries are gone; only variables of
//! earlier top-level statements are stored, under the types that evcxr found.

use super::edits::Edits;
use super::shows;
use std::collections::HashMap;
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Pat, Stmt, Token};

const OPEN: &str = "(match 'sevenlines: { ::std::result::Result::Ok(";
const TRY_OPEN: &str = "(match (";
/// What a `?` does; in a notebook the errors that caused this one are told too.
const TRY_CLOSE_AND_TELL: &str = ") { ::std::result::Result::Ok(evcxr_value) => evcxr_value, ::std::result::Result::Err(evcxr_error) => { let evcxr_chain = (&&&&EvcxrCause(&evcxr_error)).evcxr_chain(); break 'sevenlines (::std::result::Result::Err(evcxr_tell::<_, EvcxrUserCodeError>(evcxr_error, evcxr_chain))) } })";
const TRY_CLOSE: &str = ") { ::std::result::Result::Ok(evcxr_value) => evcxr_value, ::std::result::Result::Err(evcxr_error) => break 'sevenlines (::std::result::Result::Err(EvcxrUserCodeError::from(evcxr_error))) })";

/// The edited text, or `None` if there is nothing to keep or to return early.
/// With `put_back`, a variable that the cell was about to replace is stored too,
/// as it was before the cell; this fails to compile if the cell has used it up.
pub fn edit(text: &str, library: bool, put_back: bool) -> Option<String> {
    let file = syn::parse_file(text).ok()?;
    let mut search = Search::default();
    search.visit_file(&file);
    let body = search.body?;
    let loaded: HashMap<String, &str> =
        search.loaded.into_iter().map(|(name, range)| (name, &text[range])).collect();

    let first_put =
        body.stmts.iter().rposition(|stmt| stored(stmt).is_none() && !is_tail(stmt)).map_or(0, |i| i + 1);
    let (user, end) = body.stmts.split_at(first_put);
    let new: Vec<(String, &str)> =
        end.iter().filter_map(stored).map(|(name, range)| (name, &text[range])).collect();
    if new.is_empty() && !library {
        return None;
    }
    let bound: Vec<Vec<String>> = user.iter().map(bound_names).collect();

    let mut edits = Edits::default();
    for (index, stmt) in user.iter().enumerate() {
        let mut keep = String::new();
        for (name, ty) in &new {
            let first = bound.iter().position(|names| names.contains(name));
            let last = bound.iter().rposition(|names| names.contains(name));
            let made = last.is_some_and(|last| last < index);
            let old = put_back && first.is_some_and(|first| first >= index) && loaded.get(name) == Some(ty);
            if made || old {
                keep += &format!("evcxr_variable_store.put_variable::<{ty}>(stringify!({name}), {name}); ");
            }
        }
        wrap(stmt, text, &keep, library, &mut edits);
    }
    if edits.is_empty() { None } else { edits.apply(text) }
}

/// Edits one statement, if it can return early.
fn wrap(stmt: &Stmt, text: &str, keep: &str, library: bool, edits: &mut Edits) {
    let (whole, tries, semicolon) = match stmt {
        Stmt::Local(local) => match &local.init {
            Some(init) => (init.expr.span(), tries(|v| v.visit_expr(&init.expr)), ""),
            None => return,
        },
        Stmt::Expr(expr, semicolon) => {
            (expr.span(), tries(|v| v.visit_expr(expr)), if semicolon.is_some() { "" } else { ";" })
        }
        Stmt::Macro(mac) => {
            let semicolon = if mac.semi_token.is_some() { "" } else { ";" };
            (mac.mac.span(), tries(|v| v.visit_macro(&mac.mac)), semicolon)
        }
        Stmt::Item(_) => return,
    };
    if tries.is_empty() {
        return;
    }
    let whole = whole.byte_range();
    edits.insert(whole.start, OPEN);
    for (start, mark) in tries {
        edits.insert(start, TRY_OPEN);
        edits.replace(mark, if library { TRY_CLOSE_AND_TELL } else { TRY_CLOSE });
    }
    let at = match library {
        true => {
            format!(
                "::sevenlines::channel::fail_at({:?}); ",
                first_line(&shows::undo(&text[stmt.span().byte_range()]))
            )
        }
        false => String::new(),
    };
    edits.insert(
        whole.end,
        format!(") }} {{ ::std::result::Result::Ok(evcxr_value) => evcxr_value, ::std::result::Result::Err(evcxr_error) => {{ {at}{keep}return ::std::result::Result::Err(evcxr_error); }} }}){semicolon}"),
    );
}

/// The statement's first line as the user wrote it.
fn first_line(code: &str) -> &str {
    const SHOW: &str = "evcxr_send_text_plain(";
    // evcxr puts a shown value into brackets that stand on lines of their own.
    let own = |line: &&str| !line.is_empty() && *line != "(" && !line.starts_with(SHOW);
    let line = code.lines().map(str::trim).find(own).unwrap_or("");
    // evcxr's way to show the value.
    line.strip_prefix('(').and_then(|line| line.strip_suffix(").evcxr_display();")).unwrap_or(line)
}

/// The places of each `?`: where its operand starts, and the mark itself.
fn tries(visit: impl FnOnce(&mut Tries)) -> Vec<(usize, Range<usize>)> {
    let mut tries = Tries::default();
    visit(&mut tries);
    tries.0
}

#[derive(Default)]
struct Tries(Vec<(usize, Range<usize>)>);

impl<'ast> Visit<'ast> for Tries {
    fn visit_expr_try(&mut self, expr: &'ast syn::ExprTry) {
        self.0.push((expr.expr.span().byte_range().start, expr.question_token.span.byte_range()));
        visit::visit_expr_try(self, expr);
    }

    // A `?` in these returns from them, not from the cell.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}

    /// Looks into the macros whose arguments are plain expressions.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        const PLAIN: [&str; 14] = [
            "format",
            "print",
            "println",
            "eprint",
            "eprintln",
            "write",
            "writeln",
            "vec",
            "assert",
            "assert_eq",
            "assert_ne",
            "dbg",
            "panic",
            "format_args",
        ];
        let name = mac.path.segments.last().map(|segment| segment.ident.to_string());
        if !name.is_some_and(|name| PLAIN.contains(&name.as_str())) {
            return;
        }
        if let Ok(args) = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            for arg in &args {
                let mut inner = Tries::default();
                inner.visit_expr(arg);
                self.0.extend(inner.0);
            }
        }
    }
}

/// The names that a top-level statement binds.
fn bound_names(stmt: &Stmt) -> Vec<String> {
    #[derive(Default)]
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            self.0.push(pat.ident.to_string());
            visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut names = Names::default();
    if let Stmt::Local(local) = stmt {
        names.visit_pat(&local.pat);
    }
    names.0
}

/// What evcxr generated: the cell's body, and the variables it loads.
#[derive(Default)]
struct Search<'ast> {
    body: Option<&'ast Block>,
    loaded: Vec<(String, Range<usize>)>,
}

impl<'ast> Visit<'ast> for Search<'ast> {
    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if let Expr::Block(block) = &*closure.body
            && (returns_user_error(closure) || block.block.stmts.iter().any(|stmt| stored(stmt).is_some()))
        {
            self.body = Some(&block.block);
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        if block.block.stmts.iter().any(|stmt| stored(stmt).is_some()) {
            self.body = Some(&block.block);
        }
        visit::visit_expr_async(self, block);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && let Some(ty) = store_call(&init.expr, "take_variable")
        {
            self.loaded.push((name.ident.to_string(), ty));
        }
        visit::visit_local(self, local);
    }
}

/// Whether this is the closure that evcxr makes of a cell with a `?` in it.
fn returns_user_error(closure: &syn::ExprClosure) -> bool {
    let syn::ReturnType::Type(_, ty) = &closure.output else { return false };
    let syn::Type::Path(path) = &**ty else { return false };
    let Some(syn::PathArguments::AngleBracketed(args)) =
        path.path.segments.last().map(|last| &last.arguments)
    else {
        return false;
    };
    args.args.iter().any(|arg| {
        matches!(arg, syn::GenericArgument::Type(syn::Type::Path(ty)) if ty.path.is_ident("EvcxrUserCodeError"))
    })
}

/// `evcxr_variable_store.put_variable::<T>(stringify!(name), name)`: name and T.
fn stored(stmt: &Stmt) -> Option<(String, Range<usize>)> {
    let Stmt::Expr(expr @ Expr::MethodCall(call), Some(_)) = stmt else { return None };
    let ty = store_call(expr, "put_variable")?;
    let Expr::Path(name) = call.args.get(1)? else { return None };
    Some((name.path.get_ident()?.to_string(), ty))
}

/// The type argument of a call of the variable store's `method`.
fn store_call(expr: &Expr, method: &str) -> Option<Range<usize>> {
    let Expr::MethodCall(call) = expr else { return None };
    let Expr::Path(receiver) = &*call.receiver else { return None };
    if !receiver.path.is_ident("evcxr_variable_store") || call.method != method {
        return None;
    }
    Some(call.turbofish.as_ref()?.args.first()?.span().byte_range())
}

/// The `Ok(())` that ends the body.
fn is_tail(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Expr(Expr::Call(_), None))
}
