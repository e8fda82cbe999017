//! Convolutions one after the other, with the memory between them.

use super::{Conv3x3, Scratch};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Convolutions that follow each other, some with a pool behind.
///
/// ```
/// use sevenlines::conv::{Conv3x3, Scratch, Stack};
///
/// let double = || Conv3x3::new(&[0., 0., 0., 0., 2., 0., 0., 0., 0.], &[0.], 1, 1);
/// let stack = Stack::new(vec![(double(), false), (double(), true)]);
/// let pictures = [1., 2., 3., 4., 0., 0., 0., -1.];
/// assert_eq!(stack.forward(&mut Scratch::new(), &pictures, 2, 2, 2), [16., 0.]);
/// ```
#[derive(Debug)]
pub struct Stack {
    layers: Vec<(Arc<Conv3x3>, bool)>,
}

impl Stack {
    /// The convolutions in order, and whether each is pooled.
    ///
    /// # Panics
    ///
    /// If there are none, or one takes another number of channels than the one
    /// before it gives.
    pub fn new(layers: Vec<(Conv3x3, bool)>) -> Stack {
        Stack::of(layers.into_iter().map(|(conv, pool)| (Arc::new(conv), pool)).collect())
    }

    fn of(layers: Vec<(Arc<Conv3x3>, bool)>) -> Stack {
        assert!(!layers.is_empty(), "a stack of no convolutions");
        for pair in layers.windows(2) {
            assert_eq!(pair[0].0.outputs, pair[1].0.inputs, "{} before {}", pair[0].0, pair[1].0);
        }
        Stack { layers }
    }

    /// Some of the layers, shared with this stack.
    ///
    /// # Panics
    ///
    /// If there are none such.
    pub fn part(&self, layers: Range<usize>) -> Stack {
        Stack::of(self.layers[layers].to_vec())
    }

    /// With other convolutions in the place of the last ones; the layers before are
    /// shared.
    ///
    /// # Panics
    ///
    /// If there are too many, or the channels do not fit.
    pub fn with_last(&self, convs: Vec<Conv3x3>) -> Stack {
        let (same, replaced) = self.layers.split_at(self.layers.len() - convs.len());
        let mut layers = same.to_vec();
        layers.extend(convs.into_iter().zip(replaced).map(|(conv, (_, pool))| (Arc::new(conv), *pool)));
        Stack::of(layers)
    }

    /// Sends `n` pictures `(n, height, width, channels)` through: the last layer's
    /// output, channels last. Some pictures go at a time, so that the memory between
    /// layers does not grow with `n`.
    ///
    /// # Panics
    ///
    /// If `input` has another length.
    pub fn forward(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        n: usize,
        height: usize,
        width: usize,
    ) -> Vec<f32> {
        let picture = height * width * self.layers[0].0.inputs;
        assert_eq!(input.len(), n * picture, "input (n, height, width, channels)");
        // Few, since layers that fit the cache are faster; but work for every thread.
        let group = rayon::current_num_threads().clamp(2, 8);
        let mut output = Vec::new();
        for first in (0..n).step_by(group) {
            let n = group.min(n - first);
            self.group(scratch, &input[first * picture..][..n * picture], (n, height, width), &mut output);
        }
        output
    }

    /// Appends the output for a group of pictures.
    fn group(
        &self,
        scratch: &mut Scratch,
        input: &[f32],
        (n, mut height, mut width): (usize, usize, usize),
        output: &mut Vec<f32>,
    ) {
        let [mut before, mut after] = std::mem::take(&mut scratch.activations);
        let mut len = input.len();
        for (index, (conv, pool)) in self.layers.iter().enumerate() {
            let x = if index == 0 { input } else { &*before.first(len) };
            len = n * conv.output_len(height, width, *pool);
            conv.forward_into(scratch, x, n, height, width, after.first(len), *pool);
            std::mem::swap(&mut before, &mut after);
            if *pool {
                (height, width) = (height / 2, width / 2);
            }
        }
        output.extend_from_slice(before.first(len));
        scratch.activations = [before, after];
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (first, last) = (&self.layers[0].0, &self.layers[self.layers.len() - 1].0);
        write!(f, "{} 3x3 convolutions, {} to {} channels", self.layers.len(), first.inputs, last.outputs)
    }
}
