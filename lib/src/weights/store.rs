//! Reading tensors by name out of a weights file, whichever format it has.

use super::legacy::{self, LegacyTensors};
use super::{checksum, find, numbers, pickle};
use crate::data::Content;
use crate::{Error, Result};
use candle_core::safetensors::{Load, MmapedSafetensors};
use candle_core::{DType, Device, Tensor, pickle::PthTensors};
use safetensors::Dtype;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A safetensors header longer than this is not one of a VGG16.
const HEADER_LIMIT: u64 = 1 << 20;

/// An open weights file. Tensors are read when asked for.
pub(super) struct Store {
    file: PathBuf,
    format: Format,
    metadata: HashMap<String, String>,
}

enum Format {
    Safetensors(MmapedSafetensors),
    Pickle(PthTensors),
    Legacy(LegacyTensors),
}

impl Store {
    /// Opens `file`, going by its content, not by its name.
    pub(super) fn open(file: &Path) -> Result<Store> {
        if !file.exists() {
            let hint = "name a weights file, or run `sevenlines setup`".to_owned();
            return Err(Error::Missing { path: file.to_path_buf(), hint });
        }
        let mut start = [0u8; legacy::MAGIC.len()];
        let mut reader = std::fs::File::open(file).map_err(Error::io("read", file))?;
        let read = read_up_to(&mut reader, &mut start).map_err(Error::io("read", file))?;
        let hint = || "remove it and run `sevenlines setup`, or name another file".to_owned();
        let corrupt = |reason: String| Error::Corrupt { path: file.to_path_buf(), reason, hint: hint() };
        let mut metadata = HashMap::new();
        let format = if start.starts_with(b"PK\x03\x04") {
            Format::Pickle(unpickle(|| open_pickle(file)).map_err(corrupt)?)
        } else if start == legacy::MAGIC {
            Format::Legacy(unpickle(|| LegacyTensors::open(file)).map_err(corrupt)?)
        } else if read > 8 && start[8] == b'{' {
            if let Some(reason) = damage(file).map_err(Error::io("read", file))? {
                return Err(corrupt(reason));
            }
            metadata = read_metadata(file).map_err(|e| corrupt(e.to_string()))?;
            Format::Safetensors(map(file).map_err(|e| corrupt(e.to_string()))?)
        } else {
            return Err(corrupt("it is neither a safetensors file nor a .pth of PyTorch's".into()));
        };
        Ok(Store { file: file.to_path_buf(), format, metadata })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The `__metadata__` of a safetensors file.
    pub(super) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        match &self.format {
            Format::Safetensors(tensors) => Some(tensors.get(name).ok()?.shape().to_vec()),
            Format::Pickle(tensors) => Some(tensors.tensor_infos().get(name)?.layout.dims().to_vec()),
            Format::Legacy(tensors) => Some(tensors.info(name)?.layout.dims().to_vec()),
        }
    }

