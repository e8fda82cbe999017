//! A linear model on any table of numbers: what a head is, without a network below.

use super::adam::Adam;
use super::dense::Dense;
use super::fit::Evaluation;
use super::loss;
use super::scaling::Scaling;
use crate::learner::Probs;
use crate::rng::{self, Purpose};
use crate::show;
use crate::{Count, Error, Result, interrupt};
use candle_core::{DType, Device, Tensor};
use rand::Rng;
use rand::seq::SliceRandom;

/// A dense layer with a softmax, trained on rows of numbers of one's own: features from
/// [`Learner::precompute`](crate::Learner::precompute), ImageNet's thousand
/// probabilities, a table. Its inputs are centred and scaled by the first training set.
///
/// ```
/// use sevenlines::candle_core::{Device, Tensor};
/// use sevenlines::train::LinearModel;
/// let x = Tensor::new(&[[1f32, 0.0], [0.9, 0.2], [0.1, 0.8], [0.0, 1.0]], &Device::Cpu)?;
/// let labels = [0, 0, 1, 1];
/// let mut lm = LinearModel::new(2, &["left", "right"])?;
/// lm.fit(&x, &labels, 30)?;
/// assert_eq!(lm.evaluate(&x, &labels)?.acc, 1.0);
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone)]
pub struct LinearModel {
    classes: Vec<String>,
    dense: Dense,
    scaling: Option<Scaling>,
    adam: Adam,
    batch_size: usize,
    epochs: u64,
}

const LEARNING_RATE: f64 = 0.01;
const BATCH_SIZE: usize = 64;

impl LinearModel {
    /// For rows of `inputs` numbers and these classes. It trains by Adam with a learning
    /// rate of 0.01 and batches of 64.
    ///
    /// # Errors
    /// No inputs; fewer than two classes.
    pub fn new<S: AsRef<str>>(inputs: impl Count, classes: &[S]) -> Result<LinearModel> {
        let classes = classes.iter().map(|class| class.as_ref().to_owned()).collect();
        LinearModel::fresh(inputs.at_least_one("inputs")?, classes)
    }

    fn fresh(inputs: usize, classes: Vec<String>) -> Result<LinearModel> {
        let outputs = classes.len();
        if outputs < 2 {
            let got = outputs.to_string();
            return Err(Error::OutOfRange { name: "the number of classes", got, expected: "at least 2" });
        }
        let limit = (inputs as f32).sqrt().recip();
        let mut rng = rng::stream(rng::default_seed(), Purpose::Initialise, 0);
        let weight = (0..outputs * inputs).map(|_| rng.random_range(-limit..limit)).collect();
        let dense = Dense { weight, bias: vec![0.0; outputs] };
        let adam = Adam::new(&[outputs * inputs, outputs], LEARNING_RATE);
        Ok(LinearModel { classes, dense, scaling: None, adam, batch_size: BATCH_SIZE, epochs: 0 })
    }

    /// Sets the learning rate of the next steps.
    ///
    /// # Errors
    /// A rate that is not above 0.
    pub fn set_lr(&mut self, learning_rate: f64) -> Result<()> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            let got = learning_rate.to_string();
            return Err(Error::OutOfRange { name: "the learning rate", got, expected: "above 0" });
        }
        self.adam.learning_rate = learning_rate;
        Ok(())
    }

    /// Trains on rows `x` `(N, inputs)` and their classes for `nb_epoch` epochs, and
    /// says how it goes; loss and accuracy while the last one ran. A second `fit` goes on
    /// where this one ended.
    ///
    /// # Errors
    /// Another shape; labels that are not one class for each row; [`Error::Interrupted`],
    /// which leaves the model as far as it came.
    pub fn fit(&mut self, x: &Tensor, labels: &[u32], nb_epoch: impl Count) -> Result<Evaluation> {
        self.train(&self.rows(x, Some(labels))?, labels, nb_epoch.at_least_one("nb_epoch")?)
    }

    fn train(&mut self, rows: &[f32], labels: &[u32], nb_epoch: usize) -> Result<Evaluation> {
        if self.scaling.is_none() {
            let each: Vec<&[f32]> = rows.chunks_exact(self.dense.inputs()).collect();
            self.scaling = Some(Scaling::measure(&each));
        }
        let mut ran = Evaluation { loss: f32::NAN, acc: f32::NAN };
        for epoch in 1..=nb_epoch {
            ran = self.epoch(rows, labels)?;
            println!("Epoch {epoch}/{nb_epoch} - {ran}");
        }
        Ok(ran)
    }

    fn epoch(&mut self, rows: &[f32], labels: &[u32]) -> Result<Evaluation> {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(&mut rng::stream(rng::default_seed(), Purpose::Shuffle, self.epochs));
        let width = self.dense.inputs();
        let (mut logits, mut gradient) = (Vec::new(), Dense::default());
        let (mut sum, mut correct) = (0f64, 0);
        for chunk in order.chunks(self.batch_size) {
            interrupt::check_interrupt()?;
            let mut inputs: Vec<f32> =
                chunk.iter().flat_map(|&row| &rows[row * width..][..width]).copied().collect();
            let labels: Vec<u32> = chunk.iter().map(|&row| labels[row]).collect();
            self.forward(&mut inputs, &mut logits);
            let batch = loss::cross_entropy(&mut logits, &labels);
            self.dense.gradient(&inputs, &logits, &mut gradient);
            let Dense { weight, bias } = &mut self.dense;
            self.adam.step(&mut [weight, bias], &[&gradient.weight, &gradient.bias]);
            sum += f64::from(batch.loss) * chunk.len() as f64;
            correct += batch.correct;
        }
        self.epochs += 1;
        Ok(mean(sum, correct, labels.len()))
    }

    /// Loss and accuracy on rows `x` `(N, inputs)` and their classes.
    ///
    /// # Errors
    /// As [`LinearModel::fit`].
    pub fn evaluate(&self, x: &Tensor, labels: &[u32]) -> Result<Evaluation> {
        let (mut rows, mut logits) = (self.rows(x, Some(labels))?, Vec::new());
        self.forward(&mut rows, &mut logits);
        let all = loss::cross_entropy(&mut logits, labels);
        Ok(mean(f64::from(all.loss) * labels.len() as f64, all.correct, labels.len()))
    }

    /// Probabilities of every class for each of rows `x` `(N, inputs)`.
    ///
    /// # Errors
    /// Another shape.
    pub fn predict(&self, x: &Tensor) -> Result<Probs> {
        let (mut rows, mut logits) = (self.rows(x, None)?, Vec::new());
        self.forward(&mut rows, &mut logits);
        let logits = Tensor::from_vec(logits, (x.dim(0)?, self.classes.len()), &Device::Cpu)?;
        Ok(Probs { classes: self.classes.clone(), rows: loss::softmax(&logits)?.to_vec2()? })
    }

    /// The weights `(classes, inputs)` and biases `(classes,)`, of the scaled inputs.
    ///
    /// # Errors
    /// None in practice; what candle says.
    pub fn weights(&self) -> Result<(Tensor, Tensor)> {
        self.dense.tensors()
    }

    fn forward(&self, rows: &mut [f32], logits: &mut Vec<f32>) {
        self.scaling.iter().for_each(|scaling| scaling.apply(rows));
        self.dense.apply(rows, logits);
    }

    /// The numbers of `x`, once they are seen to fit.
    fn rows(&self, x: &Tensor, labels: Option<&[u32]>) -> Result<Vec<f32>> {
        let (inputs, classes) = (self.dense.inputs(), self.classes.len());
        match x.dims() {
            [1..=usize::MAX, width] if *width == inputs => (),
            got => {
                return Err(Error::Invalid(format!(
                    "the rows have the shape {got:?}, but this model takes (N, {inputs}) with N at least 1"
                )));
            }
        }
        if let Some(labels) = labels {
            let rows = x.dim(0)?;
            if labels.len() != rows {
                return Err(Error::Invalid(format!(
                    "there are {} labels for {rows} rows; give one for each",
                    labels.len()
                )));
            }
            if let Some(label) = labels.iter().find(|label| **label as usize >= classes) {
                let (got, expected) = (label.to_string(), "below the number of classes");
                return Err(Error::OutOfRange { name: "a label", got, expected });
            }
        }
        Ok(x.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?)
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        show::words(&self.to_string());
    }
}

