//! A 3 x 3 convolution that can be trained: forwards, the gradients of its kernels,
//! biases and inputs, and an update.

use super::winograd::{self, Grid, PLANES};
use crate::matrix::{self, Threads, View};
use crate::train::adam::{Moments, Step};
use rayon::prelude::*;

/// Tiles that are transformed at a time: enough rows for the products, and planes of
/// some megabytes however many pictures there are.
const TILES: usize = 512;

/// A convolution with bias and ReLU, 3 x 3, stride 1, padding 1, with its gradients.
///
/// Activations lie channels last. [`conv`](crate::conv) is faster where nothing is to
/// be trained.
///
/// ```
/// use sevenlines::train::deep::{Conv, Scratch};
///
/// // One channel to one, a kernel of ones, a picture of 2 x 2 points.
/// let mut conv = Conv::new(&[1.0; 9], &[0.0], 1, 1);
/// let mut scratch = Scratch::default();
/// let x = [1.0, 2.0, 3.0, 4.0];
/// let y = conv.forward(&mut scratch, &x, 2, 2);
/// assert!(y.iter().all(|y| (y - 10.0).abs() < 1e-4));
///
/// // The gradient of the sum of the outputs: each input is seen by all four.
/// let dx = conv.backward(&mut scratch, &x, &y, vec![1.0; 4], 2, 2, true);
/// assert!(dx.unwrap().iter().all(|dx| (dx - 4.0).abs() < 1e-4));
/// ```
#[derive(Clone)]
pub struct Conv {
    inputs: usize,
    outputs: usize,
    /// `(3, 3, inputs, outputs)`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// The transformed weights, of `weights` as they are.
    planes: Vec<f32>,
    gradient: Gradient,
    /// Of the weights and the biases; none before the first step.
    moments: Option<[Moments; 2]>,
}

#[derive(Clone)]
struct Gradient {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Memory that trained convolutions work in; give the same one to all of them.
#[derive(Clone, Default)]
pub struct Scratch {
    inputs: Vec<f32>,
    products: Vec<f32>,
    kernels: Vec<f32>,
}

/// The first `count` numbers, whatever they hold.
fn first(buffer: &mut Vec<f32>, count: usize) -> &mut [f32] {
    if buffer.len() < count {
        *buffer = vec![0.0; count];
    }
    &mut buffer[..count]
}

impl Scratch {
    /// Numbers of each of its parts for a convolution of these channels, on pictures of
    /// `side` x `side` points.
    pub(super) fn numbers((inputs, outputs): (usize, usize), side: usize) -> [usize; 3] {
        let tiles = Grid { height: side, width: side, channels: 1 }.tiles();
        let tiles = (TILES / tiles).max(1) * tiles;
        [tiles * inputs, tiles * outputs, inputs * outputs].map(|numbers| PLANES * numbers)
    }
}

impl Conv {
    /// From weights `(outputs, inputs, 3, 3)` and biases `(outputs,)`.
    ///
    /// # Panics
    /// If a slice has another length.
    pub fn new(weights: &[f32], bias: &[f32], inputs: usize, outputs: usize) -> Conv {
        assert_eq!(weights.len(), outputs * inputs * 9, "weights (outputs, inputs, 3, 3)");
        assert_eq!(bias.len(), outputs, "biases (outputs,)");
        let gradient = Gradient { weights: vec![0.0; weights.len()], bias: vec![0.0; outputs] };
        let planes = vec![0.0; PLANES * inputs * outputs];
        let weights = taps_first(weights, inputs, outputs);
        let mut conv =
            Conv { inputs, outputs, weights, bias: bias.to_vec(), planes, gradient, moments: None };
        conv.transform();
        conv
    }

    /// Input and output channels.
    pub fn channels(&self) -> (usize, usize) {
        (self.inputs, self.outputs)
    }

    /// The weights `(outputs, inputs, 3, 3)`.
    pub fn weights(&self) -> Vec<f32> {
        taps_last(&self.weights, self.inputs, self.outputs)
    }

