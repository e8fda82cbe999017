//! The notebook's variables between two cells.

use crate::channel;
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// Begins the word by which evcxr learns that a variable is lost.
pub const VARIABLE_CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
/// The word by which evcxr learns that a cell returned early.
pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";

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
        channel::tell_evcxr(&format!("{VARIABLE_CHANGED_TYPE}{name}"));
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
