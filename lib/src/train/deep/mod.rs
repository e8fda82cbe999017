//! Training below the new last layer: what `unfreeze` names, and all above it.
//!
//! The frozen part gives what the lowest trained layer sees; a step goes from there
//! through the trained layers ([`Conv`], fc6, fc7) to the loss and back, with gradients
//! by hand, and moves all of them by Adam. A batch goes through in parts, so that
//! memory does not grow with its size.

mod chain;
mod compiled;
mod conv;
mod dense;
mod epoch;
mod estimate;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod gradient_tests;
mod kept;
mod output;
mod pool;
mod rates;
mod rows;
mod score;
mod state;
mod step;
mod tile;
mod top;
mod winograd;

pub use conv::{Conv, Scratch};
pub(crate) use estimate::bytes;
pub(crate) use score::Score;
pub(crate) use state::DeepState;

use crate::train::adam::Moments;
use crate::vgg16::layers;
use kept::Kept;
use rates::Spread;
use std::sync::Arc;

/// The layers' numbers, from 0: thirteen convolutions, then fc6 and fc7.
pub(crate) const FC6: usize = 13;
pub(crate) const FC7: usize = 14;

/// The memory in which the frozen part's output is kept for the next epoch: of pool4,
/// 1,337 pictures. What finds no room is computed anew each epoch.
const KEPT_BYTES: usize = 512 << 20;

/// What was unfrozen, and how far its training is. Cheap to clone: a clone that is
/// trained takes a copy first.
#[derive(Clone)]
pub(crate) struct Deep {
    /// The last of the thirteen convolutions: those that are not ImageNet's any more.
    convs: Arc<Vec<Conv>>,
    /// The lowest layer that is not ImageNet's any more.
    lowest: usize,
    /// The lowest layer that trains; none after `freeze`.
    from: Option<usize>,
    /// Adam's, of fc6 and fc7.
    dense: Arc<[Option<[Moments; 2]>; 2]>,
    /// Adam's, of the new last layer.
    output: Option<[Moments; 2]>,
    /// Adam's steps since `unfreeze`.
    steps: i32,
    /// The layers' learning rates.
    spread: Spread,
    /// Whether any step was made since the layers were ImageNet's.
    trained: bool,
    /// What layer [`Deep::border`] sees, by picture.
    below: Kept,
    /// The features of the layers as they are, by picture.
    features: Kept,
}

impl Deep {
    /// Layers from `lowest` on, with these convolutions; frozen.
    pub(crate) fn new(lowest: usize, convs: Vec<Conv>) -> Deep {
        Deep {
            convs: Arc::new(convs),
            lowest,
            from: None,
            dense: Arc::default(),
            output: None,
            steps: 0,
            spread: Spread::default(),
            trained: false,
            below: Kept::new(KEPT_BYTES),
            features: Kept::new(usize::MAX),
        }
    }

    /// Lets layer `from` and all above it train; `convs` are those of the trained
    /// convolutions that were not there yet, in order.
    pub(crate) fn unfreeze(&mut self, from: usize, mut convs: Vec<Conv>) {
        if !convs.is_empty() {
            let old = std::mem::take(Arc::make_mut(&mut self.convs));
            convs.extend(old);
            self.convs = Arc::new(convs);
        }
        let border = self.border();
        self.rest();
        self.lowest = self.lowest.min(from);
        self.from = Some(from);
        if self.border() != border {
            self.below.clear();
        }
    }

    /// Nothing trains any more.
    pub(crate) fn freeze(&mut self) {
        let border = self.border();
        self.rest();
        self.from = None;
        if self.border() != border {
            self.below.clear();
        }
    }

    /// Forgets Adam's moments.
    fn rest(&mut self) {
        self.dense = Arc::default();
        self.output = None;
        self.steps = 0;
        if self.from.is_some_and(|from| from < FC6) {
            Arc::make_mut(&mut self.convs).iter_mut().for_each(Conv::rest);
        }
    }

    /// The lowest layer that trains.
    pub(crate) fn from(&self) -> Option<usize> {
        self.from
    }

    /// The lowest trained layer learns at `share` of the new last layer's rate; those
    /// between have rates in between.
    pub(crate) fn set_spread(&mut self, share: f64) {
        self.spread = Spread(share);
    }

    /// Whether any layer was changed.
    pub(crate) fn is_trained(&self) -> bool {
        self.trained
    }

    /// Says that the layers are not ImageNet's any more.
    pub(crate) fn set_trained(&mut self) {
        self.trained = true;
    }

    /// The lowest layer that is not ImageNet's any more.
    pub(crate) fn lowest(&self) -> usize {
        self.lowest
    }

    /// The changed convolutions with their numbers.
    pub(crate) fn convs(&self) -> &Arc<Vec<Conv>> {
        &self.convs
    }

    /// Whether the features are those of a changed network.
    pub(crate) fn changes_features(&self) -> bool {
        self.trained && self.lowest <= FC6
    }

    /// Below which layer the network stays as it is: what it sees can be kept. The
    /// number of the convolutions if all of them stay.
    fn border(&self) -> usize {
        self.from.unwrap_or(self.lowest).min(FC6)
    }

    /// How many of the changed convolutions lie below the border.
    fn still(&self) -> usize {
        self.convs.len().saturating_sub(FC6 - self.border())
    }
}

/// A convolution without anything kept for gradients, with its pool.
pub(crate) fn forward(
    conv: &Conv,
    scratch: &mut Scratch,
    x: &[f32],
    (height, width): (usize, usize),
    pooled: bool,
) -> Vec<f32> {
    let y = conv.forward(scratch, x, height, width);
    match pooled {
        true => pool::forward(&y, height, width, conv.channels().1),
        false => y,
    }
}

/// The height and width of what convolution `index` sees of a picture.
fn side(index: usize) -> usize {
    let pools = layers::convs()[..index].iter().filter(|conv| conv.pooled).count();
    crate::data::SIDE as usize >> pools
}
