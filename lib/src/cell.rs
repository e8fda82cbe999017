//! What the code around a notebook's cell calls.
//!
//! evcxr writes, around each cell, a store for the notebook's variables and what
//! shows the last value, and has the compiler build them anew every time. The
//! kernel puts this module in their place: compiled once, with the library, it
//! takes a third of a second off each cell. Not meant to be called by hand.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::Arc;

/// Begins the line by which evcxr learns that a variable is lost.
pub const VARIABLE_CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
/// The line by which evcxr learns that a cell returned early.
pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";

/// A cell begins: a request to stop that came after the last one is forgotten,
/// unless the file `note` says that it came while this cell was compiled.
pub fn begin(note: &str) {
    if !std::path::Path::new(note).exists() {
        crate::interrupt::clear();
    }
}

/// A cell ends: what it printed without a line's end is shown with it.
pub fn end() {
    // A cell that closed its output has nowhere to show it.
    let _ = std::io::stdout().flush();
}

/// The notebook's variables between two cells. One field, the same as in evcxr's
/// own: a cell that was compiled with that one finds its variables here.
pub struct VariableStore {
    variables: HashMap<String, Box<dyn Any>>,
}

/// A new store, owned by the process that runs the cells.
pub fn create_variable_store() -> *mut VariableStore {
    Box::into_raw(Box::new(VariableStore { variables: HashMap::new() }))
}

// The generic parts are as short as can be, since each cell compiles its own.
impl VariableStore {
    /// Keeps a variable.
    #[inline]
    pub fn put_variable<T: 'static>(&mut self, name: &str, value: T) {
        self.put(name, Box::new(value));
    }

    /// Whether the variable is there with this type. If not, evcxr is told that it
    /// is lost, and runs the cell without it.
    #[inline]
    pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {
        self.check(name, |value| value.is::<T>())
    }

    /// Hands out a variable; the cell puts it back when it ends.
    #[inline]
    pub fn take_variable<T: 'static>(&mut self, name: &str) -> T {
        match self.take(name).downcast() {
            Ok(value) => *value,
            Err(_) => gone(name),
        }
    }

    /// A shared value that the first cell to ask for it makes.
    pub fn lazy_arc<T: 'static, F: FnOnce() -> T>(&mut self, name: &str, create: F) -> Arc<T> {
        let value = self.variables.entry(name.to_owned()).or_insert_with(|| Box::new(Arc::new(create())));
        match value.downcast_ref::<Arc<T>>() {
            Some(value) => Arc::clone(value),
            None => gone(name),
        }
    }

    fn put(&mut self, name: &str, value: Box<dyn Any>) {
        self.variables.insert(name.to_owned(), value);
    }

    fn check(&self, name: &str, is: fn(&dyn Any) -> bool) -> bool {
        match self.variables.get(name) {
            Some(value) if is(&**value) => return true,
            Some(_) => eprintln!("the type of `{name}` was defined anew, so the variable is lost"),
            // An early return never reached it.
            None => {}
        }
        println!("{VARIABLE_CHANGED_TYPE}{name}");
        false
    }

    fn take(&mut self, name: &str) -> Box<dyn Any> {
        self.variables.remove(name).unwrap_or_else(|| gone(name))
    }
}

/// Ends the cell: `check_variable` comes first, so this is never reached.
#[cold]
fn gone(name: &str) -> ! {
    panic!("the variable `{name}` is gone")
}

/// Shows a value by `{:?}` where its type has no `evcxr_display` of its own, which
/// would be preferred as an inherent method: so one compilation serves both.
pub trait DebugDisplay {
    /// Shows the value.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> DebugDisplay for T {
    #[inline]
    fn evcxr_display(&self) {
        show(format_args!("{self:?}"));
    }
}

fn show(value: std::fmt::Arguments) {
    // One write, so that another thread's text cannot come between.
    let text = format!("EVCXR_BEGIN_CONTENT text/plain value\n{value}\nEVCXR_END_CONTENT\n");
    // A cell that closed its output has nowhere to show a value.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_keeps_and_hands_out() {
        // SAFETY: the store was just made, and nothing else owns it.
        let mut store = unsafe { Box::from_raw(create_variable_store()) };
        store.put_variable("a", vec![1, 2]);
        assert!(store.check_variable::<Vec<i32>>("a"));
        assert!(!store.check_variable::<String>("a"));
        assert!(!store.check_variable::<i32>("b"));
        assert_eq!(store.take_variable::<Vec<i32>>("a"), [1, 2]);
        assert!(!store.check_variable::<Vec<i32>>("a"));
        let first = store.lazy_arc("c", || 5);
        assert!(Arc::ptr_eq(&first, &store.lazy_arc("c", || 6)));
    }
}