    /// The biases `(outputs,)`.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// The gradients summed since the last update: of the weights `(outputs, inputs,
    /// 3, 3)` and of the biases.
    pub fn gradients(&self) -> (Vec<f32>, &[f32]) {
        (taps_last(&self.gradient.weights, self.inputs, self.outputs), &self.gradient.bias)
    }

    /// Numbers that one of these channels holds while it trains.
    pub(super) fn numbers((inputs, outputs): (usize, usize)) -> usize {
        // Weights, gradients, two moments; and the transformed weights.
        (4 * 9 + PLANES) * inputs * outputs
    }

    fn transform(&mut self) {
        winograd::kernel(&self.weights, self.inputs, &mut self.planes);
    }

    fn grids(&self, height: usize, width: usize) -> (Grid, Grid) {
        let grid = |channels| Grid { height, width, channels };
        (grid(self.inputs), grid(self.outputs))
    }

    /// Pictures `(n, height, width, inputs)` convolved, with bias and ReLU, as `(n,
    /// height, width, outputs)`.
    pub fn forward(&self, scratch: &mut Scratch, x: &[f32], height: usize, width: usize) -> Vec<f32> {
        let (from, to) = self.grids(height, width);
        let mut y = vec![0.0; x.len() / self.inputs * self.outputs];
        let group = (TILES / from.tiles()).max(1);
        for (x, y) in x.chunks(group * from.len()).zip(y.chunks_mut(group * to.len())) {
            let tiles = x.len() / from.len() * from.tiles();
            let inputs = first(&mut scratch.inputs, PLANES * tiles * self.inputs);
            winograd::input(from, x, inputs);
            let products = first(&mut scratch.products, PLANES * tiles * self.outputs);
            let planes = inputs.par_chunks_exact(tiles * self.inputs);
            let kernels = self.planes.par_chunks_exact(self.inputs * self.outputs);
            products.par_chunks_exact_mut(tiles * self.outputs).zip(planes).zip(kernels).for_each(
                |((products, plane), kernels)| {
                    let plane = View::new(plane, tiles, self.inputs);
                    let kernels = View::new(kernels, self.inputs, self.outputs);
                    matrix::multiply(products, plane, kernels, Threads::One);
                },
            );
            winograd::output(to, products, &self.bias, y);
        }
        y
    }

    /// From the inputs and outputs of [`Conv::forward`] and the gradient `dy` by the
    /// outputs: adds to the gradients of the weights and biases, and gives the gradient
    /// by the inputs if it is `wanted`.
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &mut self,
        scratch: &mut Scratch,
        x: &[f32],
        y: &[f32],
        mut dy: Vec<f32>,
        height: usize,
        width: usize,
        wanted: bool,
    ) -> Option<Vec<f32>> {
        dy.par_iter_mut().zip(y).filter(|(_, y)| **y <= 0.0).for_each(|(dy, _)| *dy = 0.0);
        self.sum_bias(&dy);
        let (from, to) = self.grids(height, width);
        let group = (TILES / from.tiles()).max(1);
        let mut dx = if wanted { vec![0.0; x.len()] } else { Vec::new() };
        for (index, (x, dy)) in x.chunks(group * from.len()).zip(dy.chunks(group * to.len())).enumerate() {
            let tiles = x.len() / from.len() * from.tiles();
            let gradient = first(&mut scratch.products, PLANES * tiles * self.outputs);
            winograd::output_back(to, dy, gradient);
            let inputs = first(&mut scratch.inputs, PLANES * tiles * self.inputs);
            winograd::input(from, x, inputs);
            let kernels = first(&mut scratch.kernels, self.planes.len());
            self.kernel_gradient(inputs, gradient, kernels);
            winograd::kernel_back(kernels, self.inputs, &mut self.gradient.weights);
            if wanted {
                self.input_gradient(gradient, inputs);
                let start = index * group * from.len();
                winograd::input_back(from, inputs, &mut dx[start..start + x.len()]);
            }
        }
        wanted.then_some(dx)
    }

