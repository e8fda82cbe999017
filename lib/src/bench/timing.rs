//! Times of one piece of work, done again and again.

use crate::{Result, interrupt};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// A piece is called this often, for at least so long, unless that takes too long.
const LEAST_CALLS: usize = 3;
const LEAST_SECONDS: f64 = 1.0;
const MOST_SECONDS: f64 = 10.0;

/// How long one piece of work took: cold once, warm several times.
///
/// ```
/// use sevenlines::bench::Timing;
/// let timing = Timing { images: 16, cold: 2.0, warm: vec![0.8, 0.5, 0.9] };
/// assert_eq!(timing.images_per_s(), 20.0);
/// assert_eq!(timing.cold_images_per_s(), 8.0);
/// assert_eq!(timing.to_string(), "16 images: 20.0 images/s, 8.0 cold (median of 3 calls)");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Pictures a call.
    pub images: usize,
    /// Seconds of the first call, with all that is prepared for it.
    pub cold: f64,
    /// Seconds of each call after it.
    pub warm: Vec<f64>,
}

impl Timing {
    /// Times the first call and those after it.
    pub(super) fn of(images: usize, mut call: impl FnMut() -> Result<()>) -> Result<Timing> {
        let cold = seconds(&mut call)?;
        Timing::after(images, cold, call)
    }

    /// Times the calls after a first one.
    pub(super) fn after(images: usize, cold: f64, mut call: impl FnMut() -> Result<()>) -> Result<Timing> {
        let (mut warm, mut sum) = (Vec::new(), 0.0);
        while (warm.len() < LEAST_CALLS && sum < MOST_SECONDS) || sum < LEAST_SECONDS {
            let time = seconds(&mut call)?;
            sum += time;
            warm.push(time);
        }
        Ok(Timing { images, cold, warm })
    }

    /// Pictures a second, warm: of the median call.
    pub fn images_per_s(&self) -> f64 {
        self.images as f64 / median(&self.warm)
    }

    /// Pictures a second of the first call.
    pub fn cold_images_per_s(&self) -> f64 {
        self.images as f64 / self.cold
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        crate::show::words(&self.to_string());
    }
}

impl std::fmt::Display for Timing {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let (images, calls) = (self.images, self.warm.len());
        let (warm, cold) = (self.images_per_s(), self.cold_images_per_s());
        write!(f, "{images} images: {warm:.1} images/s, {cold:.1} cold (median of {calls} calls)")
    }
}

/// Seconds that `call` takes.
pub(super) fn seconds(call: &mut impl FnMut() -> Result<()>) -> Result<f64> {
    interrupt::check_interrupt()?;
    let start = Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The middle value, or the mean of the two in the middle; NaN of none.
///
/// ```
/// use sevenlines::bench::median;
/// assert_eq!(median(&[3.0, 1.0, 9.0]), 3.0);
/// assert_eq!(median(&[3.0, 1.0]), 2.0);
/// ```
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[upper],
        _ => (sorted[upper - 1] + sorted[upper]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_quick_piece_is_called_for_a_while_and_a_failing_one_once() {
        let mut calls = 0;
        let timing = Timing::of(2, || {
            calls += 1;
            std::thread::sleep(Duration::from_millis(50));
            Ok(())
        });
        let timing = timing.expect("goes well");
        assert_eq!(timing.warm.len() + 1, calls);
        assert!(timing.warm.len() >= LEAST_CALLS && timing.warm.iter().sum::<f64>() >= LEAST_SECONDS);
        assert!(timing.images_per_s() <= 2.0 / 0.05, "{timing}");

        let mut calls = 0;
        let failed = Timing::of(2, || {
            calls += 1;
            Err(crate::Error::NotFinetuned)
        });
        assert!(failed.is_err());
        assert_eq!(calls, 1);
    }

    #[test]
    fn no_values_have_no_median() {
        assert!(median(&[]).is_nan());
    }
}
