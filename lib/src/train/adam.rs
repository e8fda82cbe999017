//! Adam (Kingma and Ba, 2014), plain as Keras has it: no weight decay, epsilon
//! 1e-8. (candle's AdamW decays by default.)

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The moments of one parameter.
#[derive(Clone)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
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
        let zeros = |&length: &usize| Moments { first: vec![0.0; length], second: vec![0.0; length] };
        Adam { learning_rate, steps: 0, moments: lengths.iter().map(zeros).collect() }
    }

    /// Moves each parameter one step against its gradient.
    pub(crate) fn step(&mut self, parameters: &mut [&mut [f32]], gradients: &[&[f32]]) {
        self.steps = self.steps.saturating_add(1);
        let rate =
            self.learning_rate * (1.0 - BETA2.powi(self.steps)).sqrt() / (1.0 - BETA1.powi(self.steps));
        // Epsilon belongs beside the corrected root: scaled so that this is exactly
        // the paper's update in fewer operations.
        let epsilon = EPSILON * (1.0 - BETA2.powi(self.steps)).sqrt();
        for ((parameter, gradient), moments) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            moments.move_parameter(parameter, gradient, rate as f32, epsilon as f32);
        }
    }
}

impl Moments {
    fn move_parameter(&mut self, parameter: &mut [f32], gradient: &[f32], rate: f32, epsilon: f32) {
        let (keep1, keep2) = (BETA1 as f32, BETA2 as f32);
        let (new1, new2) = ((1.0 - BETA1) as f32, (1.0 - BETA2) as f32);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((p, g), (first, second)) in parameter.iter_mut().zip(gradient).zip(moments) {
            *first = *first * keep1 + g * new1;
            *second = *second * keep2 + g * g * new2;
            *p -= *first * rate / (second.sqrt() + epsilon);
        }
    }
}
