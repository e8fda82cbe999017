//! One training step through everything that is unfrozen: forwards, the loss,
//! backwards, and Adam.

use super::chain::Chain;
use super::conv::{Conv, Scratch};
use super::output::{Output, Sum};
use super::rates::Spread;
use super::top::{Part, Top};
use crate::Result;
use crate::train::Rows;
use crate::train::adam::{Moments, Step};
use crate::vgg16::MICRO_BATCH;
use std::ops::Range;
use std::sync::Arc;

/// Numbers of activations that one part of a batch may have: memory must not grow with
/// the batch size.
const ACTIVATIONS: usize = 24 << 20;

/// Pictures of a part at most.
const PART: usize = 32;

/// Pictures of a part where no convolution trains.
const DENSE_PART: usize = 512;

/// Gives what the lowest trained layer sees of some of a batch's pictures.
pub(super) type Give<'a> = &'a mut dyn FnMut(Range<usize>) -> Result<Rows>;

/// The network from the lowest trained layer up, for one batch.
pub(super) struct Network<'a> {
    pub chain: Chain<'a>,
    pub top: Top<'a>,
    pub output: Output,
    pub scratch: &'a mut Scratch,
}

/// Pictures that go through at a time, of so many numbers of activations each.
pub(super) fn part_of(trace: usize) -> usize {
    match trace {
        0 => DENSE_PART,
        trace => (ACTIVATIONS / trace).clamp(1, PART),
    }
}

impl Network<'_> {
    /// Adds to all gradients, part by part, from what the lowest trained layer sees of
    /// each picture; loss and hits summed over the batch. After an error, or an
    /// interrupt, the gradients are as before the batch.
    pub(super) fn gradients(&mut self, rows: Give, labels: &[u32]) -> Result<Sum> {
        let sum = self.parts(rows, labels);
        if sum.is_err() {
            self.chain.convs.iter_mut().for_each(Conv::forget);
        }
        sum
    }

    fn parts(&mut self, rows: Give, labels: &[u32]) -> Result<Sum> {
        let (each, batch) = (part_of(self.chain.trace_len()), labels.len());
        // What lies below looks at several pictures at once more quickly than at one.
        let lot = each * MICRO_BATCH.div_ceil(each);
        let mut sum = Sum::default();
        for first in (0..labels.len()).step_by(lot) {
            let end = labels.len().min(first + lot);
            let lot = rows(first..end)?;
            for (part, labels) in lot.chunks(each).zip(labels[first..end].chunks(each)) {
                let about = Part { labels, batch };
                self.one_part(part, about, &mut sum)?;
            }
        }
        Ok(sum)
    }

    fn one_part(&mut self, rows: &[Arc<[f32]>], about: Part, sum: &mut Sum) -> Result<()> {
        let (height, width) = self.chain.size(self.chain.convs.len());
        let trace = self.chain.forward(self.scratch, rows.concat());
        let (of_part, gradient) = self.top.pass(trace.last(), height * width, &mut self.output, about)?;
        self.chain.backward(self.scratch, trace, gradient);
        sum.loss += of_part.loss;
        sum.correct += of_part.correct;
        Ok(())
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
