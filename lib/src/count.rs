//! Batch sizes and numbers of epochs, of whatever integer type a cell gave them.

use crate::{Error, Result};

/// An integer that counts something: any of Rust's integer types.
///
/// In a cell of its own, `let batch_size = 64;` is an `i32`. The functions that
/// take a batch size or a number of epochs take it as it is, so that the next cell
/// need not know.
///
/// ```no_run
/// # let vgg = sevenlines::Vgg16::new()?;
/// let batch_size = 64_i32;
/// let batches = vgg.get_batches("data/train", batch_size)?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub trait Count: Copy + std::fmt::Display + TryInto<usize> {
    /// As a number of at least 1.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] under `name` if it is below 1.
    fn at_least_one(self, name: &'static str) -> Result<usize> {
        match self.try_into() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(Error::OutOfRange { name, got: self.to_string(), expected: "at least 1" }),
        }
    }
}

macro_rules! counts {
    ($($integer:ty)*) => { $(impl Count for $integer {})* };
}

counts!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_type_are_at_least_one() {
        assert_eq!(64_i32.at_least_one("batch_size").unwrap(), 64);
        assert_eq!(1_u8.at_least_one("batch_size").unwrap(), 1);
        for error in [0_i32.at_least_one("batch_size"), (-3_i64).at_least_one("batch_size")] {
            assert!(error.unwrap_err().to_string().starts_with("batch_size is "));
        }
    }
}