    /// The tensor's numbers, row by row: where they lie if the file is mapped and holds
    /// aligned f32, else a copy.
    pub(super) fn values(&self, name: &str) -> Result<Cow<'_, [f32]>> {
        if let Format::Safetensors(tensors) = &self.format {
            let view = tensors.get(name)?;
            if let (Dtype::F32, Some(numbers)) = (view.dtype(), as_numbers(view.data())) {
                return Ok(Cow::Borrowed(numbers));
            }
        }
        let shape = self.shape(name).unwrap_or_default();
        Ok(Cow::Owned(self.load_any(name, &shape)?.flatten_all()?.to_vec1()?))
    }

    /// The tensor as f32 in `shape`, which must hold as many numbers.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it cannot be read, or holds what [`check`](Self::check) refuses.
    pub(super) fn load(&self, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
        let tensor = self.load_any(name, shape)?;
        self.check(name, &tensor.flatten_all()?.to_vec1::<f32>()?)?;
        Ok(tensor.to_device(device)?)
    }

    /// [`load`](Self::load) of whatever numbers there are, to the CPU.
    pub(super) fn load_any(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let tensor = match &self.format {
            Format::Safetensors(tensors) => tensors.get(name).and_then(|view| view.load(&Device::Cpu)),
            Format::Pickle(tensors) => {
                let missing = || Error::WeightMissing { file: self.file.clone(), tensor: name.into() };
                tensors.get(name).transpose().ok_or_else(missing)?
            }
            Format::Legacy(tensors) => tensors.get(name),
        };
        let tensor = tensor.and_then(|tensor| tensor.to_dtype(DType::F32)?.reshape(shape));
        tensor.map_err(|error| self.corrupt(format!("tensor {name}: {}", pickle::in_short(&error))))
    }

    /// Refuses numbers that no trained layer has.
    pub(super) fn check(&self, name: &str, values: &[f32]) -> Result<()> {
        match numbers::implausible(values) {
            Some((at, number)) => {
                Err(self.corrupt(format!("tensor {name} holds {number} at {at}, which is no trained weight")))
            }
            None => Ok(()),
        }
    }

    fn corrupt(&self, reason: String) -> Error {
        let hint = "fetch the file anew, or name another one".to_owned();
        Error::Corrupt { path: self.file.clone(), reason, hint }
    }
}

/// Why the file is not what it was, as far as that can be told: our own files have a
/// checksum, and a file in the hub's cache has its SHA-256 for a name.
fn damage(file: &Path) -> std::io::Result<Option<String>> {
    match find::sha256_in_hub_cache(file) {
        Some(sha256) => {
            let got = Content::of_file(file)?.to_string();
            Ok((got != sha256).then(|| format!("its SHA-256 is {got}, not {sha256}")))
        }
        None => checksum::damage(file),
    }
}

/// Maps the file, so that opening it copies nothing. A file that is shorter than its
/// header says is refused here.
fn map(file: &Path) -> candle_core::Result<MmapedSafetensors> {
    // SAFETY: the map is read-only and lives as long as what borrows it. Undefined
    // only if someone writes into the file meanwhile, and a bus error if someone cuts
    // it off; everything here replaces weights by renaming, which leaves a mapped file
    // as it was.
    unsafe { MmapedSafetensors::new(file) }
}

/// Bytes as numbers where they lie; `None` if they begin between two numbers, or if
/// this processor has the bytes of a number in another order.
fn as_numbers(bytes: &[u8]) -> Option<&[f32]> {
    match cfg!(target_endian = "little") {
        true => bytemuck::try_cast_slice(bytes).ok(),
        false => None,
    }
}

/// Should candle's pickle reader panic in spite of [`pickle`]'s look, that is an error too.
fn unpickle<T>(open: impl FnOnce() -> candle_core::Result<T>) -> std::result::Result<T, String> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|e| pickle::in_short(&e)),
        Err(_) => Err("its pickle is malformed".into()),
    }
}

/// A state dict, at the top or under the usual key of a training checkpoint.
fn open_pickle(file: &Path) -> candle_core::Result<PthTensors> {
    pickle::check_zip(file)?;
    let tensors = PthTensors::new(file, None)?;
    match tensors.tensor_infos().is_empty() {
        true => PthTensors::new(file, Some("state_dict")),
        false => Ok(tensors),
    }
}

fn read_metadata(file: &Path) -> std::io::Result<HashMap<String, String>> {
    let mut reader = std::fs::File::open(file)?;
    let mut length = [0; 8];
    reader.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > HEADER_LIMIT {
        return Err(std::io::Error::other(format!("its header says it is {length} bytes long")));
    }
    let mut header = Vec::new();
    reader.take(length).read_to_end(&mut header)?;
    let metadata: safetensors::tensor::Metadata = serde_json::from_slice(&header)?;
    Ok(metadata.metadata().clone().unwrap_or_default())
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match reader.read(&mut buffer[read..])? {
            0 => break,
            n => read += n,
        }
    }
    Ok(read)
}
