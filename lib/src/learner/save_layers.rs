//! The layers of a head below its last one, as tensors of a file: `hidden.0.weight`,
//! `hidden.0.bias`, ..., `norm.0.scale`, `.shift`, `.mean`, `.variance`. A file without
//! them has a head of one layer.

use super::save::{Saved, corrupt};
use crate::Result;
use crate::train::{BatchNorm, Dense, Features, HeadOptions, Hidden};
use candle_core::{Device, Tensor};

/// What is saved of these layers, by name.
pub(super) fn tensors(hidden: &Hidden) -> Result<Vec<(String, Tensor)>> {
    let mut tensors = Vec::new();
    for (at, layer) in hidden.layers.iter().enumerate() {
        let (weight, bias) = layer.tensors()?;
        tensors.push((format!("hidden.{at}.weight"), weight));
        tensors.push((format!("hidden.{at}.bias"), bias));
    }
    for (at, norm) in hidden.norms.iter().enumerate() {
        for (name, numbers) in [
            ("scale", &norm.scale),
            ("shift", &norm.shift),
            ("mean", &norm.mean),
            ("variance", &norm.variance),
        ] {
            tensors.push((format!("norm.{at}.{name}"), Tensor::new(numbers.as_slice(), &Device::Cpu)?));
        }
    }
    Ok(tensors)
}

impl Saved<'_> {
    /// The layers below the head's last one.
    pub(super) fn hidden(&self, features: Features) -> Result<Hidden> {
        let mut hidden = Hidden::none(self.dropout()?, features == Features::Fc6);
        let mut width = features.width();
        while let Some(outputs) = self.outputs(&format!("hidden.{}.weight", hidden.layers.len())) {
            let name = format!("hidden.{}", hidden.layers.len());
            let (weight, bias) = self.layer(&name, &[outputs, width])?;
            hidden.layers.push(Dense { weight, bias });
            width = outputs;
        }
        if self.outputs("norm.0.scale").is_some() {
            let widths = hidden.layers.iter().map(Dense::outputs);
            let widths = std::iter::once(features.width()).chain(widths);
            hidden.norms =
                widths.enumerate().map(|(at, width)| self.norm(at, width)).collect::<Result<_>>()?;
        }
        Ok(hidden)
    }

    fn norm(&self, at: usize, width: usize) -> Result<BatchNorm> {
        let numbers = |name| -> Result<Vec<f32>> {
            Ok(self.tensor(&format!("norm.{at}.{name}"), &[width])?.to_vec1()?)
        };
        Ok(BatchNorm {
            scale: numbers("scale")?,
            shift: numbers("shift")?,
            mean: numbers("mean")?,
            variance: numbers("variance")?,
        })
    }

    /// How many numbers a layer of the file gives, if it is there.
    fn outputs(&self, tensor: &str) -> Option<usize> {
        self.tensors.tensor(tensor).ok()?.shape().first().copied().filter(|&outputs| outputs > 0)
    }

    /// Older files do not say: theirs was the usual one.
    fn dropout(&self) -> Result<f64> {
        let Some(text) = self.metadata.get("dropout") else { return Ok(HeadOptions::default().dropout) };
        match text.parse() {
            Ok(dropout) if (0.0..1.0).contains(&dropout) => Ok(dropout),
            _ => Err(corrupt(self.path, format!("its dropout is {text:?}"))),
        }
    }
}
