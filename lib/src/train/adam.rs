//! Adam (Kingma and Ba, 2014), plain as Keras has it: no weight decay, epsilon
//! 1e-8. (candle's AdamW decays by default.)

use crate::Result;
use candle_core::Tensor;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The moments of one parameter.
#[derive(Clone)]
struct Moments {
    first: Tensor,
    second: Tensor,
}

/// Adam's state for a fixed list of parameters.
#[derive(Clone)]
pub(crate) struct Adam {
    pub(crate) learning_rate: f64,
    steps: i32,
    moments: Vec<Moments>,
}

impl Adam {
    pub(crate) fn new(parameters: &[&Tensor], learning_rate: f64) -> Result<Adam> {
        let zero = |p: &&Tensor| -> Result<Moments> { Ok(Moments { first: p.zeros_like()?, second: p.zeros_like()? }) };
        Ok(Adam { learning_rate, steps: 0, moments: parameters.iter().map(zero).collect::<Result<_>>()? })
    }

    /// Moves each parameter one step against its gradient.
    pub(crate) fn step(&mut self, parameters: &mut [&mut Tensor], gradients: &[Tensor]) -> Result<()> {
        self.steps += 1;
        let rate = self.learning_rate * (1.0 - BETA2.powi(self.steps)).sqrt() / (1.0 - BETA1.powi(self.steps));
        // Epsilon belongs beside the corrected root: scaled so that this is exactly
        // the paper's update in fewer operations.
        let epsilon = EPSILON * (1.0 - BETA2.powi(self.steps)).sqrt();
        for ((parameter, gradient), moments) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            moments.first = ((&moments.first * BETA1)? + (gradient * (1.0 - BETA1))?)?;
            moments.second = ((&moments.second * BETA2)? + (gradient.sqr()? * (1.0 - BETA2))?)?;
            let update = (moments.first.clone() * rate)?.div(&(moments.second.sqrt()? + epsilon)?)?;
            **parameter = (&**parameter - update)?;
        }
        Ok(())
    }
}
