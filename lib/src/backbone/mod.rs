//! The networks that a [`Learner`](crate::Learner) can stand on: [`Backbone`] names them.
//!
//! VGG16 is [`vgg16`](crate::vgg16)'s, with convolutions of our own. The others run by
//! candle, one file a family here; each gives one row of features a picture, and what
//! follows (store, head, `fit`) does not know which it was.

mod body;
mod convnext;
mod dinov2;
#[cfg(test)]
mod golden_tests;
mod mobilenet;
mod network;
mod resample;
mod resnet;

pub(crate) use body::Body;
pub(crate) use network::Network;

use crate::weights::Normalisation;
use crate::{Error, Result};

/// A network that knows ImageNet, for [`Learner::new`](crate::Learner::new).
///
/// | backbone | parameters | features | learned from | weights on the Hugging Face hub |
/// |---|---|---|---|---|
/// | `Vgg16` (Simonyan and Zisserman, 2014) | 14.7 million | 1024 (4096 with full weights) | ImageNet-1k | `timm/vgg16.tv_in1k` |
/// | `ResNet18` (He et al., 2015) | 11.2 million | 512 | ImageNet-1k | `timm/resnet18.a1_in1k` |
/// | `ResNet50` (He et al., 2015) | 23.5 million | 2048 | ImageNet-1k | `timm/resnet50.a1_in1k` |
/// | `ConvNextTiny` (Liu et al., 2022) | 27.8 million | 768 | ImageNet-1k | `timm/convnext_tiny.fb_in1k` |
/// | `MobileNetV4` (small; Qin et al., 2024) | 2.5 million | 1280 | ImageNet-1k | `timm/mobilenetv4_conv_small.e2400_r224_in1k` |
/// | `DinoV2Small` (Oquab et al., 2023) | 22.1 million | 768 | 142 million pictures without labels | `timm/vit_small_patch14_dinov2.lvd142m` |
///
/// On a processor VGG16 is the quickest of them for all its size, since its convolutions
/// are our own. The others run by candle, from quick to slow: ResNet-18, MobileNetV4,
/// DINOv2, ResNet-50 and ConvNeXt, with some 0.3, 0.3, 0.4, 0.6 and 1.2 seconds of one
/// core a picture; candle takes the channels of a depthwise convolution one by one.
///
/// All see 224 x 224. The last layer, ImageNet's thousand classes, is counted in none:
/// `finetune` puts one's own in its place.
///
/// ```
/// use sevenlines::backbone::Backbone;
/// let backbone: Backbone = "resnet50".parse()?;
/// assert_eq!(backbone, Backbone::ResNet50);
/// assert_eq!((backbone.to_string().as_str(), backbone.width()), ("ResNet-50", 2048));
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backbone {
    /// The network of lesson 1.
    Vgg16,
    /// 18 layers with shortcuts.
    ResNet18,
    /// 50 layers with shortcuts.
    ResNet50,
    /// A convolutional network with a vision transformer's measures.
    ConvNextTiny,
    /// Made for telephones: the smallest.
    MobileNetV4,
    /// A vision transformer that learned without labels.
    DinoV2Small,
}

/// What is known of a backbone.
struct Card {
    id: &'static str,
    name: &'static str,
    parameters: usize,
    width: usize,
    repository: &'static str,
    licence: &'static str,
    megabytes: usize,
}

impl Backbone {
    /// All of them.
    pub const ALL: [Backbone; 6] = [
        Backbone::Vgg16,
        Backbone::ResNet18,
        Backbone::ResNet50,
        Backbone::ConvNextTiny,
        Backbone::MobileNetV4,
        Backbone::DinoV2Small,
    ];

    /// Its name on a command line: `resnet50`.
    pub fn id(self) -> &'static str {
        self.card().id
    }

    /// Its name in a sentence: `ResNet-50`.
    pub fn name(self) -> &'static str {
        self.card().name
    }

    /// The parameters below the new last layer; of VGG16, the convolution base's.
    pub fn parameters(self) -> usize {
        self.card().parameters
    }

    /// How many features it gives of a picture; of VGG16, with the convolution base.
    pub fn width(self) -> usize {
        self.card().width
    }

    /// Where its weights are on the Hugging Face hub.
    pub fn repository(self) -> &'static str {
        self.card().repository
    }

    /// The licence of those weights.
    pub fn licence(self) -> &'static str {
        self.card().licence
    }

    /// The size of their file, in megabytes.
    pub fn megabytes(self) -> usize {
        self.card().megabytes
    }

    /// How its weights from the hub want their pictures prepared.
    pub fn normalisation(self) -> Normalisation {
        // timm's data of all six say so.
        Normalisation::TORCH
    }

    fn card(self) -> Card {
        let card = |id, name, parameters, width, repository, megabytes| Card {
            id,
            name,
            parameters,
            width,
            repository,
            licence: "Apache 2.0",
            megabytes,
        };
        match self {
            Backbone::Vgg16 => Card {
                licence: "BSD 3-clause",
                ..card("vgg16", "VGG16", 14_714_688, 1024, "timm/vgg16.tv_in1k", 553)
            },
            Backbone::ResNet18 => card("resnet18", "ResNet-18", 11_176_512, 512, "timm/resnet18.a1_in1k", 47),
            Backbone::ResNet50 => {
                card("resnet50", "ResNet-50", 23_508_032, 2048, "timm/resnet50.a1_in1k", 102)
            }
            Backbone::ConvNextTiny => {
                card("convnext_tiny", "ConvNeXt-Tiny", 27_820_128, 768, "timm/convnext_tiny.fb_in1k", 114)
            }
            Backbone::MobileNetV4 => {
                let repository = "timm/mobilenetv4_conv_small.e2400_r224_in1k";
                card("mobilenetv4", "MobileNetV4-Small", 2_493_024, 1280, repository, 15)
            }
            Backbone::DinoV2Small => {
                let repository = "timm/vit_small_patch14_dinov2.lvd142m";
                card("dinov2_small", "DINOv2-Small", 22_056_192, 768, repository, 88)
            }
        }
    }
}

impl std::fmt::Display for Backbone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Backbone {
    type Err = Error;

    /// By [`Backbone::id`] or [`Backbone::name`], in capitals or not.
    fn from_str(text: &str) -> Result<Backbone> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
        let wanted = plain(text);
        let named = |backbone: &Backbone| plain(backbone.id()) == wanted || plain(backbone.name()) == wanted;
        Backbone::ALL.into_iter().find(named).ok_or_else(|| {
            let ids = Backbone::ALL.map(Backbone::id).join(", ");
            Error::Invalid(format!("there is no backbone {text:?}; there are {ids}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backbones_are_found_by_their_names() {
        for backbone in Backbone::ALL {
            assert_eq!(backbone.id().parse::<Backbone>().unwrap(), backbone);
            assert_eq!(backbone.name().to_uppercase().parse::<Backbone>().unwrap(), backbone);
        }
        let error = "resnet51".parse::<Backbone>().unwrap_err().to_string();
        assert!(error.contains("resnet51") && error.contains("resnet50"), "{error}");
    }
}
