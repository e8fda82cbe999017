//! What may lie between a head's features and its last layer: batch normalisation,
//! dropout and hidden dense layers, forwards and backwards by hand.
//!
//! In front of each dense layer, the last one too, there is a [`BatchNorm`] if there
//! are any, then dropout where a ReLU came before; behind each hidden one a ReLU.

use super::batch_norm::{self, BatchNorm};
use super::dense::Dense;
use super::dropout;

/// The layers, from the features up. Without any, features go to the last layer as
/// they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hidden {
    /// Dense layers, each with a ReLU behind it.
    pub layers: Vec<Dense>,
    /// One in front of each of them and one in front of the head's last layer; or none.
    pub norms: Vec<BatchNorm>,
    /// The probability of dropout behind each ReLU.
    pub dropout: f64,
    /// Whether the features come out of a ReLU with dropout behind it (fc7's).
    pub drops_features: bool,
}

/// One training step's dropout is told from another's by the model's seed and the step.
#[derive(Clone, Copy)]
pub(crate) struct Draw {
    pub seed: u64,
    pub step: u64,
}

/// What the way back needs of the way forwards; kept, so that the next step need not
/// ask for memory.
#[derive(Default)]
pub(crate) struct Trace {
    layers: Vec<Layer>,
}

/// What lies in front of one dense layer, and that layer's input.
#[derive(Default)]
struct Layer {
    norm: batch_norm::Trace,
    /// Dropout's factors; none without dropout.
    dropped: Vec<f32>,
    /// What the dense layer saw.
    input: Vec<f32>,
    /// What its ReLU gave.
    output: Vec<f32>,
}

/// The gradients, in the order of [`Hidden::parameters_mut`].
pub(crate) type Gradients = Vec<Vec<f32>>;

impl Hidden {
    /// Nothing but dropout, of this probability.
    pub(crate) fn none(dropout: f64, drops_features: bool) -> Hidden {
        Hidden { layers: Vec::new(), norms: Vec::new(), dropout, drops_features }
    }

