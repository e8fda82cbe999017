//! Colours, and who sees them.

use std::env::VarError;
use std::io::IsTerminal;

/// A colour for a word, as terminals know it.
#[derive(Clone, Copy)]
pub enum Colour {
    /// Went well.
    Green,
    /// Went wrong.
    Red,
    /// Worth a look.
    Yellow,
    /// Of less weight.
    Dim,
}

/// Paints `text`, if `painted`.
pub fn paint(text: &str, colour: Colour, painted: bool) -> String {
    let code = match colour {
        Colour::Green => 32,
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Dim => 2,
    };
    if painted { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Whether to paint what goes to `stream`: by the usual variables, else to a terminal
/// alone.
pub fn painted(stream: &impl IsTerminal) -> bool {
    wanted(|name| std::env::var(name), live(stream))
}

/// Whether lines on `stream` can change in place.
pub fn live(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// `NO_COLOR` set to anything comes first, then `CLICOLOR_FORCE` to anything but 0,
/// then `CLICOLOR` to 0.
fn wanted(get: impl Fn(&str) -> Result<String, VarError>, live: bool) -> bool {
    let set = |name: &str| !matches!(get(name), Err(VarError::NotPresent)) && get(name).as_deref() != Ok("");
    let zero = |name: &str| get(name).as_deref() == Ok("0");
    match () {
        () if set("NO_COLOR") => false,
        () if set("CLICOLOR_FORCE") && !zero("CLICOLOR_FORCE") => true,
        () => live && !zero("CLICOLOR"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_only_where_asked() {
        assert_eq!(paint("ok", Colour::Green, false), "ok");
        assert_eq!(paint("ok", Colour::Green, true), "\x1b[32mok\x1b[0m");
    }

    #[test]
    fn the_usual_variables_decide() {
        let ask = |set: &[(&str, &str)], live| {
            let value =
                |name: &str| set.iter().find(|(is, _)| *is == name).map(|(_, value)| (*value).to_owned());
            wanted(|name| value(name).ok_or(VarError::NotPresent), live)
        };
        assert!(ask(&[], true) && !ask(&[], false));
        assert!(!ask(&[("NO_COLOR", "1")], true) && ask(&[("NO_COLOR", "")], true));
        assert!(ask(&[("CLICOLOR_FORCE", "1")], false) && !ask(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!ask(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false));
        assert!(!ask(&[("CLICOLOR", "0")], true));
    }
}
