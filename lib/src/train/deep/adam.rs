//! Adam (Kingma and Ba, 2014) on slices, for parameters of many millions: plain, as
//! Keras has it, epsilon 1e-8.

use rayon::prelude::*;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Numbers that one thread updates at a time.
const PIECE: usize = 1 << 14;

/// What one step of all parameters has in common.
#[derive(Clone, Copy)]
pub(super) struct Step {
    rate: f32,
    epsilon: f32,
}

impl Step {
    /// Step `number`, from 1.
    pub(super) fn new(learning_rate: f64, number: i32) -> Step {
        // Both moments' corrections in one factor; epsilon scaled so that it is still
        // added to the corrected root.
        let root = (1.0 - BETA2.powi(number)).sqrt();
        let rate = learning_rate * root / (1.0 - BETA1.powi(number));
        Step { rate: rate as f32, epsilon: (EPSILON * root) as f32 }
    }

    /// Moves `values` against their gradient.
    pub(super) fn update(self, values: &mut [f32], gradient: &[f32], moments: MomentsMut) {
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
    pub(super) fn piece(self, values: &mut [f32], gradient: &[f32], moments: MomentsMut) {
        let (beta1, beta2) = (BETA1 as f32, BETA2 as f32);
        let (rest1, rest2) = ((1.0 - BETA1) as f32, (1.0 - BETA2) as f32);
        let moments = moments.first.iter_mut().zip(moments.second);
        for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = beta1 * *first + rest1 * g;
            *second = beta2 * *second + rest2 * g * g;
            *value -= self.rate * *first / (second.sqrt() + self.epsilon);
        }
    }
}

/// The moments of one parameter.
#[derive(Clone)]
pub(super) struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// Moments, or a part of them.
pub(super) struct MomentsMut<'a> {
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
}

impl Moments {
    /// Before the first step.
    pub(super) fn new(count: usize) -> Moments {
        Moments { first: vec![0.0; count], second: vec![0.0; count] }
    }

    pub(super) fn all(&mut self) -> MomentsMut<'_> {
        MomentsMut { first: &mut self.first, second: &mut self.second }
    }
}
