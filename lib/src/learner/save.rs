//! What was trained as a file: safetensors with the class names inside; the head, and
//! the layers below it that were unfrozen.

use super::{Learner, save_layers};
use crate::backbone::Backbone;
use crate::data::Content;
use crate::train::deep::{Conv, Deep, FC6, FC7};
use crate::train::{Dense, Features, Head, History, Scaling};
use crate::vgg16::dense::FullyConnected;
use crate::vgg16::layers;
use crate::weights::{conv_name, damage_in, save_safetensors};
use crate::{Error, Result};
use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::Path;

const FORMAT: &str = "sevenlines-head";

impl Learner {
    /// Saves what was trained: the head and its scaling, with the class
    /// names, and the layers that were trained after [`Learner::unfreeze`]. The others are
    /// ImageNet's and are not repeated.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`]; a file that cannot be written.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save(path.as_ref())
    }

    fn save(&self, path: &Path) -> Result<()> {
        let (tensors, metadata) = self.parts()?;
        save_safetensors(path, &tensors, metadata)
    }

    /// What a file of trained layers holds: tensors and metadata.
    pub(super) fn parts(&self) -> Result<Parts> {
        let head = self.head.as_ref().ok_or(Error::NotFinetuned)?;
        let (weight, bias) = head.dense.tensors()?;
        let mut tensors = vec![("head.weight".to_owned(), weight), ("head.bias".to_owned(), bias)];
        tensors.extend(save_layers::tensors(&head.hidden)?);
        if let Some(scaling) = &head.scaling {
            tensors.push(("scaling.mean".to_owned(), Tensor::new(&*scaling.mean, &Device::Cpu)?));
            tensors.push(("scaling.std".to_owned(), Tensor::new(&[scaling.std], &Device::Cpu)?));
        }
        if let Some(deep) = self.deep.as_ref().filter(|deep| deep.is_trained()) {
            tensors.extend(self.trained_tensors(deep)?);
        }
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("features".to_owned(), head.features.name().to_owned()),
            ("dropout".to_owned(), head.hidden.dropout.to_string()),
            ("classes".to_owned(), serde_json::json!(self.classes()).to_string()),
            ("backbone".to_owned(), self.backbone().id().to_owned()),
            ("base".to_owned(), self.weights.describe()),
            ("first layer".to_owned(), self.first_layer()?),
        ]);
        Ok((tensors, metadata))
    }

    /// The layers below the head that are not ImageNet's any more, by name.
    fn trained_tensors(&self, deep: &Deep) -> Result<Vec<(String, Tensor)>> {
        let mut tensors = Vec::new();
        let mut add = |name: &str, weight: Vec<f32>, bias: &[f32], shape: &[usize]| -> Result<()> {
            tensors.push((format!("{name}.weight"), Tensor::from_vec(weight, shape, &Device::Cpu)?));
            tensors.push((format!("{name}.bias"), Tensor::new(bias, &Device::Cpu)?));
            Ok(())
        };
        for (index, conv) in (FC6 - deep.convs().len()..).zip(deep.convs().iter()) {
            let (inputs, outputs) = conv.channels();
            add(&conv_tensor(index), conv.weights(), conv.bias(), &[outputs, inputs, 3, 3])?;
        }
        if let Some(classifier) = &self.classifier {
            for (number, name, layer) in [(FC6, "fc6", &classifier.fc6), (FC7, "fc7", &classifier.fc7)] {
                if deep.lowest() <= number {
                    let (inputs, outputs) = layer.sizes();
                    add(name, layer.weight()?.into_owned(), &layer.bias()?, &[outputs, inputs])?;
                }
            }
        }
        Ok(tensors)
    }

    /// Tells one base from another: a hash of its first layer.
    ///
    /// Of VGG16 alone: no layer below the head is saved of another.
    fn first_layer(&self) -> Result<String> {
        if self.backbone() != Backbone::Vgg16 {
            return Ok(String::new());
        }
        let (kernel, _) = self.weights.conv_values(1, 1)?;
        let bytes: Vec<u8> = kernel.iter().flat_map(|number| number.to_le_bytes()).collect();
        Ok(Content::of(&bytes).0[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Loads what [`Learner::save_weights`] saved; no `finetune` needed before.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Corrupt`] if it is no such file;
    /// [`Error::WeightShape`] or [`Error::Invalid`] if it belongs to another kind of model.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.load(path.as_ref())
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        let bytes = read(path)?;
        self.take(&Saved::parse(path, &bytes)?)
    }

    /// Takes what a file holds; as it was if that is not for this model.
    pub(super) fn take(&mut self, file: &Saved) -> Result<()> {
        file.check_backbone(self.backbone())?;
        let head = file.head(self.features())?;
        let trained = file.trained(&self.first_layer()?, self.classifier.is_some())?;
        self.restore()?;
        if let Some(trained) = trained {
            self.adopt(trained)?;
        }
        self.head = Some(head);
        self.history = History::default();
        self.resumed = None;
        Ok(())
    }

    /// Takes trained layers in the place of the file's.
    fn adopt(&mut self, trained: Trained) -> Result<()> {
        let lowest = trained.lowest();
        if let Some(classifier) = &mut self.classifier {
            let [fc6, fc7] = trained.dense;
            classifier.fc6 = fc6.unwrap_or_else(|| classifier.fc6.clone());
            classifier.fc7 = fc7.unwrap_or_else(|| classifier.fc7.clone());
        }
        let mut deep = Deep::new(lowest, trained.convs);
        deep.set_trained();
        self.body.set_trained(deep.convs());
        self.deep = Some(deep);
        Ok(())
    }
}

/// Layers below the head out of a file.
struct Trained {
    /// The last ones of the thirteen.
    convs: Vec<Conv>,
    /// fc6 and fc7.
    dense: [Option<FullyConnected>; 2],
}

impl Trained {
    fn lowest(&self) -> usize {
        match (&self.dense, self.convs.len()) {
            ([None, Some(_)], 0) => FC7,
            (_, convs) => FC6 - convs,
        }
    }
}

/// What a convolution's tensors are called, as in a weights file.
fn conv_tensor(index: usize) -> String {
    let conv = layers::convs()[index];
    conv_name(conv.block, conv.index)
}

/// Tensors by name, and metadata.
type Parts = (Vec<(String, Tensor)>, HashMap<String, String>);

pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    if !path.is_file() {
        let hint = "save one first with vgg.save_weights(..)".to_owned();
        return Err(Error::Missing { path: path.to_owned(), hint });
    }
    std::fs::read(path).map_err(Error::io("read", path))
}

/// A file of trained layers.
pub(super) struct Saved<'a> {
    pub(super) path: &'a Path,
    pub(super) tensors: SafeTensors<'a>,
    pub(super) metadata: HashMap<String, String>,
}

impl<'a> Saved<'a> {
    pub(super) fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Saved<'a>> {
        let corrupt = |reason: String| corrupt(path, reason);
        if let Some(reason) = damage_in(&mut &bytes[..]).map_err(Error::io("read", path))? {
            return Err(corrupt(reason));
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| corrupt(error.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(corrupt("it holds no head trained by sevenlines".to_owned()));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| corrupt(error.to_string()))?;
        Ok(Saved { path, tensors, metadata })
    }

    /// Refuses a head that was trained on another backbone.
    fn check_backbone(&self, backbone: Backbone) -> Result<()> {
        // Files from before there were others do not say it.
        let stored = self.metadata.get("backbone").map_or(Backbone::Vgg16.id(), String::as_str);
        if stored == backbone.id() {
            return Ok(());
        }
        let name = stored.parse::<Backbone>().map_or(stored, |named| named.name());
        Err(Error::Invalid(format!(
            "{} was trained on {name}, and this model is a {backbone}; load it into a {name}, whose weights \
             were: {}",
            self.path.display(),
            self.metadata.get("base").map(String::as_str).unwrap_or("unknown"),
        )))
    }

    /// An error that names the file.
    pub(super) fn damaged(&self, reason: &str) -> Error {
        corrupt(self.path, reason.to_owned())
    }

    /// One entry of the metadata.
    pub(super) fn metadata(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).map(String::as_str)
    }

    fn head(&self, features: Features) -> Result<Head> {
        let stored = self.metadata.get("features").map(String::as_str).unwrap_or_default();
        if stored != features.name() {
            return Err(Error::Invalid(format!(
                "{} was trained on {stored}, but these weights give {}; load the base that it was trained with: {}",
                self.path.display(),
                features.name(),
                self.metadata.get("base").map(String::as_str).unwrap_or("unknown"),
            )));
        }
        let classes: Vec<String> =
            self.metadata.get("classes").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        let count = classes.len();
        if count < 2 {
            return Err(corrupt(self.path, format!("it names {count} classes")));
        }
        let hidden = self.hidden(features)?;
        let width = hidden.layers.last().map_or(features.width(), Dense::outputs);
        let weight = self.tensor("head.weight", &[count, width])?;
        let bias = self.tensor("head.bias", &[count])?;
        let scaling = match self.tensors.names().contains(&"scaling.mean") {
            false => None,
            true => Some(Scaling {
                mean: self.tensor("scaling.mean", &[features.width()])?.to_vec1()?,
                std: self.tensor("scaling.std", &[1])?.to_vec1::<f32>()?[0],
            }),
        };
        let dense = Dense::from_tensors(&weight, &bias)?;
        Ok(Head::from_parts(features, Some(classes), dense, scaling).with_hidden(hidden))
    }

    /// The trained layers below the head, if there are any.
    fn trained(&self, first_layer: &str, full: bool) -> Result<Option<Trained>> {
        let mut convs = Vec::new();
        for (index, conv) in layers::convs().into_iter().enumerate() {
            let name = conv_tensor(index);
            if self.holds(&format!("{name}.weight")) {
                let (weight, bias) = self.layer(&name, &[conv.outputs, conv.inputs, 3, 3])?;
                convs.push(Conv::new(&weight, &bias, conv.inputs, conv.outputs));
            } else if !convs.is_empty() {
                return Err(Error::WeightMissing { file: self.path.to_owned(), tensor: name });
            }
        }
        let (channels, height, width) = layers::POOL5;
        let mut dense = [None, None];
        for (at, inputs) in [channels * height * width, layers::DENSE].into_iter().enumerate() {
            let name = ["fc6", "fc7"][at];
            if full && self.holds(&format!("{name}.weight")) {
                let (weight, bias) = self.layer(name, &[layers::DENSE, inputs])?;
                dense[at] = Some(FullyConnected::new(weight, bias));
            }
        }
        if convs.is_empty() && dense.iter().all(Option::is_none) {
            return Ok(None);
        }
        match self.metadata.get("first layer").map(String::as_str) == Some(first_layer) {
            true => Ok(Some(Trained { convs, dense })),
            false => Err(Error::Invalid(format!(
                "{} holds layers that were trained on another base than this model's; load the one that they \
                 were trained on: {}",
                self.path.display(),
                self.metadata.get("base").map(String::as_str).unwrap_or("unknown"),
            ))),
        }
    }

    /// Whether there is a tensor of this name.
    pub(super) fn holds(&self, tensor: &str) -> bool {
        self.tensors.tensor(tensor).is_ok()
    }

    pub(super) fn layer(&self, name: &str, shape: &[usize]) -> Result<(Vec<f32>, Vec<f32>)> {
        let weight = self.tensor(&format!("{name}.weight"), shape)?;
        let bias = self.tensor(&format!("{name}.bias"), &shape[..1])?;
        Ok((weight.flatten_all()?.to_vec1()?, bias.to_vec1()?))
    }

    pub(super) fn tensor(&self, name: &str, expected: &[usize]) -> Result<Tensor> {
        let missing = || Error::WeightMissing { file: self.path.to_owned(), tensor: name.to_owned() };
        let view = self.tensors.tensor(name).map_err(|_| missing())?;
        if view.shape() != expected {
            return Err(Error::WeightShape {
                file: self.path.to_owned(),
                tensor: name.to_owned(),
                expected: expected.to_vec(),
                got: view.shape().to_vec(),
            });
        }
        Ok(view.load(&Device::Cpu)?.to_dtype(DType::F32)?)
    }
}

pub(super) fn corrupt(path: &Path, reason: String) -> Error {
    let hint = "load a file that vgg.save_weights(..) wrote".to_owned();
    Error::Corrupt { path: path.to_owned(), reason, hint }
}

/// For [`crate::fuzzing`]: all that is read of a file before a learner takes it.
#[cfg(fuzzing)]
pub(crate) fn fuzz_head(bytes: &[u8]) {
    let Ok(saved) = Saved::parse(Path::new("head"), bytes) else { return };
    let _ = saved.check_backbone(Backbone::Vgg16);
    for features in [Features::PooledPool5, Features::Fc6] {
        let _ = saved.head(features);
    }
    let _ = saved.trained("", true);
    let _ = saved.metadata("training").map(serde_json::from_str::<crate::train::checkpoint::State>);
}
