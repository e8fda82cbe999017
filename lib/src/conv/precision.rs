//! How precisely a convolution multiplies.

use super::path::Path;
use crate::{Error, Result};

/// How precisely the body multiplies.
///
/// ```
/// use sevenlines::conv::Precision;
/// assert_eq!(Precision::default(), Precision::Single);
/// assert_eq!(Precision::Bfloat16.to_string(), "bfloat16");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    Single,
    /// Products of bfloat16 (8 bits of precision), sums in single precision: for
    /// processors that have AVX-512 BF16.
    Bfloat16,
}

impl Precision {
    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        self.path().is_ok()
    }

    /// An error that says so if not.
    pub(crate) fn check(self) -> Result<()> {
        self.path().map(|_| ())
    }

    /// The best instructions for it.
    pub(super) fn path(self) -> Result<Path> {
        match self {
            Precision::Single => Ok(Path::available()[0]),
            Precision::Bfloat16 => Path::bfloat16().ok_or_else(|| {
                let reason = "this processor has no bfloat16 products (AVX-512 BF16); use Precision::Single";
                Error::Invalid(reason.to_owned())
            }),
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::Single => "f32",
            Precision::Bfloat16 => "bfloat16",
        })
    }
}
