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
    // The value's text goes where no printed text can.
    Piece { from: "= try_send_text(text)", to: SEND_TEXT, library: true },
];

const FAIL_DEBUG: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{:?}\", error));";
const FAIL_DISPLAY: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{}\", error));";
const FAIL_PRETTY: &str =
    "::sevenlines::channel::fail(::std::any::type_name::<T>(), &::std::format!(\"{:#?}\", error));";
const PANIC: &str = "  Err(evcxr_panic) => { ::sevenlines::cell::panicked(&*evcxr_panic);\n";
const SEND_TEXT: &str =
    "= match ::sevenlines::cell::show_text(text) { true => Ok(()), false => try_send_text(text) }";
/// What an edited `?` tells an error with.
const CAUSES: &str = "struct EvcxrUserCodeError {} use ::sevenlines::cell::cause::{EvcxrCause, EvcxrOfBox as _, EvcxrOfError as _, EvcxrOfOther as _, EvcxrOfSend as _, evcxr_tell};";

/// A new cell: what moves gets a new display.
/// A request to stop that came after the last cell is forgotten; one that came
/// while this cell was compiled (the note that [`crate::cells::work`] keeps) is not.
const BEGIN: &str = " ::sevenlines::cell::begin(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/interrupted\"));";
/// How evcxr first tries to show a cell's value, and what makes that succeed for
/// every type that has `{:?}`; otherwise it would have to compile a second time.
/// The reference comes first, so that a type's own `evcxr_display` is preferred; and
/// it begins what counts as a display.
const SHOWN: &str = "\n).evcxr_display();";
const SHOW: &str = "\n).evcxr_reference().evcxr_display(); ::sevenlines::cell::shown();";
const SHOW_REFERENCE: &str = " use ::sevenlines::cell::Reference as _;";
/// Written into the cell: rustc would suggest a trait of the library's where none is
/// in scope, and evcxr, taking the suggestion for the error, not show the value.
pub const SHOW_DEBUG: &str = " trait EvcxrDebug { fn evcxr_display(&self); } impl<T: ::std::fmt::Debug + ?Sized> EvcxrDebug for &T { fn evcxr_display(&self) { ::sevenlines::cell::show_debug(self); } }";
/// Live plots show their last points; what the cell printed without a line's end
/// is shown with this cell.
const END: &str = "::sevenlines::cell::end(); ";

/// Where evcxr's text includes its runtime, and what comes behind it.
const MODULE: &str = "\nmod evcxr_internal_runtime {\n";
const BEHIND: &str = "\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_";

/// The text with the library's compiled runtime in place of evcxr's source, on as
/// many lines.
fn shared_runtime(text: &str) -> Option<String> {
    let start = text.rfind(MODULE)? + MODULE.len();
    let end = start + text[start..].find(BEHIND)?;
    let lines = text[start..end].matches('\n').count();
    let (before, behind) = (&text[..start], &text[end..]);
    Some(format!("{before}pub use ::sevenlines::cell::*; }}{}{behind}", "\n".repeat(lines)))
}

/// The text with all pieces replaced.
pub fn edit(original: &str, library: bool) -> String {
    let shared = library.then(|| shared_runtime(original)).flatten();
    let mut text = shared.unwrap_or_else(|| original.to_owned());
    for piece in PIECES.iter().filter(|piece| library || !piece.library) {
        // Once each: the user's own text comes later or not at all.
        text = text.replacen(piece.from, piece.to, 1);
    }
    let begin = "let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};";
    if library && text.matches(begin).count() == 1 {
        let shown = text.rfind(SHOWN);
        if let Some(at) = shown {
            text.replace_range(at..at + SHOWN.len(), SHOW);
        }
        let show = if shown.is_some() { [SHOW_REFERENCE, SHOW_DEBUG] } else { [""; 2] };
        text = text.replace(begin, &format!("{begin}{BEGIN}{}", show.concat()));
    }
    let end = "evcxr_variable_store\n}\n";
    if library && let Some(start) = text.strip_suffix(end) {
        text = format!("{start}{END}{end}");
    }
    text
}
