//! The trained head as a small file: safetensors with the class names inside.

use super::Vgg16;
use crate::train::{Dense, Features, Head, History, Scaling};
use crate::weights::save_safetensors;
use crate::{Error, Result};
use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::Path;

const FORMAT: &str = "sevenlines-head";

impl Vgg16 {
    /// Saves what was trained: the new last layer and its scaling, with the class
    /// names. The frozen layers are ImageNet's and are not repeated.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`]; a file that cannot be written.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save(path.as_ref())
    }

    fn save(&self, path: &Path) -> Result<()> {
        let head = self.head.as_ref().ok_or(Error::NotFinetuned)?;
        let (weight, bias) = head.dense.tensors()?;
        let mut tensors = vec![("head.weight".to_owned(), weight), ("head.bias".to_owned(), bias)];
        if let Some(scaling) = &head.scaling {
            tensors.push(("scaling.mean".to_owned(), Tensor::new(&*scaling.mean, &Device::Cpu)?));
            tensors.push(("scaling.std".to_owned(), Tensor::new(&[scaling.std], &Device::Cpu)?));
        }
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("features".to_owned(), head.features.name().to_owned()),
            ("classes".to_owned(), serde_json::json!(self.classes()).to_string()),
            ("base".to_owned(), self.weights.describe()),
        ]);
        save_safetensors(path, &tensors, metadata)
    }

    /// Loads what [`Vgg16::save_weights`] saved; no `finetune` needed before.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Corrupt`] if it is no such file;
    /// [`Error::WeightShape`] or [`Error::Invalid`] if it belongs to another kind of model.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.load(path.as_ref())
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        if !path.is_file() {
            let hint = "save one first with vgg.save_weights(..)".to_owned();
            return Err(Error::Missing { path: path.to_owned(), hint });
        }
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let file = Saved::parse(path, &bytes)?;
        self.head = Some(file.head(self.features())?);
        self.history = History::default();
        Ok(())
    }
}

struct Saved<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
    metadata: HashMap<String, String>,
}

impl<'a> Saved<'a> {
    fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Saved<'a>> {
        let corrupt = |reason: String| corrupt(path, reason);
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| corrupt(error.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        if metadata.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(corrupt("it holds no head trained by sevenlines".to_owned()));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| corrupt(error.to_string()))?;
        Ok(Saved { path, tensors, metadata })
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
        let weight = self.tensor("head.weight", &[count, features.width()])?;
        let bias = self.tensor("head.bias", &[count])?;
        let scaling = match self.tensors.names().contains(&"scaling.mean") {
            false => None,
            true => Some(Scaling {
                mean: self.tensor("scaling.mean", &[features.width()])?.to_vec1()?,
                std: self.tensor("scaling.std", &[1])?.to_vec1::<f32>()?[0],
            }),
        };
        let dense = Dense::from_tensors(&weight, &bias)?;
        Ok(Head::from_parts(features, Some(classes), dense, scaling))
    }

    fn tensor(&self, name: &str, expected: &[usize]) -> Result<Tensor> {
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

fn corrupt(path: &Path, reason: String) -> Error {
    let hint = "load a file that vgg.save_weights(..) wrote".to_owned();
    Error::Corrupt { path: path.to_owned(), reason, hint }
}
