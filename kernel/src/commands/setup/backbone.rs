//! The weights of a backbone beside VGG16, from the Hugging Face hub into its cache.

use super::step::Step;
use super::weights::amount;
use crate::error::{Error, Result};
use crate::report::Progress;
use sevenlines::Backbone;
use sevenlines::fetch::hub::Hub;
use sevenlines::weights::Weights;

/// The step that fetches them.
pub struct BackboneWeights {
    name: String,
    backbone: Backbone,
    offline: bool,
}

impl BackboneWeights {
    /// With `offline`, without the network.
    pub fn new(backbone: Backbone, offline: bool) -> BackboneWeights {
        BackboneWeights { name: format!("{backbone}'s weights"), backbone, offline }
    }
}

impl Step for BackboneWeights {
    fn name(&self) -> &str {
        &self.name
    }

    fn present(&self) -> Option<String> {
        Weights::find_for(self.backbone).ok().map(|weights| weights.describe())
    }

    fn make(&self, progress: Progress) -> Result<String> {
        if self.offline {
            return Err(Error::Invalid(format!(
                "the weights of {} are not on this machine, and --offline fetches nothing; if you have them in a \
                 file, put it as {}.safetensors into {}",
                self.backbone,
                self.backbone.id(),
                sevenlines::home::weights().display()
            )));
        }
        progress("asking the Hugging Face hub");
        Hub::from_env().backbone(self.backbone, &mut |done, all| progress(&amount(done, all)))?;
        Ok(Weights::find_for(self.backbone)?.describe())
    }
}
