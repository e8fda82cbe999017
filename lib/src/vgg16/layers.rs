//! VGG16 as data: configuration D of Simonyan and Zisserman, "Very Deep
//! Convolutional Networks for Large-Scale Image Recognition" (2014), the network
//! of fast.ai's `vgg16.py`.

/// Five blocks of 3 x 3 convolutions, each followed by a 2 x 2 max pool:
/// (number of convolutions, output channels).
pub const BLOCKS: [(usize, usize); 5] = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];

/// The number of convolutions.
pub const COUNT: usize = 13;

/// Channels, height and width of pool5, the body's output for one picture.
pub const POOL5: (usize, usize, usize) = (512, 7, 7);

/// The width of fc6 and fc7.
pub const DENSE: usize = 4096;

/// The number of ImageNet classes.
pub const IMAGENET: usize = 1000;

/// One convolution's place and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// The block, 1 to 5.
    pub block: usize,
    /// The place in the block, from 1.
    pub index: usize,
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Whether a 2 x 2 max pool follows.
    pub pooled: bool,
}

/// The thirteen convolutions in order.
///
/// ```
/// let convs = sevenlines::vgg16::layers::convs();
/// assert_eq!(convs.len(), 13);
/// assert_eq!((convs[0].inputs, convs[12].outputs), (3, 512));
/// ```
pub fn convs() -> Vec<Conv> {
    let mut convs = Vec::new();
    let mut inputs = 3;
    for (block, &(count, outputs)) in BLOCKS.iter().enumerate() {
        for index in 1..=count {
            convs.push(Conv { block: block + 1, index, inputs, outputs, pooled: index == count });
            inputs = outputs;
        }
    }
    convs
}

impl Conv {
    /// Weights and biases.
    pub fn parameters(&self) -> usize {
        self.inputs * self.outputs * 9 + self.outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_parameter_counts() {
        assert_eq!(convs().len(), COUNT);
        let body: usize = convs().iter().map(Conv::parameters).sum();
        assert_eq!(body, 14_714_688);
        let pool5 = POOL5.0 * POOL5.1 * POOL5.2;
        let dense = (pool5 + 1) * DENSE + (DENSE + 1) * DENSE + (DENSE + 1) * IMAGENET;
        assert_eq!(body + dense, 138_357_544);
    }
}
