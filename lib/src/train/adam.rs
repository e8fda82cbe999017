//! Adam (Kingma and Ba, 2014), plain as Keras has it: no weight decay, epsilon
//! 1e-8. (candle's AdamW decays by default.) [`Adam`] keeps the state of a few small
//! parameters; for those of many millions [`Step`] works on all threads.

use rayon::prelude::*;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Numbers that one thread updates at a time.
const PIECE: usize = 1 << 14;

/// What one step of all parameters has in common.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    rate: f32,
    epsilon: f32,
}

impl Step {
    /// Step `number`, from 1.
    pub(crate) fn new(learning_rate: f64, number: i32) -> Step {
        // Both moments' corrections in one factor; epsilon scaled so that it is still
        // added to the corrected root.
        let root = (1.0 - BETA2.powi(number)).sqrt();
        let rate = learning_rate * root / (1.0 - BETA1.powi(number));
        Step { rate: rate as f32, epsilon: (EPSILON * root) as f32 }
    }

    /// Moves `values` against their gradient.
    pub(crate) fn update(self, values: &mut [f32], gradient: &[f32], moments: MomentsMut) {
        values
            .par_chunks_mut(PIECE)
            .zip(gradient.par_chunks(PIECE))
            .zip(moments.first.par_chunks_mut(PIECE))
            .zip(moments.second.par_chunks_mut(PIECE))
            .for_each(|(((values, gradient), first), second)| {
                self.piece(values, gradient, MomentsMut { first, second });
            });
    }

    /// [`Step::update`] by this thread alone.
    pub(crate) fn piece(self, values: &mut [f32], gradient: &[f32], moments: MomentsMut) {
        let (beta1, beta2) = (BETA1 as f32, BETA2 as f32);
        let (rest1, rest2) = ((1.0 - BETA1) as f32, (1.0 - BETA2) as f32);
        let moments = moments.first.iter_mut().zip(moments.second);
        for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = beta1 * *first + rest1 * g;
            *second = beta2 * *second + g * g * rest2;
            *value -= self.rate * *first / (second.sqrt() + self.epsilon);
        }
    }
}

/// The moments of one parameter.
#[derive(Clone)]
pub(crate) struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// Moments, or a part of them.
pub(crate) struct MomentsMut<'a> {
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
}

impl Moments {
    /// Before the first step.
    pub(crate) fn new(count: usize) -> Moments {
        Moments { first: vec![0.0; count], second: vec![0.0; count] }
    }

    /// From what [`Moments::saved`] gave.
    pub(crate) fn from_saved(first: Vec<f32>, second: Vec<f32>) -> Moments {
        Moments { first, second }
    }

    /// How many numbers each has.
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }

    /// Both, to be saved.
    pub(crate) fn saved(&self) -> [&[f32]; 2] {
        [&self.first, &self.second]
    }

    /// All of them.
    pub(crate) fn all(&mut self) -> MomentsMut<'_> {
        MomentsMut { first: &mut self.first, second: &mut self.second }
    }
}

/// Adam's state for a fixed list of parameters.
#[derive(Clone)]
pub(crate) struct Adam {
    pub(crate) learning_rate: f64,
    steps: i32,
    moments: Vec<Moments>,
}

impl Adam {
    /// For parameters of these many numbers each.
    pub(crate) fn new(lengths: &[usize], learning_rate: f64) -> Adam {
        let moments = lengths.iter().map(|&length| Moments::new(length)).collect();
        Adam { learning_rate, steps: 0, moments }
    }

    /// How many steps were made, and each parameter's moments.
    pub(crate) fn state(&self) -> (i32, &[Moments]) {
        (self.steps, &self.moments)
    }

    /// Goes on from a saved state of the same parameters.
    pub(crate) fn set_state(&mut self, steps: i32, moments: Vec<Moments>) {
        (self.steps, self.moments) = (steps, moments);
    }

    /// Moves each parameter one step against its gradient.
    pub(crate) fn step(&mut self, parameters: &mut [&mut [f32]], gradients: &[&[f32]]) {
        self.steps = self.steps.saturating_add(1);
        let step = Step::new(self.learning_rate, self.steps);
        for ((parameter, gradient), moments) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            step.piece(parameter, gradient, moments.all());
        }
    }
}
