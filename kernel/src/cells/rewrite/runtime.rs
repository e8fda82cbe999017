//! The edits to what evcxr generates around a cell: fixed pieces of its text.

/// What [`edit`] puts in place of what; a piece that is not there is left alone.
struct Piece {
    /// evcxr's text.
    from: &'static str,
    /// Ours, with as many line breaks.
    to: &'static str,
    /// Whether ours calls into the library.
    library: bool,
}

const PIECES: [Piece; 8] = [
    // A variable that an early return never reached is lost, not a panic.
    Piece {
        from: "pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {",
        to: "pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool { if !self.variables.contains_key(name) { println!(\"{VARIABLE_CHANGED_TYPE}{name}\"); return false; }",
        library: false,
    },
    // The cell answers `error` with the error's own text ...
    Piece { from: "eprintln!(\"{:?}\", error);", to: FAIL_DEBUG, library: true },
    Piece { from: "eprintln!(\"{}\", error);", to: FAIL_DISPLAY, library: true },
    Piece { from: "eprintln!(\"{:#?}\", error);", to: FAIL_PRETTY, library: true },
    // ... and those that caused it (see `early`) ...
    Piece { from: "struct EvcxrUserCodeError {}", to: CAUSES, library: true },
    // ... and evcxr, not told of it, keeps the new variables.
    Piece { from: "println!(\"{}\", evcxr_internal_runtime::USER_ERROR_OCCURRED);", to: "", library: true },
    Piece { from: "  Err(_) => {\n    println!(\"EVCXR_PANIC_NOTIFICATION\");", to: PANIC, library: true },
    // Tells the cell's value from what it displays.
    Piece {
        from: "b\"EVCXR_BEGIN_CONTENT text/plain\\n\"",
        to: "b\"EVCXR_BEGIN_CONTENT text/plain value\\n\"",
        library: false,
    },
];

const FAIL_DEBUG: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{:?}\", error));";
const FAIL_DISPLAY: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{}\", error));";
const FAIL_PRETTY: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{:#?}\", error));";
const PANIC: &str = "  Err(evcxr_panic) => { ::sevenlines::channel::fail(\"panic\", evcxr_panic.downcast_ref::<&'static str>().copied().or_else(|| evcxr_panic.downcast_ref::<::std::string::String>().map(|text| text.as_str())).unwrap_or(\"the cell panicked\")); ::sevenlines::channel::fail_at(&EVCXR_PANIC_AT.lock().unwrap_or_else(|error| error.into_inner()));\n    println!(\"EVCXR_PANIC_NOTIFICATION\");";

/// Tells an error with those below it: `evcxr_chain` is found by the number of
/// references that the call adds, for an error first, then for what holds one.
const CAUSES: &str = "struct EvcxrUserCodeError {} \
struct EvcxrCause<'a, T>(&'a T); \
trait EvcxrOfError { fn evcxr_chain(&self) -> ::std::string::String; } \
impl<T: ::std::error::Error> EvcxrOfError for &&&EvcxrCause<'_, T> { fn evcxr_chain(&self) -> ::std::string::String { evcxr_causes(self.0) } } \
trait EvcxrOfBox { fn evcxr_chain(&self) -> ::std::string::String; } \
impl<T: ::std::convert::AsRef<dyn ::std::error::Error>> EvcxrOfBox for &&EvcxrCause<'_, T> { fn evcxr_chain(&self) -> ::std::string::String { evcxr_causes(self.0.as_ref()) } } \
trait EvcxrOfSend { fn evcxr_chain(&self) -> ::std::string::String; } \
impl<T: ::std::convert::AsRef<dyn ::std::error::Error + ::std::marker::Send + ::std::marker::Sync>> EvcxrOfSend for &EvcxrCause<'_, T> { fn evcxr_chain(&self) -> ::std::string::String { evcxr_causes(self.0.as_ref()) } } \
trait EvcxrOfOther { fn evcxr_chain(&self) -> ::std::string::String { ::std::string::String::new() } } \
impl<T> EvcxrOfOther for EvcxrCause<'_, T> {} \
fn evcxr_causes(error: &dyn ::std::error::Error) -> ::std::string::String { \
let mut text = error.to_string(); let mut last = text.clone(); let mut next = error.source(); \
while let ::std::option::Option::Some(cause) = next { let said = cause.to_string(); \
if !last.contains(&said) { text += \"\\u{1}\"; text += &said; } last = said; next = cause.source(); } text } \
fn evcxr_tell<T>(error: T, chain: ::std::string::String) -> EvcxrUserCodeError where EvcxrUserCodeError: ::std::convert::From<T> { \
let told = EvcxrUserCodeError::from(error); \
if chain.contains('\\u{1}') { ::sevenlines::channel::fail(::std::any::type_name::<T>(), &chain); } told }";

/// Keeps the place of a panic for the error; other threads' panics, which fail no
/// cell, are printed.
const HOOK: &str = " static EVCXR_PANIC_AT: ::std::sync::Mutex<::std::string::String> = ::std::sync::Mutex::new(::std::string::String::new()); \
{ let evcxr_thread = ::std::thread::current().id(); \
::std::panic::set_hook(::std::boxed::Box::new(move |evcxr_panic| { \
let mut evcxr_at = EVCXR_PANIC_AT.lock().unwrap_or_else(|error| error.into_inner()); \
match evcxr_panic.location() { \
::std::option::Option::Some(place) if evcxr_at.is_empty() && ::std::thread::current().id() == evcxr_thread => *evcxr_at = place.to_string(), \
_ => ::std::eprintln!(\"the thread {:?} {evcxr_panic}\", ::std::thread::current().name().unwrap_or(\"without a name\")), } \
if ::std::env::var_os(\"RUST_BACKTRACE\").is_some_and(|asked| asked != \"0\") { ::std::eprintln!(\"{}\", ::std::backtrace::Backtrace::force_capture()); } \
})); }";

/// A request to stop that came after the last cell is forgotten; one that came
/// while this cell was compiled (the note that [`crate::cells::work`] keeps) is not.
/// Forgotten first: a request that comes between the two must stay.
const BEGIN: &str = " ::sevenlines::interrupt::clear(); if ::std::path::Path::new(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/interrupted\")).exists() { ::sevenlines::interrupt::request(); }";
/// What the cell printed without a line's end is shown with this cell.
const END: &str = "{ use ::std::io::Write as _; let _ = ::std::io::stdout().flush(); } ";

/// The text with all pieces replaced.
pub fn edit(original: &str, library: bool) -> String {
    let mut text = original.to_owned();
    for piece in PIECES.iter().filter(|piece| library || !piece.library) {
        // Once each: the user's own text comes later or not at all.
        text = text.replacen(piece.from, piece.to, 1);
    }
    let begin = "let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};";
    if library && text.matches(begin).count() == 1 {
        text = text.replace(begin, &format!("{begin}{BEGIN}{HOOK}"));
    }
    let end = "evcxr_variable_store\n}\n";
    if let Some(start) = text.strip_suffix(end) {
        text = format!("{start}{END}{end}");
    }
    text
}
