//! Convolutions one after the other, with the memory between them.

use super::buffer::Buffer;
use super::direct::Channel;
use super::{Conv3x3, Scratch};
use std::fmt;

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
    layers: Vec<(Conv3x3, bool)>,
}

/// Pictures that go through a layer together share its weights' way to the caches, but
/// what lies between layers must not take more memory than this.
const BETWEEN: usize = 16 << 20;
const MOST: usize = 16;

/// Layers that take the same number of pictures at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    first: usize,
    end: usize,
    pictures: usize,
}

impl Stack {
    /// The convolutions in order, and whether each is pooled.
    ///
    /// # Panics
    ///
    /// If there are none, or one takes another number of channels than the one
    /// before it gives.
    pub fn new(layers: Vec<(Conv3x3, bool)>) -> Stack {
        assert!(!layers.is_empty(), "a stack of no convolutions");
        for pair in layers.windows(2) {
            assert_eq!(pair[0].0.outputs, pair[1].0.inputs, "{} before {}", pair[0].0, pair[1].0);
        }
        Stack { layers }
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
        self.forward_to(self.layers.len(), scratch, input, n, height, width)
    }

    /// [`Stack::forward`] for pictures of bytes, 0 to 255, which the first layer reads
    /// as they are.
    ///
    /// # Panics
    ///
    /// As [`Stack::forward`]; and if the first layer has more than four channels.
    pub fn forward_bytes(
        &self,
        scratch: &mut Scratch,
        input: &[u8],
        n: usize,
        height: usize,
        width: usize,
    ) -> Vec<f32> {
        self.forward_to(self.layers.len(), scratch, input, n, height, width)
    }

    /// The output of the first `layers` layers for numbers or bytes.
    pub(crate) fn forward_to<P: Channel>(
        &self,
        layers: usize,
        scratch: &mut Scratch,
        input: &[P],
        n: usize,
        height: usize,
        width: usize,
    ) -> Vec<f32> {
        let picture = height * width * self.layers[0].0.inputs;
        assert_eq!(input.len(), n * picture, "input (n, height, width, channels)");
        let pass = Pass { layers: &self.layers[..layers], sizes: self.sizes(layers, height, width) };
        let segments = pass.segments();
        let mut output = vec![0.0; n * pass.len(layers)];
        let mut memory = std::mem::take(&mut scratch.activations);
        memory.resize_with(memory.len().max(3 * segments.len()), Buffer::default);
        pass.run(&segments, scratch, &mut memory, input, n, &mut output);
        scratch.activations = memory;
        output
    }

    /// Height and width before each layer, and after the last.
    fn sizes(&self, layers: usize, mut height: usize, mut width: usize) -> Vec<(usize, usize)> {
        let mut sizes = vec![(height, width)];
        for (_, pool) in &self.layers[..layers] {
            if *pool {
                (height, width) = (height / 2, width / 2);
            }
            sizes.push((height, width));
        }
        sizes
    }
}

/// One call.
struct Pass<'a> {
    layers: &'a [(Conv3x3, bool)],
    sizes: Vec<(usize, usize)>,
}

impl Pass<'_> {
    /// Numbers of a picture before layer `index`, or after the last.
    fn len(&self, index: usize) -> usize {
        let (height, width) = self.sizes[index];
        let channels = match index {
            0 => self.layers[0].0.inputs,
            index => self.layers[index - 1].0.outputs,
        };
        height * width * channels
    }

    /// The layers by how many pictures they take: ever more, as pictures get smaller.
    fn segments(&self) -> Vec<Segment> {
        let fitting = |index: usize| {
            let bytes = size_of::<f32>() * (self.len(index) + self.len(index + 1)).max(1);
            let most = (BETWEEN / bytes).clamp(1, MOST);
            1 << most.ilog2()
        };
        let mut segments: Vec<Segment> = Vec::new();
        for index in (0..self.layers.len()).rev() {
            let pictures = fitting(index);
            match segments.last_mut() {
                Some(later) if pictures >= later.pictures => later.first = index,
                _ => segments.push(Segment { first: index, end: index + 1, pictures }),
            }
        }
        segments.reverse();
        segments
    }

    /// Sends `n` pictures through `segments`, of which the last may come after others.
    fn run<P: Channel>(
        &self,
        segments: &[Segment],
        scratch: &Scratch,
        memory: &mut [Buffer],
        input: &[P],
        n: usize,
        output: &mut [f32],
    ) {
        let Some((segment, before)) = segments.split_last() else { return };
        let (earlier, own) = memory.split_at_mut(3 * before.len());
        let (picture, len) = (self.len(0), self.len(segment.end));
        for first in (0..n).step_by(segment.pictures) {
            let n = segment.pictures.min(n - first);
            let input = &input[first * picture..][..n * picture];
            let output = &mut output[first * len..][..n * len];
            if before.is_empty() {
                self.layers_of(*segment, scratch, own, input, n, output);
                continue;
            }
            let (between, own) = own.split_at_mut(1);
            let between = between[0].first(n * self.len(segment.first));
            self.run(before, scratch, earlier, input, n, between);
            self.layers_of(*segment, scratch, own, &*between, n, output);
        }
    }

    /// The layers of a segment in turn.
    fn layers_of<P: Channel>(
        &self,
        segment: Segment,
        scratch: &Scratch,
        memory: &mut [Buffer],
        input: &[P],
        n: usize,
        output: &mut [f32],
    ) {
        let (a, b) = memory.split_at_mut(1);
        let (mut from, mut to) = (&mut a[0], &mut b[0]);
        for index in segment.first..segment.end {
            let (conv, pool) = &self.layers[index];
            let (height, width) = self.sizes[index];
            let len = n * self.len(index + 1);
            let after = if index + 1 == segment.end { &mut *output } else { to.first(len) };
            if index == segment.first {
                conv.convolve(scratch, input, height, width, after, *pool);
            } else {
                let before = &*from.first(n * self.len(index));
                conv.convolve(scratch, before, height, width, after, *pool);
            }
            std::mem::swap(&mut from, &mut to);
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (first, last) = (&self.layers[0].0, &self.layers[self.layers.len() - 1].0);
        write!(f, "{} 3x3 convolutions, {} to {} channels", self.layers.len(), first.inputs, last.outputs)
    }
}
