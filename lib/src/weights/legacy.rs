//! `.pth` files from before PyTorch 1.6, among them torchvision's oldest: a row
//! of pickles, then the storages one after another. candle's pickle reader, which
//! runs nothing, reads the pickles.

use super::pickle;
use candle_core::pickle::{Object, TensorInfo};
use candle_core::{Device, Error, Result, Tensor};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// PyTorch's magic number, pickled: the file's first bytes.
pub(super) const MAGIC: [u8; 15] =
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];

/// The name candle joins to a storage's key.
const FOLDER: &str = "storages";

/// The tensors of a state dict and where in the file each storage begins.
pub(super) struct LegacyTensors {
    file: PathBuf,
    tensors: HashMap<String, TensorInfo>,
    storages: HashMap<String, u64>,
}

impl LegacyTensors {
    pub(super) fn open(file: &Path) -> Result<LegacyTensors> {
        let mut reader = BufReader::new(File::open(file)?);
        reader.seek(SeekFrom::Start(MAGIC.len() as u64))?;
        let _protocol = pickle::read(&mut reader)?;
        let _system = pickle::read(&mut reader)?;
        let tensors = pickle::tensors(pickle::read(&mut reader)?, Path::new(FOLDER))?;
        let Object::List(keys) = pickle::read(&mut reader)? else {
            return Err(Error::Msg("it has no list of storages".into()));
        };
        let storages = locate(&mut reader, keys, &tensors)?;
        Ok(LegacyTensors { file: file.to_path_buf(), tensors, storages })
    }

    pub(super) fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.get(name)
    }

    pub(super) fn get(&self, name: &str) -> Result<Tensor> {
        let missing = || Error::Msg(format!("{name} has no storage"));
        let info = self.info(name).ok_or_else(missing)?;
        if !info.layout.is_contiguous() {
            return Err(Error::Msg(format!("{name} is a strided view, which is not supported")));
        }
        let storage = self.storages.get(&info.path).ok_or_else(missing)?;
        let mut reader = File::open(&self.file)?;
        // candle's offset is in bytes here.
        reader.seek(SeekFrom::Start(storage + info.layout.start_offset() as u64))?;
        let mut bytes = vec![0; info.layout.shape().elem_count() * info.dtype.size_in_bytes()];
        reader.read_exact(&mut bytes)?;
        Tensor::from_raw_buffer(&bytes, info.dtype, info.layout.dims(), &Device::Cpu)
    }
}

/// Each storage is its number of elements, then the elements; how large one is
/// only the tensors know.
fn locate(
    reader: &mut BufReader<File>,
    keys: Vec<Object>,
    tensors: &HashMap<String, TensorInfo>,
) -> Result<HashMap<String, u64>> {
    let sizes: HashMap<&str, usize> =
        tensors.values().map(|info| (info.path.as_str(), info.dtype.size_in_bytes())).collect();
    let length = reader.get_ref().metadata()?.len();
    let mut storages = HashMap::new();
    for key in keys {
        let key = key.unicode().map_err(|_| Error::Msg("a storage has no name".into()))?;
        let path = format!("{FOLDER}/{key}");
        let size =
            sizes.get(path.as_str()).ok_or_else(|| Error::Msg(format!("storage {key} is in no tensor")))?;
        let mut count = [0; 8];
        reader.read_exact(&mut count)?;
        let start = reader.stream_position()?;
        let end =
            u64::from_le_bytes(count).checked_mul(*size as u64).and_then(|bytes| bytes.checked_add(start));
        let end = end.filter(|&end| end <= length).ok_or_else(|| Error::Msg("it is truncated".into()))?;
        reader.seek(SeekFrom::Start(end))?;
        storages.insert(path, start);
    }
    Ok(storages)
}
