//! One training step through everything that is unfrozen: forwards, the loss,
//! backwards, and Adam.

use super::chain::Chain;
use super::conv::Scratch;
use super::output::{Output, Sum};
use super::rates::Spread;
use super::top::{Part, Top};
use crate::Result;
use crate::train::adam::{Moments, Step};

/// Numbers of activations that one part of a batch may have: memory must not grow with
/// the batch size.
const ACTIVATIONS: usize = 24 << 20;

/// Pictures of a part at most.
const PART: usize = 32;

/// The network from the lowest trained layer up, for one batch.
pub(super) struct Network<'a> {
    pub chain: Chain<'a>,
    pub top: Top<'a>,
    pub output: Output,
    pub scratch: &'a mut Scratch,
}

impl Network<'_> {
    /// Adds to all gradients, part by part, from what the lowest trained layer sees of
    /// each picture; loss and hits summed over the batch.
    pub(super) fn gradients(&mut self, rows: &[&[f32]], labels: &[u32]) -> Result<Sum> {
        let each = match self.chain.trace_len() {
            0 => rows.len().max(1),
            len => (ACTIVATIONS / len).clamp(1, PART),
        };
        let (height, width) = self.chain.size(self.chain.convs.len());
        let mut sum = Sum::default();
        let mut first = 0;
        for (part, labels) in rows.chunks(each).zip(labels.chunks(each)) {
            let trace = self.chain.forward(self.scratch, part.concat());
            let about = Part { labels, first, batch: rows.len() };
            let (part_sum, gradient) =
                self.top.pass(trace.last(), height * width, &mut self.output, about)?;
            self.chain.backward(self.scratch, trace, gradient);
            sum.loss += part_sum.loss;
            sum.correct += part_sum.correct;
            first += part.len();
        }
        Ok(sum)
    }

    /// Step `number` (from 1) of Adam for all trained layers, the last one at this
    /// learning rate.
    pub(super) fn update(
        &mut self,
        (learning_rate, spread): (f64, Spread),
        number: i32,
        of_output: &mut Option<[Moments; 2]>,
    ) -> Result<()> {
        let count = self.chain.convs.len() + self.top.trained() + 1;
        let rate = |index| spread.rate(learning_rate, index, count);
        for (index, conv) in self.chain.convs.iter_mut().enumerate() {
            conv.update(rate(index), number);
        }
        // From the last layer down: fc7, then fc6.
        self.top.update(&|below| Step::new(rate(count - 1 - below), number))?;
        self.output.update(Step::new(learning_rate, number), of_output);
        Ok(())
    }
}
