//! What may be a coordinate.

/// A number as a cell has it: any of Rust's integers and floats, or a reference to
/// one.
pub trait Number: Copy {
    /// Its value; integers beyond 2^53 are rounded.
    fn number(self) -> f64;
}

impl<N: Number> Number for &N {
    fn number(self) -> f64 {
        (*self).number()
    }
}

macro_rules! numbers {
    ($($kind:ty)*) => { $(impl Number for $kind {
        fn number(self) -> f64 {
            self as f64
        }
    })* };
}

numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);
