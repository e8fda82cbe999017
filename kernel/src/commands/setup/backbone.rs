//! The weights of a backbone beside VGG16, from the Hugging Face hub into its cache.

use super::cost::Cost;
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

    fn id(&self) -> String {
        format!("weights-{}", self.backbone.id())
    }

    fn cost(&self) -> Cost {
        Cost::download(self.backbone.megabytes())
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

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use clap::{Args, Command, FromArgMatches};

    fn parse(arguments: &[&str]) -> std::result::Result<Options, clap::Error> {
        let command = Options::augment_args(Command::new("setup"));
        let matches = command.try_get_matches_from(["setup"].iter().chain(arguments))?;
        Options::from_arg_matches(&matches)
    }

    #[test]
    fn each_backbone_that_is_named_is_a_step_and_vgg16_none_of_its_own() {
        let arguments = ["--backbone", "resnet50", "--backbone", "vgg16", "--backbone", "DINOv2-Small"];
        let options = parse(&arguments).expect("backbones are known");
        let steps = options.steps();
        let names: Vec<&str> = steps.iter().map(|step| step.name()).collect();
        assert_eq!(names[names.len() - 2..], ["ResNet-50's weights", "DINOv2-Small's weights"]);
        assert_eq!(steps.len(), Options::default().steps().len() + 2);
    }

    #[test]
    fn an_unknown_backbone_is_told_from_those_that_there_are() {
        let error = parse(&["--backbone", "resnet51"]).err().expect("there is no such").to_string();
        assert!(error.contains("resnet51") && error.contains("mobilenetv4"), "{error}");
    }

    #[test]
    fn offline_says_where_a_file_goes() {
        let step = BackboneWeights::new(Backbone::ResNet50, true);
        let error = step.make(&mut |_| ()).expect_err("nothing is fetched").to_string();
        assert!(error.contains("resnet50.safetensors"), "{error}");
    }
}
