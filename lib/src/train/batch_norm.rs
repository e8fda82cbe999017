//! Batch normalisation (Ioffe and Szegedy, 2015) of a head's activations: forwards
//! and backwards on slices, with PyTorch's constants and running statistics.

/// Added to the variance before its root, as in PyTorch.
const EPSILON: f32 = 1e-5;
/// The share of a batch in the running statistics, as in PyTorch: an epoch of a small
/// set is few steps, and Keras's 0.01 would know nothing of it after one.
const MOMENTUM: f64 = 0.1;

/// Each number of a row centred, scaled by its deviation, then by what is learnt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BatchNorm {
    /// Gamma and beta: trained.
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    /// Running statistics: what is centred and scaled by when measuring.
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

/// What the way back needs of the way forwards.
#[derive(Default)]
pub(crate) struct Trace {
    /// Rows, centred and scaled.
    normalised: Vec<f32>,
    /// What each column was multiplied with.
    factor: Vec<f32>,
    /// Whether mean and deviation were the batch's, and depend on its rows.
    of_batch: bool,
}

impl BatchNorm {
    /// Of rows of `width` numbers; at first it changes nothing but their statistics.
    pub(crate) fn new(width: usize) -> BatchNorm {
        let (zeros, ones) = (vec![0.0; width], vec![1.0; width]);
        BatchNorm { scale: ones.clone(), shift: zeros.clone(), mean: zeros, variance: ones }
    }

    fn width(&self) -> usize {
        self.scale.len()
    }

    /// By the running statistics.
    pub(crate) fn apply(&self, rows: &mut [f32]) {
        let factor = self.factor(&self.variance);
        for row in rows.chunks_exact_mut(self.width()) {
            for (at, x) in row.iter_mut().enumerate() {
                *x = (*x - self.mean[at]) * factor[at] * self.scale[at] + self.shift[at];
            }
        }
    }

    /// By the statistics of these rows, which the running ones take in. A single row
    /// has no deviation: it goes by the running ones, and leaves them alone.
    pub(crate) fn train(&mut self, rows: &mut [f32], trace: &mut Trace) {
        trace.of_batch = rows.len() > self.width();
        let (mean, variance) = match trace.of_batch {
            true => self.take_in(rows),
            false => (self.mean.clone(), self.variance.clone()),
        };
        trace.factor = self.factor(&variance);
        trace.normalised.clear();
        for row in rows.chunks_exact_mut(self.width()) {
            for (at, x) in row.iter_mut().enumerate() {
                let normalised = (*x - mean[at]) * trace.factor[at];
                trace.normalised.push(normalised);
                *x = normalised * self.scale[at] + self.shift[at];
            }
        }
    }

    /// Mean and variance of the rows' columns.
    fn take_in(&mut self, rows: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (width, count) = (self.width(), (rows.len() / self.width()) as f64);
        let mean: Vec<f64> = sums(rows, width, |_, x| f64::from(x)).iter().map(|sum| sum / count).collect();
        let squares = sums(rows, width, |at, x| (f64::from(x) - mean[at]).powi(2));
        let running = |old: &mut [f32], new: &dyn Fn(usize) -> f64| {
            for (at, old) in old.iter_mut().enumerate() {
                *old = (f64::from(*old) * (1.0 - MOMENTUM) + new(at) * MOMENTUM) as f32;
            }
        };
        running(&mut self.mean, &|at| mean[at]);
        running(&mut self.variance, &|at| squares[at] / (count - 1.0));
        (mean.iter().map(|m| *m as f32).collect(), squares.iter().map(|s| (s / count) as f32).collect())
    }

    /// The gradient by what [`BatchNorm::apply`] is given, from that by what it gives.
    pub(crate) fn apply_back(&self, gradient: &mut [f32]) {
        let factor = self.factor(&self.variance);
        for row in gradient.chunks_exact_mut(self.width()) {
            row.iter_mut().enumerate().for_each(|(at, g)| *g *= factor[at] * self.scale[at]);
        }
    }

    fn factor(&self, variance: &[f32]) -> Vec<f32> {
        variance.iter().map(|v| (v + EPSILON).sqrt().recip()).collect()
    }

    /// The gradients by scale and shift, from that by what [`BatchNorm::train`] gave,
    /// which becomes the gradient by its rows.
    pub(crate) fn back(&self, gradient: &mut [f32], trace: &Trace) -> [Vec<f32>; 2] {
        let width = self.width();
        let rows = gradient.len() / width;
        let by_shift: Vec<f32> =
            sums(gradient, width, |_, g| f64::from(g)).iter().map(|sum| *sum as f32).collect();
        let mut by_scale = vec![0f64; width];
        for (gradient, normalised) in gradient.chunks_exact(width).zip(trace.normalised.chunks_exact(width)) {
            for (at, sum) in by_scale.iter_mut().enumerate() {
                *sum += f64::from(gradient[at] * normalised[at]);
            }
        }
        let by_scale: Vec<f32> = by_scale.into_iter().map(|sum| sum as f32).collect();
        let share = if trace.of_batch { 1.0 / rows as f32 } else { 0.0 };
        for (gradient, normalised) in
            gradient.chunks_exact_mut(width).zip(trace.normalised.chunks_exact(width))
        {
            for (at, g) in gradient.iter_mut().enumerate() {
                let common = share * (by_shift[at] + normalised[at] * by_scale[at]);
                *g = self.scale[at] * trace.factor[at] * (*g - common);
            }
        }
        [by_scale, by_shift]
    }
}

/// Of each column, the sum of `value` (of the column and the number).
fn sums(rows: &[f32], width: usize, value: impl Fn(usize, f32) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).enumerate().for_each(|(at, (sum, x))| *sum += value(at, *x));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;

    #[test]
    fn a_batch_is_centred_and_scaled_and_measuring_goes_by_the_running_statistics() {
        let (mut norm, mut trace) = (BatchNorm::new(3), Trace::default());
        let rows = uniform(1, 40 * 3, 4.0).iter().map(|x| x + 7.0).collect::<Vec<f32>>();
        for _ in 0..200 {
            let mut out = rows.clone();
            norm.train(&mut out, &mut trace);
            let mean = out.iter().sum::<f32>() / 120.0;
            let power = out.iter().map(|x| x * x).sum::<f32>() / 120.0;
            assert!(mean.abs() < 1e-5 && (power - 1.0).abs() < 1e-4, "{mean} {power}");
        }
        // Long after, they are the set's own (its variance by n - 1).
        let mut measured = rows.clone();
        norm.apply(&mut measured);
        let power = measured.iter().map(|x| x * x).sum::<f32>() / 120.0;
        assert!((power - 39.0 / 40.0).abs() < 1e-3, "{power}");
    }

    #[test]
    fn a_single_row_goes_by_the_running_statistics() {
        let (mut norm, mut trace) = (BatchNorm::new(2), Trace::default());
        let before = norm.clone();
        let (mut row, mut measured) = ([3.0, -1.0], [3.0, -1.0]);
        norm.train(&mut row, &mut trace);
        norm.apply(&mut measured);
        assert_eq!(norm, before);
        assert!(row.iter().zip(measured).all(|(a, b)| (a - b).abs() < 1e-6), "{row:?} {measured:?}");
        let mut gradient = [1.0, 2.0];
        norm.back(&mut gradient, &trace);
        assert!((gradient[1] - 2.0).abs() < 1e-4, "{gradient:?}");
    }
}