    /// Whether nothing of it is trained.
    pub(crate) fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.norms.is_empty()
    }

    /// All that is trained: scale and shift of each [`BatchNorm`], then weight and bias
    /// of each layer.
    pub(crate) fn parameters_mut(&mut self) -> Vec<&mut [f32]> {
        let norms = self.norms.iter_mut().flat_map(|norm| [&mut *norm.scale, &mut *norm.shift]);
        let layers = self.layers.iter_mut().flat_map(|layer| [&mut *layer.weight, &mut *layer.bias]);
        norms.chain(layers).collect()
    }

    /// How many numbers each parameter has.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let norms = self.norms.iter().flat_map(|norm| [norm.scale.len(), norm.shift.len()]);
        norms.chain(self.layers.iter().flat_map(|layer| [layer.weight.len(), layer.bias.len()])).collect()
    }

    /// Numbers that a step keeps of each picture between the features, `width` of them, and
    /// the last layer, and the gradient on its way back.
    pub(crate) fn numbers_a_picture(&self, width: usize) -> usize {
        if self.is_empty() {
            return 0;
        }
        let (mut seen, mut numbers, mut widest) = (width, 0, width);
        for at in 0..=self.layers.len() {
            let drops = self.dropout > 0.0 && (at > 0 || self.drops_features);
            numbers += seen * (usize::from(at < self.norms.len()) + usize::from(drops));
            let Some(layer) = self.layers.get(at) else { break };
            numbers += seen + layer.outputs();
            seen = layer.outputs();
            widest = widest.max(seen);
        }
        numbers + 2 * widest
    }

    /// Rows of features become what the last layer sees.
    pub(crate) fn apply(&self, rows: &mut Vec<f32>) {
        self.apply_and_tell(rows, &mut |_| ());
    }

    /// [`Hidden::apply`]; `heard` gets what each ReLU gave.
    fn apply_and_tell(&self, rows: &mut Vec<f32>, heard: &mut dyn FnMut(&[f32])) {
        for at in 0..=self.layers.len() {
            if let Some(norm) = self.norms.get(at) {
                norm.apply(rows);
            }
            if let Some(layer) = self.layers.get(at) {
                let mut output = Vec::new();
                layer.apply(rows, &mut output);
                relu(&mut output);
                heard(&output);
                *rows = output;
            }
        }
    }

    /// The gradient by one row of features, from that by what [`Hidden::apply`] makes of
    /// it.
    pub(crate) fn apply_back(&self, features: &[f32], mut gradient: Vec<f32>) -> Vec<f32> {
        let (mut row, mut outputs) = (features.to_vec(), Vec::new());
        self.apply_and_tell(&mut row, &mut |output| outputs.push(output.to_vec()));
        for at in (0..=self.layers.len()).rev() {
            if let Some(norm) = self.norms.get(at) {
                norm.apply_back(&mut gradient);
            }
            let Some(below) = at.checked_sub(1) else { break };
            gradient.iter_mut().zip(&outputs[below]).for_each(|(g, y)| *g = if *y > 0.0 { *g } else { 0.0 });
            gradient = self.layers[below].input_gradient(&gradient);
        }
        gradient
    }

    /// [`Hidden::apply`] while training.
    pub(crate) fn train(&mut self, rows: &mut Vec<f32>, draw: Draw, trace: &mut Trace) {
        trace.layers.resize_with(self.layers.len() + 1, Layer::default);
        for (at, trace) in trace.layers.iter_mut().enumerate() {
            if let Some(norm) = self.norms.get_mut(at) {
                norm.train(rows, &mut trace.norm);
            }
            self.drop(at, rows, draw, trace);
            let Some(layer) = self.layers.get(at) else { continue };
            layer.apply(rows, &mut trace.output);
            relu(&mut trace.output);
            trace.input.clone_from(rows);
            rows.clone_from(&trace.output);
        }
    }

    /// Dropout in front of layer `at`.
    fn drop(&self, at: usize, rows: &mut [f32], draw: Draw, trace: &mut Layer) {
        trace.dropped.clear();
        if (at == 0 && !self.drops_features) || self.dropout == 0.0 {
            return;
        }
        // Two of each step are fc6's and fc7's; the others have numbers of their own.
        let step = match at {
            0 => 2 * draw.step + 1,
            _ => ((at as u64 + 1) << 40) ^ draw.step,
        };
        if self.is_empty() {
            return dropout::apply(rows, self.dropout, draw.seed, step);
        }
        trace.dropped = dropout::factors(self.dropout, draw.seed, step, rows.len());
        rows.iter_mut().zip(&trace.dropped).for_each(|(x, factor)| *x *= factor);
    }

    /// All gradients, from `gradient` by what [`Hidden::train`] gave.
    pub(crate) fn back(&self, mut gradient: Vec<f32>, trace: &Trace) -> Gradients {
        let mut norms = vec![Vec::new(); 2 * self.norms.len()];
        let mut layers = vec![Vec::new(); 2 * self.layers.len()];
        for at in (0..=self.layers.len()).rev() {
            let seen = &trace.layers[at];
            if !seen.dropped.is_empty() {
                gradient.iter_mut().zip(&seen.dropped).for_each(|(g, factor)| *g *= factor);
            }
            if let Some(norm) = self.norms.get(at) {
                let [scale, shift] = norm.back(&mut gradient, &seen.norm);
                (norms[2 * at], norms[2 * at + 1]) = (scale, shift);
            }
            let Some(below) = at.checked_sub(1) else { break };
            let (layer, seen) = (&self.layers[below], &trace.layers[below]);
            gradient.iter_mut().zip(&seen.output).for_each(|(g, y)| *g = if *y > 0.0 { *g } else { 0.0 });
            let mut by_layer = Dense::default();
            layer.gradient(&seen.input, &gradient, &mut by_layer);
            (layers[2 * below], layers[2 * below + 1]) = (by_layer.weight, by_layer.bias);
            // Below the first layer there is nothing to train but what is in front of it.
            if below == 0 && self.norms.is_empty() {
                break;
            }
            gradient = layer.input_gradient(&gradient);
        }
        norms.append(&mut layers);
        norms
    }
}

fn relu(rows: &mut [f32]) {
    rows.iter_mut().for_each(|x| *x = x.max(0.0));
}
