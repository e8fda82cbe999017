//! What training the layers below the head takes of memory.

use super::conv::{Conv, Scratch};
use super::step::part_of;
use super::{FC6, FC7, KEPT_BYTES, dense, side};
use crate::vgg16::layers;

/// In bytes, for the layers from `from` on, in batches of so many pictures; `full` with
/// fc6 and fc7. An estimate.
pub(crate) fn bytes(from: usize, full: bool, pictures: usize, batch: usize) -> u64 {
    let first = from.min(FC6);
    let mut numbers = convolutions(first);
    if full {
        numbers += fully_connected(from, batch);
    }
    4 * numbers as u64 + kept(first, pictures)
}

/// The trained convolutions' numbers: their own, what they work in, and the activations of
/// the pictures that go through at a time.
fn convolutions(first: usize) -> usize {
    let convs = layers::convs();
    let (mut own, mut scratch, mut trace, mut widest) = (0, [0; 3], 0, 0);
    for (index, conv) in convs.iter().enumerate().skip(first) {
        let (side, channels) = (side(index), (conv.inputs, conv.outputs));
        own += Conv::numbers(channels);
        let sizes = Scratch::numbers(channels, side);
        scratch = [0, 1, 2].map(|at| sizes[at].max(scratch[at]));
        trace += side * side * (conv.inputs + if conv.pooled { conv.outputs } else { 0 });
        widest = widest.max(side * side * conv.inputs.max(conv.outputs));
    }
    // On the way back the gradients by a layer's output and by its input are there too.
    let activations = if trace == 0 { 0 } else { part_of(trace) * (trace + 2 * widest) };
    own + scratch.iter().sum::<usize>() + activations
}

/// fc6 and fc7 with Adam's moments, and what they see of a batch.
fn fully_connected(from: usize, batch: usize) -> usize {
    let (channels, height, width) = layers::POOL5;
    let sizes = [(FC6, channels * height * width), (FC7, layers::DENSE)];
    let trained = sizes.iter().filter(|(layer, _)| from <= *layer);
    trained.map(|(_, inputs)| dense::numbers((*inputs, layers::DENSE), batch)).sum()
}

/// What is kept of the layers below; where fc7 is the lowest, it is the features.
fn kept(first: usize, pictures: usize) -> u64 {
    let points = side(first) * side(first);
    let channels = layers::convs().get(first).map_or(layers::POOL5.0, |conv| conv.inputs);
    (4 * pictures * points * channels).min(KEPT_BYTES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_low_layers_nor_large_batches_go_beyond_a_bound() {
        let block5 = bytes(10, false, 0, 64);
        assert!((300..700).contains(&(block5 >> 20)), "{block5}");
        let by_layer: Vec<u64> = [10, 7, 4, 2, 0].map(|from| bytes(from, false, 0, 64)).to_vec();
        // The lower the layer, the fewer pictures go through at a time.
        assert!(by_layer.iter().all(|bytes| (block5..1 << 30).contains(bytes)), "{by_layer:?}");
        assert_eq!(bytes(10, false, 0, 100_000), block5);
        assert_eq!(bytes(10, false, 100_000, 64) - block5, KEPT_BYTES as u64);
        let [of64, large, huge] = [64, 10_000, 100_000].map(|batch| bytes(FC6, true, 0, batch) >> 20);
        assert!((1200..2500).contains(&of64) && large > of64, "{of64} and {large} MiB");
        assert_eq!(large, huge);
    }
}
