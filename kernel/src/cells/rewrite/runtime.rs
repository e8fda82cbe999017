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

const PIECES: [Piece; 7] = [
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
const PANIC: &str = "  Err(evcxr_panic) => { ::sevenlines::channel::fail(\"panic\", evcxr_panic.downcast_ref::<&'static str>().copied().or_else(|| evcxr_panic.downcast_ref::<::std::string::String>().map(|text| text.as_str())).unwrap_or(\"the cell panicked\"));\n    println!(\"EVCXR_PANIC_NOTIFICATION\");";

/// A new cell: what moves gets a new display.
/// A request to stop that came after the last cell is forgotten; one that came
/// while this cell was compiled (the note that [`crate::cells::work`] keeps) is not.
const BEGIN: &str = " ::sevenlines::cell::begin(); if !::std::path::Path::new(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/interrupted\")).exists() { ::sevenlines::interrupt::clear(); }";
/// Live plots show their last points.
const SETTLE: &str = "::sevenlines::cell::end(); ";
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
        text = text.replace(begin, &format!("{begin}{BEGIN}"));
    }
    let end = "evcxr_variable_store\n}\n";
    if let Some(start) = text.strip_suffix(end) {
        let settle = if library { SETTLE } else { "" };
        text = format!("{start}{settle}{END}{end}");
    }
    text
}
