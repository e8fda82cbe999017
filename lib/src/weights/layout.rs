//! What a VGG16's weights look like: how many channels each block has, and what
//! torchvision and timm call the tensors.

/// Convolutions in each of the five blocks.
const CONVS: [usize; 5] = [2, 2, 3, 3, 3];

/// One of the three fully connected layers, by the paper's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dense {
    /// 25088 → 4096.
    Fc6,
    /// 4096 → 4096.
    Fc7,
    /// 4096 → the 1000 ImageNet classes.
    Fc8,
}

impl Dense {
    /// The three, in order.
    pub const ALL: [Dense; 3] = [Dense::Fc6, Dense::Fc7, Dense::Fc8];
}

/// The sizes of a network of VGG16's form. [`Layout::VGG16`] is the real one;
/// a narrower one serves tests that must not move half a gigabyte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Output channels of each block's convolutions.
    pub widths: [usize; 5],
    /// Side of the last feature map: 7 for pictures of 224x224.
    pub grid: usize,
    /// Outputs of fc6 and fc7.
    pub hidden: usize,
    /// Outputs of fc8.
    pub classes: usize,
}

impl Layout {
    /// VGG16 for 224x224 pictures and the 1000 ImageNet classes.
    pub const VGG16: Layout =
        Layout { widths: [64, 128, 256, 512, 512], grid: 7, hidden: 4096, classes: 1000 };

    /// The 13 convolutions as (block, index in the block), both from 1, in order.
    ///
    /// ```
    /// use sevenlines::weights::Layout;
    /// assert_eq!(Layout::convolutions().count(), 13);
    /// assert_eq!(Layout::convolutions().nth(2), Some((2, 1)));
    /// ```
    pub fn convolutions() -> impl Iterator<Item = (usize, usize)> {
        CONVS.iter().enumerate().flat_map(|(block, &count)| (1..=count).map(move |i| (block + 1, i)))
    }

    /// Whether there is such a convolution.
    pub fn has_convolution(block: usize, i: usize) -> bool {
        (1..=CONVS.len()).contains(&block) && (1..=CONVS[block - 1]).contains(&i)
    }

    /// A convolution's kernel shape: (out, in, 3, 3).
    pub fn kernel_shape(&self, block: usize, i: usize) -> [usize; 4] {
        let out = self.widths[block - 1];
        let input = match (block, i) {
            (1, 1) => 3,
            (_, 1) => self.widths[block - 2],
            _ => out,
        };
        [out, input, 3, 3]
    }

    /// A fully connected layer's shape: (out, in).
    pub fn dense_shape(&self, layer: Dense) -> [usize; 2] {
        match layer {
            Dense::Fc6 => [self.hidden, self.widths[4] * self.grid * self.grid],
            Dense::Fc7 => [self.hidden, self.hidden],
            Dense::Fc8 => [self.classes, self.hidden],
        }
    }

    /// How many numbers the 13 convolutions hold.
    pub fn convolution_parameters(&self) -> usize {
        Self::convolutions()
            .map(|(block, i)| {
                let [out, input, h, w] = self.kernel_shape(block, i);
                out * input * h * w + out
            })
            .sum()
    }

    /// How many numbers all 16 layers hold.
    ///
    /// ```
    /// use sevenlines::weights::Layout;
    /// assert_eq!(Layout::VGG16.convolution_parameters(), 14_714_688);
    /// assert_eq!(Layout::VGG16.parameters(), 138_357_544);
    /// ```
    pub fn parameters(&self) -> usize {
        let dense = Dense::ALL.iter().map(|&layer| {
            let [out, input] = self.dense_shape(layer);
            out * input + out
        });
        self.convolution_parameters() + dense.sum::<usize>()
    }
}

/// Whose names a file uses for the fully connected layers; the convolutions have
/// the same in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Torchvision,
    Timm,
}

impl Names {
    /// The layer's name, without `.weight` or `.bias`.
    pub(crate) fn dense(self, layer: Dense) -> &'static str {
        match (self, layer) {
            (Names::Torchvision, Dense::Fc6) => "classifier.0",
            (Names::Torchvision, Dense::Fc7) => "classifier.3",
            (Names::Torchvision, Dense::Fc8) => "classifier.6",
            (Names::Timm, Dense::Fc6) => "pre_logits.fc1",
            (Names::Timm, Dense::Fc7) => "pre_logits.fc2",
            (Names::Timm, Dense::Fc8) => "head.fc",
        }
    }
}

/// A convolution's name, `features.N`: N counts the ReLUs and poolings between.
pub(crate) fn conv_name(block: usize, i: usize) -> String {
    let before: usize = CONVS[..block - 1].iter().map(|count| 2 * count + 1).sum();
    format!("features.{}", before + 2 * (i - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convolutions_have_torchvisions_numbers() {
        let numbers: Vec<String> = Layout::convolutions().map(|(block, i)| conv_name(block, i)).collect();
        let expected = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].map(|n| format!("features.{n}"));
        assert_eq!(numbers, expected);
    }

    #[test]
    fn kernels_chain() {
        let vgg = Layout::VGG16;
        assert_eq!(vgg.kernel_shape(1, 1), [64, 3, 3, 3]);
        assert_eq!(vgg.kernel_shape(3, 1), [256, 128, 3, 3]);
        assert_eq!(vgg.kernel_shape(5, 3), [512, 512, 3, 3]);
        assert_eq!(vgg.dense_shape(Dense::Fc6), [4096, 25088]);
        assert!(
            Layout::has_convolution(4, 3) && !Layout::has_convolution(1, 3) && !Layout::has_convolution(6, 1)
        );
    }
}
