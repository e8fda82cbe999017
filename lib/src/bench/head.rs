//! The head's training step and its optimiser, each alone, on made-up features.

use crate::train::{Adam, Features, Head};
use crate::{Count, Result, rng};
use candle_core::{Device, Tensor};
use rand::Rng;

/// One training step of a Dense(`outputs`) on pooled pool5, to be repeated.
///
/// ```
/// let mut step = sevenlines::bench::HeadStep::new(64, 2)?;
/// let first = step.run()?;
/// for _ in 0..20 {
///     step.run()?;
/// }
/// assert!(step.run()? < first);
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub struct HeadStep {
    head: Head,
    inputs: Tensor,
    labels: Vec<u32>,
}

impl HeadStep {
    /// A fresh head, and `batch` rows of made-up features.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange): no rows, or fewer than 2 outputs.
    pub fn new(batch: impl Count, outputs: usize) -> Result<HeadStep> {
        let batch = batch.at_least_one("batch")?;
        let head = Head::new(Features::PooledPool5, outputs, 0, 0)?;
        let width = Features::PooledPool5.width();
        let inputs = Tensor::from_vec(made_up(batch * width), (batch, width), &Device::Cpu)?;
        let labels = (0..batch).map(|row| (row % outputs) as u32).collect();
        Ok(HeadStep { head, inputs, labels })
    }

    /// Forward, loss, gradients, Adam. The loss before it.
    ///
    /// # Errors
    /// [`Error::Candle`](crate::Error::Candle).
    pub fn run(&mut self) -> Result<f32> {
        Ok(self.head.step(&self.inputs, &self.labels)?.loss)
    }
}

/// One step of Adam on so many numbers, to be repeated.
///
/// ```
/// sevenlines::bench::AdamStep::new(1024)?.run()?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub struct AdamStep {
    adam: Adam,
    parameter: Tensor,
    gradient: Tensor,
}

impl AdamStep {
    /// Made-up parameters and gradients.
    ///
    /// # Errors
    /// [`Error::OutOfRange`](crate::Error::OutOfRange): no numbers.
    pub fn new(numbers: impl Count) -> Result<AdamStep> {
        let numbers = numbers.at_least_one("numbers")?;
        let parameter = Tensor::from_vec(made_up(numbers), numbers, &Device::Cpu)?;
        let adam = Adam::new(&[&parameter], 1e-3)?;
        Ok(AdamStep { adam, gradient: parameter.clone(), parameter })
    }

    /// One step.
    ///
    /// # Errors
    /// [`Error::Candle`](crate::Error::Candle).
    pub fn run(&mut self) -> Result<()> {
        self.adam.step(&mut [&mut self.parameter], std::slice::from_ref(&self.gradient))
    }
}

fn made_up(count: usize) -> Vec<f32> {
    let mut rng = rng::stream(0, rng::Purpose::Initialise, 0);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}
