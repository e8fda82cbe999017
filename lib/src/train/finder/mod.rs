//! The learning-rate finder (Smith, 2017): one short training whose learning rate
//! grows from step to step, and what its loss says.

mod run;
mod smooth;

use crate::show::{self, Figure};
use crate::{Error, Result};

/// How `lr_find_with` looks.
///
/// ```
/// let options = sevenlines::train::FinderOptions { end: 1.0, ..Default::default() };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FinderOptions {
    /// The learning rate of the first step; 0.0000001 by default.
    pub start: f64,
    /// That of the last; 10 by default. Between them it grows by the same factor from
    /// each step to the next.
    pub end: f64,
    /// The number of steps, a batch each, over several epochs if one has fewer; 100 by
    /// default. Fewer are made if the loss diverges: grows to 4 times its least.
    pub steps: usize,
    /// The loss; plain cross-entropy by default.
    pub loss: super::LossOptions,
}

impl Default for FinderOptions {
    fn default() -> Self {
        FinderOptions { start: 1e-7, end: 10.0, steps: 100, loss: super::LossOptions::default() }
    }
}

/// The loss by learning rate: what `lr_find` returns. Shown, it is a plot with the
/// suggestion marked.
#[derive(Clone, Debug, PartialEq)]
pub struct LrFinder {
    /// The learning rate of each step, growing.
    pub rates: Vec<f64>,
    /// The training loss of each step, before it, smoothed over those before.
    pub losses: Vec<f64>,
    /// Whether it stopped early, since the loss grew to 4 times its least.
    pub diverged: bool,
}

impl LrFinder {
    /// A learning rate to train with: [`LrFinder::valley`].
    ///
    /// # Errors
    /// The loss never fell: try another range.
    pub fn suggestion(&self) -> Result<f64> {
        self.valley().ok_or_else(|| {
            let what = "the loss did not fall at any learning rate that was tried; try others with \
                        lr_find_with(.., FinderOptions { start, end, .. })";
            Error::Invalid(what.to_owned())
        })
    }

    /// The rate in the middle of the longest fall of the loss, on the logarithmic axis:
    /// fastai's `valley`. `None` if it never fell.
    pub fn valley(&self) -> Option<f64> {
        self.place(smooth::middle_of_fall)
    }

    /// The rate at which the loss falls most for a growth of the rate by one factor:
    /// fastai's `steep`. `None` if it never fell.
    pub fn steepest(&self) -> Option<f64> {
        self.place(smooth::steepest_fall)
    }

    /// The rate at a place of the losses, without the first tenth of them, as in fastai:
    /// a mean of few losses is not smooth yet.
    fn place(&self, find: fn(&[f64]) -> Option<usize>) -> Option<f64> {
        let first = self.losses.len() / 10;
        find(&self.losses[first..]).map(|at| self.rates[first + at])
    }

    /// The loss by learning rate, with the suggestion marked.
    ///
    /// # Errors
    /// [`Error::Plot`] if there are fewer than two steps.
    pub fn plot(&self) -> Result<Figure> {
        let points: Vec<(f64, f64)> = self.rates.iter().copied().zip(self.losses.iter().copied()).collect();
        show::lr_plot(&points, &self.marks())
    }

    fn marks(&self) -> Vec<(String, f64)> {
        let named = |name: &str, rate: Option<f64>| Some((name.to_owned(), rate?));
        [named("valley", self.valley()), named("steepest", self.steepest())].into_iter().flatten().collect()
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        match self.plot() {
            Ok(figure) => figure.evcxr_display(),
            Err(error) => println!("{self}\n{error}"),
        }
    }
}

impl std::fmt::Display for LrFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Some(first), Some(last)) = (self.rates.first(), self.rates.last()) else {
            return f.write_str("no learning rate was tried");
        };
        write!(f, "{} learning rates from {first:.1e} to {last:.1e}", self.rates.len())?;
        for (name, rate) in self.marks() {
            write!(f, "; {name} {rate:.1e}")?;
        }
        f.write_str(if self.diverged { "; then the loss diverged" } else { "" })
    }
}
