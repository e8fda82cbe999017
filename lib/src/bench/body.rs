//! The body: pictures to pool5, by each way that there is to compute it.

use super::candle::CandleBody;
use super::timing::{Timing, seconds};
use crate::conv::Precision;
use crate::data::{BatchOptions, Batches, Resize, open_picture};
use crate::vgg16::Body;
use crate::weights::{self, Weights};
use crate::{Count, Error, Result};
use candle_core::{Device, Tensor};
use image::RgbImage;
use rayon::prelude::*;
use std::path::Path;

/// How the body computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// As the library does, in single precision.
    F32,
    /// As the library does in [`Precision::Bfloat16`].
    Bf16,
    /// By candle's own `conv2d`, to compare.
    Candle,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 3] = [Engine::F32, Engine::Bf16, Engine::Candle];

    /// The library's own ways that this processor has.
    pub fn ours() -> Vec<Engine> {
        let mut ours = vec![Engine::F32];
        ours.extend(Precision::Bfloat16.is_available().then_some(Engine::Bf16));
        ours
    }

    /// The name on the command line and in the keys of the results.
    ///
    /// ```
    /// assert_eq!(sevenlines::bench::Engine::F32.name(), "f32");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Engine::F32 => "f32",
            Engine::Bf16 => "bf16",
            Engine::Candle => "candle",
        }
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Engine {
    type Err = Error;

    fn from_str(name: &str) -> Result<Engine> {
        Engine::ALL.into_iter().find(|engine| engine.name() == name).ok_or_else(|| {
            let names = Engine::ALL.map(Engine::name).join(", ");
            Error::Invalid(format!("the body does not compute in {name:?}, but in one of {names}"))
        })
    }
}

/// What [`body`] measured and computed.
#[derive(Clone, Debug)]
pub struct BodyRun {
    /// The times; the first call loads the weights and prepares them too.
    pub timing: Timing,
    /// The pictures `(N, 224, 224, 3)`, u8, RGB.
    pub pictures: Tensor,
    /// The result `(N, 512, 7, 7)`, f32.
    pub pool5: Tensor,
    weights: Weights,
}

/// Times the body with the best weights on this machine, on pictures of 224 x 224.
///
/// # Errors
/// What [`Weights::find`] says, no pictures at all, and a precision that this
/// processor does not have.
pub fn body(engine: Engine, pictures: &[RgbImage]) -> Result<BodyRun> {
    if pictures.is_empty() {
        return Err(Error::OutOfRange {
            name: "the number of pictures",
            got: "0".into(),
            expected: "at least 1",
        });
    }
    let mut loaded = None;
    let cold = seconds(&mut || {
        let weights = Weights::find()?;
        let run = load(engine, &weights)?;
        let pool5 = run(pictures)?;
        loaded = Some((weights, run, pool5));
        Ok(())
    })?;
    let Some((weights, run, pool5)) = loaded else { return Err(Error::Interrupted) };
    let timing = Timing::after(pictures.len(), cold, || run(pictures).map(|_| ()))?;
    Ok(BodyRun { timing, pictures: to_tensor(pictures)?, pool5, weights })
}

type Run = Box<dyn Fn(&[RgbImage]) -> Result<Tensor>>;

fn load(engine: Engine, weights: &Weights) -> Result<Run> {
    let ours = |precision| -> Result<Run> {
        let body = Body::load(weights, &Device::Cpu, precision)?;
        Ok(Box::new(move |pictures| body.pool5_of(pictures)))
    };
    match engine {
        Engine::F32 => ours(Precision::Single),
        Engine::Bf16 => ours(Precision::Bfloat16),
        Engine::Candle => {
            let body = CandleBody::load(weights)?;
            Ok(Box::new(move |pictures| body.pool5_of(pictures)))
        }
    }
}

impl BodyRun {
    /// Writes the pictures, pool5 and how the weights want pictures normalised to a
    /// safetensors file, for another program to compute the same: `pictures`, `pool5`,
    /// and in the metadata `weights` (the file) and `normalisation` (JSON).
    ///
    /// # Errors
    /// As [`save_safetensors`](crate::weights::save_safetensors).
    pub fn save(&self, file: impl AsRef<Path>) -> Result<()> {
        self.write(file.as_ref())
    }

    fn write(&self, file: &Path) -> Result<()> {
        let tensors = [("pictures", &self.pictures), ("pool5", &self.pool5)];
        let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor.clone()));
        let normalisation = serde_json::to_string(&self.weights.normalisation()).unwrap_or_default();
        let path =
            std::path::absolute(self.weights.file()).map_err(Error::io("find", self.weights.file()))?;
        let metadata = [("weights", path.display().to_string()), ("normalisation", normalisation)];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
        weights::save_safetensors(file, &tensors, metadata)
    }

    /// Shows itself as a cell's value.
    pub fn evcxr_display(&self) {
        self.timing.evcxr_display();
    }
}

impl std::fmt::Display for BodyRun {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.timing.fmt(f)
    }
}

/// `count` pictures below `folder` (a folder of class folders), mixed, at 224 x 224; the
/// same ones again if there are fewer.
///
/// # Errors
/// As [`Batches::open`], and pictures that cannot be decoded.
pub fn pictures(folder: impl AsRef<Path>, count: impl Count) -> Result<Vec<RgbImage>> {
    read(folder.as_ref(), count.at_least_one("the number of pictures")?)
}

fn read(folder: &Path, count: usize) -> Result<Vec<RgbImage>> {
    let batches = Batches::open(folder, count, BatchOptions::default(), 0)?;
    let order = batches.order(0);
    let one = |index: &usize| Ok(Resize::default().apply(&open_picture(&batches.items()[*index].path)?));
    let few: Vec<RgbImage> = order[..count.min(order.len())].par_iter().map(one).collect::<Result<_>>()?;
    Ok(few.iter().cycle().take(count).cloned().collect())
}

fn to_tensor(pictures: &[RgbImage]) -> Result<Tensor> {
    let (width, height) = pictures[0].dimensions();
    let bytes: Vec<u8> = pictures.iter().flat_map(|picture| picture.as_raw().iter().copied()).collect();
    let shape = (pictures.len(), height as usize, width as usize, 3);
    Ok(Tensor::from_vec(bytes, shape, &Device::Cpu)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_s_name_is_read_back_and_another_is_refused() {
        for engine in Engine::ALL {
            assert_eq!(engine.name().parse::<Engine>().unwrap(), engine);
        }
        let error = "int8".parse::<Engine>().unwrap_err().to_string();
        assert!(error.contains("int8") && error.contains("f32, bf16, candle"), "{error}");
    }

    #[test]
    fn no_pictures_are_refused() {
        assert!(matches!(body(Engine::F32, &[]), Err(Error::OutOfRange { .. })));
    }
}
