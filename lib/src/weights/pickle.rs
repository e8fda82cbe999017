//! Pickles of PyTorch's, read by candle, which runs nothing of them, after a look at what
//! they ask for.

use super::opcodes;
use candle_core::pickle::{Object, Stack, TensorInfo};
use candle_core::{Error, Result};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use zip::{CompressionMethod, ZipArchive};

/// No state dict's pickle is longer: the numbers lie elsewhere.
const LONGEST: u64 = 4 << 20;
/// No tensor has more bytes, and none begins behind so many.
const LARGEST: u64 = 1 << 40;

/// The pickle that begins where the reader is, which then stands behind it.
pub(super) fn read(reader: &mut (impl Read + Seek)) -> Result<Object> {
    let start = reader.stream_position()?;
    let mut bytes = Vec::new();
    reader.take(LONGEST).read_to_end(&mut bytes)?;
    let length = opcodes::length(&bytes).map_err(malformed)?;
    reader.seek(SeekFrom::Start(start + length as u64))?;
    parse(&bytes[..length])
}

fn parse(bytes: &[u8]) -> Result<Object> {
    let mut stack = Stack::empty();
    stack.read_loop(&mut &bytes[..])?;
    stack.finalize()
}

/// The tensors of a dict, or of the dict under `state_dict` in a checkpoint. `folder` is
/// put before the names of their storages.
pub(super) fn tensors(object: Object, folder: &Path) -> Result<HashMap<String, TensorInfo>> {
    let mut tensors = HashMap::new();
    for (name, value) in state_dict(object)? {
        check(&value)?;
        if let Some(info) = value.into_tensor_info(name, folder)? {
            tensors.insert(info.name.clone(), info);
        }
    }
    Ok(tensors)
}

fn state_dict(object: Object) -> Result<Vec<(Object, Object)>> {
    let Object::Dict(mut entries) = object else {
        return Err(Error::Msg("it holds no state dict".into()));
    };
    let key = Object::Unicode("state_dict".into());
    match entries.iter().position(|(name, _)| *name == key) {
        Some(nested) => state_dict(entries.swap_remove(nested).1),
        None => Ok(entries),
    }
}

/// Looks through the zip file of a `.pth` before candle opens it: its pickle, and all its
/// entries against their checksums, which candle does not compare.
pub(super) fn check_zip(file: &Path) -> Result<()> {
    let mut zip = ZipArchive::new(BufReader::new(File::open(file)?)).map_err(Error::wrap)?;
    let mut left = std::fs::metadata(file)?.len();
    let mut found = false;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(Error::wrap)?;
        let name = entry.name().map_err(Error::wrap)?.into_owned();
        // PyTorch compresses nothing, so all of it together is no larger than the file.
        left = match left.checked_sub(entry.size()) {
            Some(left) if entry.compression() == CompressionMethod::Stored => left,
            _ => return Err(malformed(format!("its entry {name} is not stored as PyTorch stores it"))),
        };
        let mut bytes = Vec::new();
        if name.ends_with("data.pkl") {
            (&mut entry).take(LONGEST + 1).read_to_end(&mut bytes)?;
            let length = opcodes::length(&bytes).map_err(malformed)?;
            check_entries(parse(&bytes[..length])?)?;
            found = true;
        }
        std::io::copy(&mut entry, &mut std::io::sink())
            .map_err(|error| malformed(format!("its entry {name} does not read ({error})")))?;
    }
    match found {
        true => Ok(()),
        false => Err(malformed("it holds no data.pkl".to_owned())),
    }
}

/// Any dict in it that candle may take for the state dict.
fn check_entries(object: Object) -> Result<()> {
    let inner = match object {
        Object::Build { args, .. } => *args,
        other => other,
    };
    let Object::Dict(entries) = inner else { return Ok(()) };
    for (name, value) in entries {
        check(&value)?;
        if name == Object::Unicode("state_dict".into()) {
            check_entries(value)?;
        }
    }
    Ok(())
}

/// Refuses a tensor on whose description candle would stumble.
fn check(value: &Object) -> Result<()> {
    match rebuilt(value) {
        Some(args) if !is_sound(args) => {
            Err(malformed("a tensor in it is not described as PyTorch does".into()))
        }
        _ => Ok(()),
    }
}

/// What a tensor is to be rebuilt from.
fn rebuilt(value: &Object) -> Option<&Object> {
    let Object::Reduce { callable, args } = value else { return None };
    let Object::Class { module_name, class_name } = &**callable else { return None };
    match (module_name.as_str(), class_name.as_str(), &**args) {
        ("torch._utils", "_rebuild_tensor_v2", args) => Some(args),
        ("torch._utils", "_rebuild_parameter", Object::Tuple(args)) if !args.is_empty() => rebuilt(&args[0]),
        ("torch._tensor", "_rebuild_from_type_v2", Object::Tuple(args)) if args.len() > 2 => {
            let tensor =
                matches!(&args[0], Object::Class { class_name, .. } if class_name == "_rebuild_tensor_v2");
            tensor.then_some(&args[2])
        }
        ("torch._utils", "_rebuild_parameter", args) => Some(args),
        ("torch._tensor", "_rebuild_from_type_v2", args) => Some(args),
        _ => None,
    }
}

