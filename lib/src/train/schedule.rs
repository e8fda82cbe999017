//! How the learning rate moves while `fit` runs.

use super::fit::out_of_range;
use crate::show::{Figure, line_plot};
use crate::{Count, Result};
use std::f64::consts::PI;

/// The course of the learning rate over a whole `fit`, batch by batch, as shares of
/// [`FitOptions::learning_rate`](super::FitOptions), the highest rate. After the `fit` the rate is the highest
/// again.
///
/// ```
/// use sevenlines::train::Schedule;
///
/// let schedule = Schedule::one_cycle();
/// assert_eq!(schedule.share(0.0), 1.0 / 25.0);
/// assert_eq!(schedule.share(0.25), 1.0);
/// assert!(schedule.share(1.0) < 1e-4);
/// schedule.plot(3, 7)?.show();
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Schedule {
    /// The same rate throughout.
    #[default]
    Constant,
    /// From the highest rate down half a cosine (Loshchilov and Hutter, 2016).
    Cosine {
        /// The last rate as a share of the highest, 0 to 1.
        lowest: f64,
    },
    /// Up to the highest rate and far down again, each along half a cosine: Smith's
    /// one-cycle policy (2018). Adam's decay rates stay as they are.
    OneCycle {
        /// The share of the steps on the way up, 0 to 1.
        pct_start: f64,
        /// The first rate is the highest divided by this.
        div: f64,
        /// The last rate is the highest divided by this.
        div_final: f64,
    },
}

impl Schedule {
    /// [`Schedule::Cosine`] down to nothing.
    pub fn cosine() -> Schedule {
        Schedule::Cosine { lowest: 0.0 }
    }

    /// [`Schedule::OneCycle`] with fastai's numbers: a quarter of the steps up from 1/25
    /// of the highest rate, then down to 1/100,000 of it.
    pub fn one_cycle() -> Schedule {
        Schedule::OneCycle { pct_start: 0.25, div: 25.0, div_final: 1e5 }
    }

    /// The rate as a share of the highest, after this share of the steps (0 to 1).
    pub fn share(self, done: f64) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine { lowest } => half_cosine(1.0, lowest, done),
            Schedule::OneCycle { pct_start, div, .. } if done < pct_start => {
                half_cosine(1.0 / div, 1.0, done / pct_start)
            }
            Schedule::OneCycle { pct_start, div_final, .. } => half_cosine(
                1.0,
                1.0 / div_final,
                (done - pct_start) / (1.0 - pct_start).max(f64::MIN_POSITIVE),
            ),
        }
    }

    /// The rate of step `step`, from 0, of `steps`; none if it does not move.
    pub(super) fn rate(self, highest: f64, step: usize, steps: usize) -> Option<f64> {
        match self {
            Schedule::Constant => None,
            _ => Some(highest * self.share(step as f64 / steps.max(1) as f64)),
        }
    }

    /// The learning rate by epoch, for `nb_epoch` epochs of `batches` steps, as shares of
    /// the highest.
    ///
    /// # Errors
    /// A number out of its range, named.
    pub fn plot(self, nb_epoch: impl Count, batches: impl Count) -> Result<Figure> {
        self.drawn(nb_epoch.at_least_one("nb_epoch")?, batches.at_least_one("batches")?)
    }

    fn drawn(self, nb_epoch: usize, batches: usize) -> Result<Figure> {
        self.check()?;
        let steps = nb_epoch.saturating_mul(batches);
        // A step's rate holds until the next one; of very many, those that can be seen.
        let every = (steps / MOST_POINTS).max(1);
        let point = |step: usize| (step as f64 / batches as f64, self.share(step as f64 / steps as f64));
        let points = (0..steps).step_by(every).chain([steps - 1]).map(point).collect();
        let title = format!("{self}: {steps} steps");
        line_plot(&title, ("epoch", "share of the highest learning rate"), vec![("rate", points)])
    }

    /// # Errors
    /// A number out of its range.
    pub(super) fn check(self) -> Result<()> {
        let part = |name, share: f64| match (0.0..=1.0).contains(&share) {
            true => Ok(()),
            false => Err(out_of_range(name, share, "from 0 to 1")),
        };
        let divisor = |name, number: f64| match number >= 1.0 && number.is_finite() {
            true => Ok(()),
            false => Err(out_of_range(name, number, "at least 1")),
        };
        match self {
            Schedule::Constant => Ok(()),
            Schedule::Cosine { lowest } => part("the schedule's lowest", lowest),
            Schedule::OneCycle { pct_start, div, div_final } => {
                part("the schedule's pct_start", pct_start)?;
                divisor("the schedule's div", div)?;
                divisor("the schedule's div_final", div_final)
            }
        }
    }

    /// Shows itself as a cell's value: the course of three epochs of 100 steps.
    pub fn evcxr_display(&self) {
        match self.plot(3, 100) {
            Ok(figure) => figure.evcxr_display(),
            Err(error) => println!("{self}\n{error}"),
        }
    }
}

