use super::*;

/// The skeleton of what evcxr 0.22 generates, with `user` as the cell's text and
/// `puts` as what it stores at the end.
fn cell(user: &str, puts: &str) -> String {
    format!(
        "struct EvcxrUserCodeError {{}}
impl<T: std::fmt::Debug> From<T> for EvcxrUserCodeError {{ fn from(error: T) -> Self {{
eprintln!(\"{{:?}}\", error);
println!(\"{{}}\", evcxr_internal_runtime::USER_ERROR_OCCURRED);
EvcxrUserCodeError {{}} }} }}
#[unsafe(no_mangle)]
pub extern \"C\" fn run_user_code_1(
mut evcxr_variable_store: *mut evcxr_internal_runtime::VariableStore)
  -> *mut evcxr_internal_runtime::VariableStore {{
let evcxr_variable_store = unsafe {{&mut *evcxr_variable_store}};
let mut old = evcxr_variable_store.take_variable::<Vec<u8>>(stringify!(old));
match std::panic::catch_unwind(
  std::panic::AssertUnwindSafe(||{{
let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {{
{user}
{puts}
Ok(())}})();
}})) {{ 
  Ok(_) => {{}}
  Err(_) => {{
    println!(\"EVCXR_PANIC_NOTIFICATION\");
}}}}
evcxr_variable_store
}}
"
    )
}

fn put(name: &str, ty: &str) -> String {
    format!("evcxr_variable_store.put_variable::<{ty}>(stringify!({name}), {name});")
}

/// The user's lines of the best version.
fn best(user: &str, puts: &[String]) -> String {
    let original = cell(user, &puts.join("\n"));
    let versions = versions(&original, false);
    let text = versions.first().map_or(&original, |version| &version.text);
    assert_eq!(text.lines().count(), original.lines().count(), "lines stay");
    syn::parse_file(text).expect("valid Rust");
    let begin = "EvcxrUserCodeError> {\n";
    let start = text.find(begin).unwrap() + begin.len();
    text[start..].lines().take(user.lines().count()).collect::<Vec<_>>().join("\n")
}

fn keeps(statement: &str, name: &str) -> bool {
    statement.contains(&format!("stringify!({name})"))
}

#[test]
fn a_question_mark_keeps_what_earlier_statements_made() {
    let user = "let a = f();\nlet b = g(&a)?;\nlet c = h()?;";
    let text = best(user, &[put("a", "A"), put("b", "B"), put("c", "C")]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "let a = f();");
    assert!(keeps(lines[1], "a") && !keeps(lines[1], "b") && !keeps(lines[1], "c"), "{}", lines[1]);
    assert!(keeps(lines[2], "a") && keeps(lines[2], "b") && !keeps(lines[2], "c"), "{}", lines[2]);
    assert!(lines[1].starts_with("let b = (match 'sevenlines: { ::std::result::Result::Ok((match (g(&a)) {"));
    assert!(!lines[1].contains('?') && !lines[2].contains('?'));
}

#[test]
fn nested_marks_blocks_macros_and_the_value_are_all_found() {
    let user = "let a = 1;\nfor i in f()? { g(i?)?.h()?; }\nprintln!(\"{}\", k()?);\n(vgg.fit(&a)?).evcxr_display();\nsend(&format!(\"{:?}\",&(m()?)));";
    let text = best(user, &[put("a", "i32")]);
    assert!(!text.replace("{:?}", "").contains('?'), "{text}");
    assert_eq!(text.matches("stringify!(a)").count(), 4, "{text}");
    assert_eq!(text.matches("break 'sevenlines").count(), 7, "{text}");
}

#[test]
fn marks_that_return_from_elsewhere_stay() {
    let user = "let a = 1;\nlet f = || -> Option<u8> { Some(g()?) };\nfn k() -> Option<u8> { g()? }\nlet s = async { m()? };";
    let text = best(user, &[put("a", "i32")]);
    assert_eq!(text, user);
}

#[test]
fn an_unknown_macro_is_left_alone() {
    let user = "let a = 1;\nodd!(x ? y);\nother!(f()?);";
    assert_eq!(best(user, &[put("a", "i32")]), user);
}

#[test]
fn a_shadowed_name_is_kept_only_under_its_last_type() {
    let user = "let a = 1;\nf()?;\nlet a = \"x\";\ng()?;";
    let text = best(user, &[put("a", "&'static str")]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(!keeps(lines[1], "a") && keeps(lines[3], "a"), "{text}");
}

#[test]
fn a_variable_about_to_be_replaced_is_put_back() {
    let user = "let old = f(&old)?;";
    assert!(keeps(&best(user, &[put("old", "Vec<u8>")]), "old"));
    // Not under another type, and the next version does without.
    assert!(!keeps(&best(user, &[put("old", "String")]), "old"));
    let versions = versions(&cell(user, &put("old", "Vec<u8>")), false);
    assert_eq!(versions.len(), 2);
}

#[test]
fn a_statement_without_a_semicolon_gets_one() {
    let text = best("let a = 1;\nif x { f()?; }\n(1, 2);", &[put("a", "i32")]);
    syn::parse_str::<syn::Block>(&format!("{{{text}}}")).unwrap();
    assert!(text.lines().nth(1).unwrap().ends_with(';'), "{text}");
}

#[test]
fn characters_of_several_bytes_do_not_shift_the_edits() {
    let text = best("let a = \"äöü🦀\"; let b = f(\"é\")?;", &[put("a", "&'static str"), put("b", "B")]);
    assert!(text.starts_with("let a = \"äöü🦀\"; let b = (match"), "{text}");
    assert!(text.contains("(match (f(\"é\")) {"), "{text}");
}

#[test]
fn nothing_to_keep_is_nothing_to_edit() {
    assert_eq!(best("f()?;", &[]), "f()?;");
}

#[test]
fn odd_text_is_left_alone() {
    for text in ["", "fn", "let x = ;", "mod a { fn b() -> Option<u8> { c()? } }"] {
        assert_eq!(versions(text, true), [], "{text}");
    }
}

#[test]
fn the_library_hears_of_the_failure() {
    let original = cell("let a = 1;\nf()?;", &put("a", "i32"));
    let text = &versions(&original, true)[0].text;
    assert!(text.contains("::sevenlines::channel::fail(::std::any::type_name::<T>()"));
    assert!(text.contains("::sevenlines::channel::fail_at(\"f()?;\")"));
    assert!(text.contains("::sevenlines::cell::panicked(&*evcxr_panic)"));
    assert!(!text.contains("EVCXR_PANIC_NOTIFICATION"));
    let (begin, end) = (text.find("::sevenlines::cell::begin("), text.find("::sevenlines::cell::end();"));
    assert!(begin.is_some() && begin < end, "{text}");
    assert!(!text.contains("USER_ERROR_OCCURRED"));
    syn::parse_file(text).unwrap();
}

#[test]
fn the_runtime_comes_from_the_library_on_as_many_lines() {
    let module = "mod evcxr_internal_runtime {\n// }\npub struct VariableStore;\n}\n";
    let original = cell("(\n1\n).evcxr_display();", "").replacen("#[unsafe", &format!("{module}#[unsafe"), 1);
    let text = &versions(&original, true)[0].text;
    assert!(text.contains("mod evcxr_internal_runtime {\npub use ::sevenlines::cell::*; }\n"), "{text}");
    assert!(!text.contains("pub struct VariableStore"));
    assert!(text.contains("for &T { fn evcxr_display(&self) { ::sevenlines::cell::show_debug(self); } }"));
    let shown = "\n1\n).evcxr_reference().evcxr_display(); ::sevenlines::cell::shown();";
    assert!(text.contains(shown), "{text}");
    assert_eq!(text.lines().count(), original.lines().count());
    syn::parse_file(text).unwrap();
    // Without the library there is nothing to take it from.
    assert!(
        versions(&original, false).iter().all(|version| version.text.contains("pub struct VariableStore"))
    );
}

#[test]
fn a_cell_that_keeps_nothing_still_tells_what_failed_and_why() {
    let text = &versions(&cell("(g()?).evcxr_display();", ""), true)[0].text;
    assert!(text.contains("::sevenlines::channel::fail_at(\"g()?\")"), "{text}");
    assert!(
        text.contains("(&&&&EvcxrCause(&evcxr_error)).evcxr_chain()") && text.contains("EvcxrOfError as _")
    );
    syn::parse_file(text).unwrap();
}

#[test]
fn a_call_of_a_display_is_marked_and_still_keeps_what_was_made() {
    let versions = versions(&cell("let a = f();\ng()?.evcxr_display();\nh()?;", &put("a", "A")), true);
    assert_eq!(versions.len(), 4);
    let text = &versions[0].text;
    assert!(text.contains("::sevenlines::cell::showing(&((match (g())"), "{text}");
    assert!(text.contains("fail_at(\"g()?.evcxr_display();\")"), "{text}");
    assert_eq!(text.matches("stringify!(a), a)").count(), 3, "{text}");
    syn::parse_file(text).unwrap();
    // A display that takes the value itself compiles without the mark.
    assert!(!versions[2].text.contains("showing"));
}

#[test]
fn edited_lines_are_named() {
    let original = cell("let a = 1;\nf()?;", &put("a", "i32"));
    let version = &versions(&original, false)[0];
    let line = original.lines().position(|line| line == "f()?;").unwrap() + 1;
    assert!(version.edited.contains(&line));
    assert!(!version.edited.contains(&(line - 1)));
}

/// The pieces that are replaced really are evcxr's: its sources lie beside the
/// other packages, or the test says that it did not look.
#[test]
fn the_runtime_pieces_are_in_evcxr() {
    let home = std::env::var_os("CARGO_HOME").map(std::path::PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).unwrap();
    let sources = std::fs::read_dir(home.join("registry/src")).ok().into_iter().flatten().flatten();
    let Some(dir) = sources.map(|dir| dir.path().join("evcxr-0.22.0/src")).find(|dir| dir.is_dir()) else {
        println!("SKIPPED: evcxr's sources are not in {}", home.display());
        return;
    };
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    let runtime = read("evcxr_internal_runtime.rs");
    assert_ne!(super::runtime::edit(&runtime, false), runtime);
    // What the library's own store stands in for.
    assert!(
        runtime.contains(
            "    variables: std::collections::HashMap<String, Box<dyn std::any::Any + 'static>>,\n}"
        )
    );
    for name in ["put_variable", "check_variable", "take_variable", "lazy_arc", "create_variable_store"] {
        assert!(runtime.contains(&format!("pub fn {name}")), "{name}");
    }
    let context = read("eval_context.rs");
    for piece in [
        "if let Err(error) = try_send_text(text) {",
        "evcxr_internal_runtime::USER_ERROR_OCCURRED);",
        "let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};",
        "  Err(_) => {",
        "struct EvcxrUserCodeError {{}}",
    ] {
        assert!(context.contains(piece), "{piece}");
    }
}