/// Whether these are storage, offset, shape and strides, of a size that can be.
fn is_sound(args: &Object) -> bool {
    let Object::Tuple(args) = args else { return false };
    let [Object::PersistentLoad(storage), offset, Object::Tuple(shape), Object::Tuple(strides), ..] =
        args.as_slice()
    else {
        return false;
    };
    let Object::Tuple(storage) = &**storage else { return false };
    let offset = match offset {
        Object::Int(offset) => i64::from(*offset),
        Object::Long(offset) => *offset,
        _ => return false,
    };
    let below = |number: Option<u64>| number.is_some_and(|number| number <= LARGEST / 8);
    let sizes = |sizes: &[Object]| {
        sizes.iter().try_fold(1u64, |product, size| match size {
            Object::Int(size) => product.checked_mul(u64::try_from(*size).ok()?.max(1)),
            _ => None,
        })
    };
    let strides_fit = strides.iter().all(|stride| matches!(stride, Object::Int(stride) if *stride >= 0));
    storage.len() > 4 && below(offset.try_into().ok()) && below(sizes(shape)) && strides_fit
}

/// For [`crate::fuzzing`]: what candle makes of a pickle, which need not be in a file.
#[cfg(fuzzing)]
pub(crate) fn fuzz_pickle(bytes: &[u8]) {
    let Ok(object) = read(&mut std::io::Cursor::new(bytes)) else { return };
    let _ = check_entries(object.clone());
    for info in tensors(object, Path::new("data")).into_iter().flatten().map(|(_, info)| info) {
        let count = info.layout.shape().elem_count() as u64;
        assert!(count <= LARGEST && info.layout.start_offset() as u64 <= LARGEST);
    }
}

/// In few words: an error of candle's may show all that it met.
pub(super) fn in_short(error: &Error) -> String {
    let mut text: String = error.to_string().chars().take(300).collect();
    if text.len() < error.to_string().len() {
        text.push_str("...");
    }
    text
}

fn malformed(reason: String) -> Error {
    Error::Msg(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unicode(text: &str) -> Object {
        Object::Unicode(text.to_owned())
    }

    fn class(module: &str, name: &str) -> Object {
        Object::Class { module_name: module.to_owned(), class_name: name.to_owned() }
    }

    /// `_rebuild_tensor_v2` of these, as protocol 2 has it.
    fn tensor(storage: Vec<Object>, offset: Object, shape: Vec<Object>, strides: Vec<Object>) -> Object {
        let storage = Object::PersistentLoad(Box::new(Object::Tuple(storage)));
        let args = vec![storage, offset, Object::Tuple(shape), Object::Tuple(strides)];
        let callable = Box::new(class("torch._utils", "_rebuild_tensor_v2"));
        Object::Reduce { callable, args: Box::new(Object::Tuple(args)) }
    }

    fn storage() -> Vec<Object> {
        vec![unicode("storage"), class("torch", "FloatStorage"), unicode("0"), unicode("cpu"), Object::Int(6)]
    }

    #[test]
    fn only_tensors_that_can_be_are_handed_to_candle() {
        let six = || vec![Object::Int(2), Object::Int(3)];
        let dict = |value: Object| Object::Dict(vec![(unicode("w"), value)]);
        let good = tensor(storage(), Object::Int(0), six(), vec![Object::Int(3), Object::Int(1)]);
        assert_eq!(tensors(dict(good), Path::new("data")).unwrap()["w"].layout.dims(), [2, 3]);
        let huge = vec![Object::Int(i32::MAX); 4];
        let bad = [
            tensor(storage()[..4].to_vec(), Object::Int(0), six(), six()),
            tensor(storage(), Object::Long(i64::MAX), six(), six()),
            tensor(storage(), Object::Int(-1), six(), six()),
            tensor(storage(), Object::Int(0), huge.clone(), huge),
            tensor(storage(), Object::Int(0), vec![Object::Int(-2)], six()),
            Object::Reduce {
                callable: Box::new(class("torch._utils", "_rebuild_tensor_v2")),
                args: Box::new(Object::Tuple(vec![Object::None])),
            },
            Object::Reduce {
                callable: Box::new(class("torch._tensor", "_rebuild_from_type_v2")),
                args: Box::new(Object::Tuple(vec![])),
            },
        ];
        for value in bad {
            let error = tensors(dict(value.clone()), Path::new("data")).unwrap_err().to_string();
            assert!(error.contains("not described"), "{error}: {value:?}");
        }
    }
}