/// Points of a drawn line at most.
const MOST_POINTS: usize = 150;

/// From `start` to `end` as `part` goes from 0 to 1: flat at both ends.
fn half_cosine(start: f64, end: f64, part: f64) -> f64 {
    start + (end - start) * (1.0 - (PI * part.clamp(0.0, 1.0)).cos()) / 2.0
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Schedule::Constant => "constant learning rate",
            Schedule::Cosine { .. } => "cosine schedule",
            Schedule::OneCycle { .. } => "one-cycle schedule",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} and {b}");
    }

    #[test]
    fn cosine_falls_from_the_highest_rate_to_the_lowest() {
        let schedule = Schedule::Cosine { lowest: 0.1 };
        [(0.0, 1.0), (0.5, 0.55), (1.0, 0.1)]
            .iter()
            .for_each(|&(done, share)| near(schedule.share(done), share));
        near(Schedule::cosine().share(1.0 / 3.0), 0.75);
    }

    #[test]
    fn one_cycle_rises_for_a_quarter_and_falls_for_the_rest() {
        let schedule = Schedule::one_cycle();
        let half_up = (1.0 / 25.0 + 1.0) / 2.0;
        let half_down = (1.0 + 1e-5) / 2.0;
        for (done, share) in [(0.0, 0.04), (0.125, half_up), (0.25, 1.0), (0.625, half_down), (1.0, 1e-5)] {
            near(schedule.share(done), share);
        }
        // All up, as the frozen part of fine_tune is but for its last hundredth; all down.
        let all = |pct_start| Schedule::OneCycle { pct_start, div: 25.0, div_final: 1e5 };
        near(all(1.0).share(0.999_999_999), 1.0);
        assert!(all(1.0).share(1.0).is_finite() && all(0.0).share(0.0) == 1.0);
    }

    #[test]
    fn a_rate_is_a_share_of_the_highest_and_constant_leaves_it_alone() {
        assert_eq!(Schedule::Constant.rate(0.01, 3, 10), None);
        near(Schedule::cosine().rate(0.01, 5, 10).unwrap(), 0.005);
    }

    #[test]
    fn its_picture_has_labelled_axes_and_stays_small() {
        for (epochs, batches) in [(1, 1), (3, 7), (100, 1000)] {
            let figure = Schedule::one_cycle().plot(epochs, batches).unwrap();
            for words in ["epoch", "share of the highest learning rate", "one-cycle"] {
                assert!(figure.svg().contains(words), "{words}");
            }
            assert!(figure.svg().len() < 20_000, "{} bytes", figure.svg().len());
        }
        assert!(Schedule::cosine().plot(0, 5).is_err());
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let cycle = |pct_start, div, div_final| Schedule::OneCycle { pct_start, div, div_final };
        for (schedule, name) in [
            (Schedule::Cosine { lowest: f64::NAN }, "lowest"),
            (cycle(1.5, 25.0, 1e5), "pct_start"),
            (cycle(0.2, 0.0, 1e5), "div"),
            (cycle(0.2, 25.0, f64::INFINITY), "div_final"),
        ] {
            let message = schedule.check().unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }
}
