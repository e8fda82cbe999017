//! The head's training step and its optimiser, each alone, on made-up features.

use crate::train::{Adam, Features, Head, LossOptions, Targets, Work};
use crate::{Count, Result, rng};
use rand::Rng;

/// One training step of a Dense(`outputs`) on pooled pool5, to be repeated.
///
/// ```
/// let mut step = sevenlines::bench::HeadStep::new(64, 2)?;
/// let first = step.run();
/// for _ in 0..20 {
///     step.run();
/// }
/// assert!(step.run() < first);
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub struct HeadStep {
    head: Head,
    inputs: Vec<f32>,
    labels: Vec<u32>,
    work: Work,
}

impl HeadStep {
    /// A fresh head, and `batch` rows of made-up features.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange): no rows, or fewer than 2 outputs.
    pub fn new(batch: impl Count, outputs: usize) -> Result<HeadStep> {
        let batch = batch.at_least_one("batch")?;
        let head = Head::new(Features::PooledPool5, outputs, 0, 0)?;
        let inputs = made_up(batch * Features::PooledPool5.width());
        let labels = (0..batch).map(|row| (row % outputs) as u32).collect();
        Ok(HeadStep { head, inputs, labels, work: Work::default() })
    }

    /// Forward, loss, gradients, Adam. The loss before it.
    pub fn run(&mut self) -> f32 {
        let targets = Targets { labels: &self.labels, mixed: None, options: &LossOptions::default() };
        self.head.step(&mut self.inputs, targets, 0, &mut self.work).loss
    }
}

/// One step of Adam on so many numbers, to be repeated.
///
/// ```
/// sevenlines::bench::AdamStep::new(1024)?.run();
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub struct AdamStep {
    adam: Adam,
    parameter: Vec<f32>,
    gradient: Vec<f32>,
}

impl AdamStep {
    /// Made-up parameters and gradients.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange): no numbers.
    pub fn new(numbers: impl Count) -> Result<AdamStep> {
        let numbers = numbers.at_least_one("numbers")?;
        let parameter = made_up(numbers);
        let adam = Adam::new(&[numbers], 1e-3);
        Ok(AdamStep { adam, gradient: parameter.clone(), parameter })
    }

    /// One step.
    pub fn run(&mut self) {
        self.adam.step(&mut [&mut self.parameter], &[&self.gradient]);
    }
}

fn made_up(count: usize) -> Vec<f32> {
    let mut rng = rng::stream(0, rng::Purpose::Initialise, 0);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}
