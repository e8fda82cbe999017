//! Writing tensors to a safetensors file that is either whole or not there.

use super::checksum;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::path::Path;

/// Writes `tensors` and `metadata` to `file`, with a checksum that is compared when the
/// file is opened: under a temporary name beside it, read back and compared, then renamed
/// over what was there.
///
/// # Errors
/// [`Error::Io`] if the disk refuses, [`Error::Corrupt`] if what is read back
/// differs.
pub fn save_safetensors(
    file: &Path,
    tensors: &[(String, Tensor)],
    mut metadata: HashMap<String, String>,
) -> Result<()> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let temporary = tempfile::Builder::new()
        .prefix(".weights-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(Error::io("write in", folder))?;
    checksum::announce(&mut metadata);
    let by_name = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    safetensors::serialize_to_file(by_name, Some(metadata), temporary.path()).map_err(|e| Error::Io {
        action: "write",
        path: file.into(),
        source: std::io::Error::other(e),
    })?;
    checksum::seal(temporary.path()).map_err(Error::io("write", file))?;
    compare(temporary.path(), tensors)?;
    temporary.as_file().sync_all().map_err(Error::io("write", file))?;
    temporary.persist(file).map_err(|e| Error::io("write", file)(e.error))?;
    readable_by_all(file);
    Ok(())
}

fn compare(file: &Path, tensors: &[(String, Tensor)]) -> Result<()> {
    let differs = |name: &str| Error::Corrupt {
        path: file.to_path_buf(),
        reason: format!("tensor {name} was not written as it is"),
        hint: "is the disk full or failing?".into(),
    };
    let read = candle_core::safetensors::load(file, &Device::Cpu)?;
    for (name, tensor) in tensors {
        let back =
            read.get(name).filter(|back| back.dims() == tensor.dims() && back.dtype() == tensor.dtype());
        let back = back.ok_or_else(|| differs(name))?;
        let tensor = tensor.to_device(&Device::Cpu)?;
        if bytes(back)? != bytes(&tensor)? {
            return Err(differs(name));
        }
    }
    Ok(())
}

/// The tensor's numbers as bits, so that a NaN equals itself.
fn bytes(tensor: &Tensor) -> Result<Vec<u32>> {
    let numbers = tensor.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1::<f32>()?;
    Ok(numbers.into_iter().map(f32::to_bits).collect())
}

/// A temporary file is its owner's alone; what is installed need not be.
fn readable_by_all(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A file system without permissions is no reason to fail.
        let _ = std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644));
    }
}
