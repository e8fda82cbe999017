//! Discriminative learning rates (Howard and Ruder, 2018): what lies low knows edges and
//! textures that all pictures have, and is to change less than what lies above it.

/// The lowest trained layer's learning rate as a share of the new last layer's. From
/// layer to layer the rate grows by the same factor, as over fastai's `slice`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread(pub f64);

impl Default for Spread {
    fn default() -> Self {
        Spread(1.0)
    }
}

impl Spread {
    /// The rate of trained layer `index`, from 0 for the lowest, of `count` where the
    /// last one learns at `highest`.
    pub(super) fn rate(self, highest: f64, index: usize, count: usize) -> f64 {
        let below = (count - 1).saturating_sub(index) as f64;
        highest * self.0.powf(below / (count - 1).max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_grow_by_the_same_factor_up_to_the_highest() {
        let spread = Spread(0.001);
        let rates: Vec<f64> = (0..4).map(|index| spread.rate(0.2, index, 4)).collect();
        for (rate, expected) in rates.iter().zip([0.0002, 0.002, 0.02, 0.2]) {
            assert!((rate / expected - 1.0).abs() < 1e-12, "{rates:?}");
        }
        assert_eq!(Spread::default().rate(0.1, 0, 4), 0.1);
        assert_eq!(spread.rate(0.1, 0, 1), 0.1, "a single layer learns at the highest rate");
    }
}