fn mean(loss: f64, correct: usize, count: usize) -> Evaluation {
    Evaluation { loss: (loss / count as f64) as f32, acc: correct as f32 / count as f32 }
}

impl std::fmt::Display for LinearModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (inputs, outputs) = (self.dense.inputs(), self.dense.outputs());
        let parameters = (inputs + 1) * outputs;
        write!(f, "a linear model of {inputs} numbers for {outputs} classes: {parameters} parameters")
    }
}

impl std::fmt::Debug for LinearModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;
    use crate::train::argmax;

    /// Three classes, told apart by which of six numbers is larger by two.
    fn rows() -> (Tensor, Vec<u32>) {
        let labels: Vec<u32> = (0..90).map(|i| i % 3).collect();
        let mut values = uniform(4, 90 * 6, 1.0);
        labels.iter().enumerate().for_each(|(row, label)| values[row * 6 + *label as usize] += 2.0);
        (Tensor::from_vec(values, (90, 6), &Device::Cpu).unwrap(), labels)
    }

    #[test]
    fn it_learns_and_says_the_same_in_every_way() {
        let (x, labels) = rows();
        let mut model = LinearModel::new(6, &["a", "b", "c"]).unwrap();
        let before = model.evaluate(&x, &labels).unwrap();
        model.set_lr(0.1).unwrap();
        model.fit(&x, &labels, 20).unwrap();
        let after = model.evaluate(&x, &labels).unwrap();
        println!("before {before}, after {after}");
        assert!(after.loss < before.loss / 2.0 && after.acc > 0.8, "{before} {after}");
        let probs = model.predict(&x).unwrap();
        let right = (0..90).filter(|&i| argmax(&probs.rows[i]) == labels[i] as usize).count();
        assert_eq!(right as f32 / 90.0, after.acc);
        let loss = (0..90).map(|i| -probs.rows[i][labels[i] as usize].ln()).sum::<f32>() / 90.0;
        assert!((loss - after.loss).abs() < 1e-5);
        let mut again = LinearModel::new(6, &["a", "b", "c"]).unwrap();
        again.set_lr(0.1).unwrap();
        again.fit(&x, &labels, 20).unwrap();
        assert_eq!(again.evaluate(&x, &labels).unwrap(), after);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (x, labels) = rows();
        assert!(LinearModel::new(6, &["a"]).unwrap_err().to_string().contains("at least 2"));
        let mut model = LinearModel::new(6, &["a", "b"]).unwrap();
        let refused = |result: Result<Evaluation>, words: &str| {
            let message = result.unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        };
        refused(model.fit(&x, &labels, 1), "a label is 2");
        refused(model.fit(&x, &labels[..3], 1), "3 labels for 90 rows");
        refused(model.fit(&x.t().unwrap(), &labels[..6], 1), "(N, 6)");
        refused(model.evaluate(&x, &labels), "a label is 2");
        assert!(model.set_lr(0.0).is_err() && model.predict(&x).is_ok());
    }
}
