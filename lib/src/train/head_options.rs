//! Which layers a new head has.

use crate::{Error, Result};

/// What `finetune_with` puts on top. The default is what `finetune` does: one dense
/// layer with an output for each class.
///
/// ```
/// use sevenlines::train::HeadOptions;
/// let options = HeadOptions { hidden: vec![256], batch_norm: true, ..Default::default() };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct HeadOptions {
    /// The widths of dense layers below the last one, each with a ReLU behind it; none by
    /// default. Their weights start as He et al. (2015) propose.
    pub hidden: Vec<usize>,
    /// Batch normalisation (Ioffe and Szegedy, 2015) in front of each dense layer of the
    /// head, the last one too; off by default. As in PyTorch: epsilon 1e-5, and a batch
    /// counts 0.1 in the running mean and variance that measuring and predicting go by.
    pub batch_norm: bool,
    /// The probability of dropout behind every ReLU from fc6 up: behind fc6 and fc7 with
    /// full weights, and behind the `hidden` layers. 0.5 by default, as VGG16 has it; 0
    /// removes it. (The features of the convolution base have no dropout behind them.)
    pub dropout: f64,
}

impl Default for HeadOptions {
    fn default() -> Self {
        HeadOptions { hidden: Vec::new(), batch_norm: false, dropout: 0.5 }
    }
}

/// The most numbers of a hidden layer: fc6 has 4096.
const WIDEST: usize = 1 << 16;

impl HeadOptions {
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(width) = self.hidden.iter().find(|width| !(1..=WIDEST).contains(*width)) {
            let (got, expected) = (width.to_string(), "from 1 to 65536");
            return Err(Error::OutOfRange { name: "the width of a hidden layer", got, expected });
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let (got, expected) = (self.dropout.to_string(), "at least 0 and below 1");
            return Err(Error::OutOfRange { name: "dropout", got, expected });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let with =
            |hidden: &[usize], dropout| HeadOptions { hidden: hidden.to_vec(), batch_norm: false, dropout };
        with(&[10, 1], 0.0).check().unwrap();
        for (bad, words) in [
            (with(&[10, 0], 0.5), "hidden layer is 0"),
            (with(&[1 << 20], 0.5), "hidden layer is 1048576"),
            (with(&[], 1.0), "dropout is 1"),
            (with(&[], -0.5), "dropout is -0.5"),
            (with(&[], f64::NAN), "dropout is NaN"),
        ] {
            let message = bad.check().unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
