//! Trained convolutions one after the other, with their pools.

use super::conv::{Conv, Scratch};
use super::pool;

/// Convolutions that follow each other up to pool5, and the size of what the first
/// one sees.
pub(super) struct Chain<'a> {
    pub convs: &'a mut [Conv],
    /// Whether a 2 x 2 pool follows.
    pub pooled: &'a [bool],
    pub height: usize,
    pub width: usize,
}

/// What the gradients need of a pass forwards.
pub(super) struct Trace {
    /// What each convolution saw; at last what the chain gave.
    inputs: Vec<Vec<f32>>,
    /// What each pooled convolution gave before its pool.
    outputs: Vec<Option<Vec<f32>>>,
}

impl Trace {
    /// The chain's output `(n, height, width, channels)`.
    pub(super) fn last(&self) -> &[f32] {
        self.inputs.last().map_or(&[], Vec::as_slice)
    }
}

impl Chain<'_> {
    /// The height and width of what convolution `index` sees; of the chain's output
    /// after the last.
    pub(super) fn size(&self, index: usize) -> (usize, usize) {
        let pools = self.pooled[..index].iter().filter(|pooled| **pooled).count();
        (self.height >> pools, self.width >> pools)
    }

    /// Numbers that a picture's [`Trace`] holds.
    pub(super) fn trace_len(&self) -> usize {
        let len = |index: usize| {
            let ((height, width), (inputs, outputs)) = (self.size(index), self.convs[index].channels());
            height * width * (inputs + if self.pooled[index] { outputs } else { 0 })
        };
        (0..self.convs.len()).map(len).sum()
    }

    pub(super) fn forward(&self, scratch: &mut Scratch, x: Vec<f32>) -> Trace {
        let mut trace = Trace { inputs: vec![x], outputs: Vec::new() };
        for (index, conv) in self.convs.iter().enumerate() {
            let (height, width) = self.size(index);
            let y = conv.forward(scratch, trace.last(), height, width);
            match self.pooled[index] {
                true => {
                    trace.inputs.push(pool::forward(&y, height, width, conv.channels().1));
                    trace.outputs.push(Some(y));
                }
                false => {
                    trace.inputs.push(y);
                    trace.outputs.push(None);
                }
            }
        }
        trace
    }

    /// Adds to all layers' gradients, from the gradient by the chain's output.
    pub(super) fn backward(&mut self, scratch: &mut Scratch, mut trace: Trace, last: Vec<f32>) {
        let mut gradient = last;
        for index in (0..self.convs.len()).rev() {
            let (height, width) = self.size(index);
            let conv = &mut self.convs[index];
            let after = trace.inputs.pop().unwrap_or_default();
            let y = match trace.outputs.pop().flatten() {
                Some(y) => {
                    gradient = pool::backward(&y, &gradient, height, width, conv.channels().1);
                    y
                }
                None => after,
            };
            let x = trace.last();
            let below = conv.backward(scratch, x, &y, gradient, height, width, index > 0);
            gradient = below.unwrap_or_default();
        }
    }
}
