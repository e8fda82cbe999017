//! NumPy's `.npy` files, looked at before candle reads them: it sets aside as much memory
//! as the header asks for, and does not ask whether the file is as long.

use candle_core::{Error, Result, Tensor};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What every file begins with; the version follows.
const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy refuses longer headers too.
const LONGEST_HEADER: usize = 10_000;

/// The array in a file that holds that and nothing else.
pub(crate) fn read(path: &Path) -> Result<Tensor> {
    let length = std::fs::metadata(path)?.len();
    let (start, header) = header(&mut File::open(path)?)?;
    let count = shape(&header).ok_or_else(|| bad("its header does not tell its shape as NumPy does"))?;
    let count = count.filter(|count| *count <= length).ok_or_else(|| bad("it is cut off"))?;
    let tensor = Tensor::read_npy(path)?;
    match start as u64 + count * tensor.dtype().size_in_bytes() as u64 {
        end if end == length => Ok(tensor),
        end => Err(bad(&format!("it has {length} bytes, and its header speaks of {end}"))),
    }
}

/// Where the numbers begin, and the text before them.
fn header(file: &mut File) -> Result<(usize, String)> {
    let mut start = [0; 8];
    file.read_exact(&mut start)?;
    let mut length = [0; 4];
    let digits = match start {
        _ if !start.starts_with(MAGIC) => return Err(bad("it is no .npy file")),
        [.., 1, _] => 2,
        [.., 2, _] => 4,
        [.., version, _] => return Err(bad(&format!("its version, {version}, is not known"))),
    };
    file.read_exact(&mut length[..digits])?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err(bad(&format!("its header says that it is {length} bytes long")));
    }
    let mut header = vec![0; length];
    file.read_exact(&mut header)?;
    Ok((start.len() + digits + length, String::from_utf8_lossy(&header).into_owned()))
}

/// How many numbers the header speaks of, if it is one that can be read in one way alone;
/// inner `None` if they are more than can be counted.
fn shape(header: &str) -> Option<Option<u64>> {
    let (_, after) = header.split_once("'shape': (")?;
    let (sides, rest) = after.split_once(')')?;
    // candle also reads digits that stand behind the bracket.
    let is_ended = rest.trim_start().starts_with([',', '}']);
    let once = |what: &str| header.matches(what).count() == 1;
    if !(is_ended && once("shape") && once("(") && once(")")) {
        return None;
    }
    let mut count = Some(1u64);
    for side in sides.split(',').map(str::trim).filter(|side| !side.is_empty()) {
        let side: u64 = side.parse().ok()?;
        // An empty side does not make the others smaller.
        count = count.and_then(|count| count.checked_mul(side.max(1)));
    }
    let is_empty = sides.split(',').any(|side| side.trim().parse() == Ok(0u64));
    Some(count.map(|count| if is_empty { 0 } else { count }))
}

fn bad(reason: &str) -> Error {
    Error::Npy(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn only_shapes_that_candle_reads_in_the_same_way() {
        let header = |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
        assert_eq!(shape(&header("(2, 3)")), Some(Some(6)));
        assert_eq!(shape(&header("(7,)")), Some(Some(7)));
        assert_eq!(shape(&header("()")), Some(Some(1)));
        assert_eq!(shape(&header("(0, 5)")), Some(Some(0)));
        assert_eq!(shape(&header("(4294967296, 4294967296)")), Some(None));
        assert_eq!(shape(&header("(4294967296, 4294967296, 0)")), Some(None));
        for unclear in ["(2, -3)", "(2, 3), 'shape': (9, 9)", "(2, (3))", "9", "(2.5,)", "(,,)88888888888"] {
            assert_eq!(shape(&header(unclear)), None, "{unclear}");
        }
    }
}
