//! A weights file as candle's networks read it: by name, each shape checked.

use super::{Weights, store::Store};
use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::{Init, var_builder::SimpleBackend};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hands out a file's tensors.
pub(crate) struct Reader {
    weights: Weights,
    log: Log,
}

/// What a network asked for, to be seen when it is built.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    parameters: usize,
    refused: Option<String>,
}

impl Log {
    /// The numbers handed out, but for what batch normalisation only measured.
    pub(crate) fn parameters(&self) -> usize {
        self.entries().parameters
    }

    /// Why the last tensor that was not handed out was not.
    pub(crate) fn refused(&self) -> Option<String> {
        self.entries().refused.clone()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Weights {
    /// The file for a `VarBuilder`, and what will be asked of it.
    pub(crate) fn reader(&self) -> (Reader, Log) {
        let log = Log::default();
        (Reader { weights: self.clone(), log: log.clone() }, log)
    }
}

impl Reader {
    fn store(&self) -> &Store {
        &self.weights.inner.store
    }

    fn refuse(&self, reason: String) -> Error {
        self.log.entries().refused = Some(reason.clone());
        Error::Msg(reason)
    }
}

impl SimpleBackend for Reader {
    fn get(&self, shape: Shape, name: &str, _: Init, dtype: DType, device: &Device) -> Result<Tensor> {
        match self.store().shape(name) {
            None => Err(self.refuse(format!("it has no tensor {name}"))),
            Some(got) if got != shape.dims() => {
                Err(self.refuse(format!("tensor {name} has shape {got:?}, not {:?}", shape.dims())))
            }
            Some(_) => {
                let tensor = self.get_unchecked(name, dtype, device)?;
                if !name.contains("running_") {
                    self.log.entries().parameters += tensor.elem_count();
                }
                Ok(tensor)
            }
        }
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let shape = self.store().shape(name).unwrap_or_default();
        let tensor =
            self.store().load(name, &shape, device).map_err(|error| self.refuse(error.to_string()))?;
        tensor.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.store().shape(name).is_some()
    }
}
