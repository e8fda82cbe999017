//! Writing tensors to a safetensors file that is either whole or not there.

use super::checksum;
use crate::disk::DraftFile;
use crate::{Error, Result};
use candle_core::Tensor;
use std::collections::HashMap;
use std::io::Read;
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
    checksum::announce(&mut metadata);
    let by_name = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let mut bytes = safetensors::serialize(by_name, Some(metadata))
        .map_err(|error| Error::io("write", file)(std::io::Error::other(error)))?;
    checksum::seal(&mut bytes).map_err(Error::io("write", file))?;
    let mut draft = DraftFile::new(file)?;
    draft.write(&bytes)?;
    match holds(draft.part(), &bytes).map_err(Error::io("read", draft.part()))? {
        true => draft.finish(),
        false => Err(Error::Corrupt {
            path: file.to_path_buf(),
            reason: "what was written does not read back the same".into(),
            hint: "is the disk failing? What was there before is there still".into(),
        }),
    }
}

/// Whether a file holds these bytes and no others.
fn holds(file: &Path, mut bytes: &[u8]) -> std::io::Result<bool> {
    let mut reader = std::fs::File::open(file)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok(bytes.is_empty()),
            read if !bytes.starts_with(&piece[..read]) => return Ok(false),
            read => bytes = &bytes[read..],
        }
    }
}