    /// Of each plane, inputsᵀ x gradient.
    fn kernel_gradient(&self, inputs: &[f32], gradient: &[f32], kernels: &mut [f32]) {
        let tiles = inputs.len() / PLANES / self.inputs;
        let planes = inputs.par_chunks_exact(tiles * self.inputs);
        let gradient = gradient.par_chunks_exact(tiles * self.outputs);
        kernels.par_chunks_exact_mut(self.inputs * self.outputs).zip(planes).zip(gradient).for_each(
            |((kernels, plane), gradient)| {
                let plane = View::new(plane, tiles, self.inputs);
                let gradient = View::new(gradient, tiles, self.outputs);
                matrix::multiply(kernels, plane.t(), gradient, Threads::One);
            },
        );
    }

    /// Of each plane, gradient x kernelsᵀ, in place of the inputs.
    fn input_gradient(&self, gradient: &[f32], inputs: &mut [f32]) {
        let tiles = inputs.len() / PLANES / self.inputs;
        let gradient = gradient.par_chunks_exact(tiles * self.outputs);
        let kernels = self.planes.par_chunks_exact(self.inputs * self.outputs);
        inputs.par_chunks_exact_mut(tiles * self.inputs).zip(gradient).zip(kernels).for_each(
            |((inputs, gradient), kernels)| {
                let gradient = View::new(gradient, tiles, self.outputs);
                let kernels = View::new(kernels, self.inputs, self.outputs);
                matrix::multiply(inputs, gradient, kernels.t(), Threads::One);
            },
        );
    }

    fn sum_bias(&mut self, dy: &[f32]) {
        for point in dy.chunks_exact(self.outputs) {
            self.gradient.bias.iter_mut().zip(point).for_each(|(sum, dy)| *sum += dy);
        }
    }

    /// One step of Adam against the summed gradients, which it forgets. `number` counts
    /// the steps from 1.
    pub fn update(&mut self, learning_rate: f64, number: i32) {
        let counts = [self.weights.len(), self.bias.len()];
        let [weights, bias] = self.moments.get_or_insert_with(|| counts.map(Moments::new));
        let step = Step::new(learning_rate, number);
        step.update(&mut self.weights, &self.gradient.weights, weights.all());
        step.update(&mut self.bias, &self.gradient.bias, bias.all());
        self.forget();
        self.transform();
    }

    /// Forgets the gradients summed so far.
    pub(super) fn forget(&mut self) {
        self.gradient.weights.fill(0.0);
        self.gradient.bias.fill(0.0);
    }

    /// Adam's moments of the weights and the biases, if there was a step.
    pub(super) fn moments(&self) -> Option<&[Moments; 2]> {
        self.moments.as_ref()
    }

    /// Takes saved moments.
    pub(super) fn set_moments(&mut self, moments: Option<[Moments; 2]>) {
        self.moments = moments;
    }

    /// Forgets Adam's moments.
    pub(super) fn rest(&mut self) {
        self.moments = None;
    }
}

/// `(outputs, inputs, 9)` as `(9, inputs, outputs)`.
fn taps_first(weights: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut taps = vec![0.0; weights.len()];
    taps.par_chunks_exact_mut(outputs).enumerate().for_each(|(at, taps)| {
        let (tap, input) = (at / inputs, at % inputs);
        for (output, value) in taps.iter_mut().enumerate() {
            *value = weights[(output * inputs + input) * 9 + tap];
        }
    });
    taps
}

/// `(9, inputs, outputs)` as `(outputs, inputs, 9)`.
fn taps_last(taps: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut weights = vec![0.0; taps.len()];
    weights.par_chunks_exact_mut(inputs * 9).enumerate().for_each(|(output, weights)| {
        for (at, value) in weights.iter_mut().enumerate() {
            *value = taps[(at % 9 * inputs + at / 9) * outputs + output];
        }
    });
    weights
}

impl std::fmt::Display for Conv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "trained 3x3 convolution, {} to {} channels", self.inputs, self.outputs)
    }
}

impl std::fmt::Debug for Conv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
