//! Headers that lie: safetensors as weights, as a saved head, and NumPy's arrays.

use super::unnamed;
use crate::support::counts::record;
use crate::support::installed::vgg16;
use crate::support::tiny::{self, TINY};
use sevenlines::Error;
use sevenlines::utils::{load_array, save_array};
use sevenlines::weights::Weights;
use std::fs::OpenOptions;
use std::path::Path;
use std::time::{Duration, Instant};

/// A safetensors file of this header, which says that it has `length` bytes.
fn file(header: &str, length: u64, data: usize) -> Vec<u8> {
    [&length.to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
}

fn honest(header: &str, data: usize) -> Vec<u8> {
    file(header, header.len() as u64, data)
}

/// Headers that are none, or that no data can fit.
fn lies() -> Vec<(&'static str, Vec<u8>)> {
    let tensor = |about: &str| format!("{{\"features.0.weight\":{{{about}}}}}");
    let floats = |shape: &str, from: u64, to: u64| {
        tensor(&format!("\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{from},{to}]"))
    };
    let two = |name: &str, first: &str, second: &str| {
        let about = |at: &str| format!("{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{at}}}");
        format!("{{\"a\":{},\"{name}\":{}}}", about(first), about(second))
    };
    let whole = tiny::safetensors(&tiny::convolutions(1));
    let longer = |more: i64| {
        let length = i64::from_le_bytes(whole[..8].try_into().unwrap()) + more;
        [&length.to_le_bytes()[..], &whole[8..]].concat()
    };
    vec![
        ("a length of 0", file("{}", 0, 8)),
        ("a length of 2 to the 64th", file("{}", u64::MAX, 0)),
        ("a length of 2 to the 63rd", file("{}", 1 << 63, 0)),
        ("a length of 100 MB", file("{}", 100_000_000, 0)),
        ("a length beyond the end", file("{}", 3, 0)),
        ("a byte too long", longer(1)),
        ("a byte too short", longer(-1)),
        ("8 bytes too long", longer(8)),
        ("overlapping tensors", honest(&two("b", "[0,8]", "[4,12]"), 12)),
        ("a gap between tensors", honest(&two("b", "[0,8]", "[12,20]"), 20)),
        ("a name twice", honest(&two("a", "[0,8]", "[8,16]"), 16)),
        ("offsets backwards", honest(&floats("[2]", 8, 0), 8)),
        ("offsets beyond the end", honest(&floats("[2]", 0, 1 << 60), 8)),
        ("the largest offsets", honest(&floats("[2]", u64::MAX - 8, u64::MAX), 8)),
        ("a shape that overflows", honest(&floats("[4294967296,4294967296,4]", 0, 0), 0)),
        ("a shape of the largest number", honest(&floats("[18446744073709551615]", 0, 8), 8)),
        ("a shape beyond 64 bits", honest(&floats("[99999999999999999999]", 0, 8), 8)),
        ("a negative shape", honest(&floats("[-2]", 0, 8), 8)),
        ("a shape that is too small", honest(&floats("[1]", 0, 8), 8)),
        ("an unknown type", honest(&tensor("\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]"), 8)),
        ("no type", honest(&tensor("\"shape\":[2],\"data_offsets\":[0,8]"), 8)),
        ("metadata that is a number", honest("{\"__metadata__\":{\"format\":7}}", 0)),
        ("no JSON", honest("{{{{{{{{", 0)),
        ("no UTF-8", [&9u64.to_le_bytes()[..], b"{\"\xff\xfe\":1}\x20"].concat()),
        ("100,000 brackets", honest(&format!("{{\"a\":{}", "[".repeat(100_000)), 0)),
        ("data behind the end", [&whole[..], b"more"].concat()),
        ("nothing but a length", 8u64.to_le_bytes().to_vec()),
        ("nothing", Vec::new()),
    ]
}

/// `open` refuses every file, named and soon.
fn refused(
    what: &str,
    name: &str,
    files: Vec<(&'static str, Vec<u8>)>,
    mut open: impl FnMut(&Path) -> Result<(), Error>,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let (mut lost, mut slowest, count) = (Vec::new(), Duration::ZERO, files.len() + 1);
    let mut judge = |case: &str| {
        let began = Instant::now();
        lost.extend(unnamed(case, open(&path), &path));
        slowest = slowest.max(began.elapsed());
    };
    for (case, bytes) in files {
        std::fs::write(&path, bytes).unwrap();
        judge(case);
    }
    // 100 MB that are really there, of a file that takes no room on the disk.
    std::fs::write(&path, file("{", 99_999_999, 0)).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(100_000_007).unwrap();
    judge("a header of 100 MB");
    if slowest > Duration::from_secs(5) {
        lost.push(format!("the slowest took {slowest:?}"));
    }
    record(what, count, &lost, &format!("slowest {:.2} s", slowest.as_secs_f64()));
}

#[test]
fn safetensors_that_lie() {
    refused("weights: headers of safetensors that lie", "w.safetensors", lies(), |file| {
        Weights::open_as(file, TINY).map(drop)
    });
    let sides = format!("[{}1]", "1,".repeat(100_000));
    let about = format!("\"dtype\":\"F32\",\"shape\":{sides},\"data_offsets\":[0,4]");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    std::fs::write(&path, honest(&format!("{{\"features.0.weight\":{{{about}}}}}"), 4)).unwrap();
    let error = Weights::open_as(&path, TINY).unwrap_err();
    assert!(
        matches!(error, Error::WeightShape { .. }) && error.to_string().len() < 1000,
        "a shape of 100,000 sides"
    );
    let mut vgg = vgg16(0);
    refused("weights: headers of saved heads that lie", "head.safetensors", lies(), |file| {
        vgg.load_weights(file)
    });
}

#[test]
fn arrays_that_lie() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.npy");
    let array = candle_core::Tensor::new(&[[1f32, 2.0], [3.0, 4.0]], &candle_core::Device::Cpu).unwrap();
    save_array(&good, &array).unwrap();
    assert_eq!(load_array(&good).unwrap().to_vec2::<f32>().unwrap(), [[1.0, 2.0], [3.0, 4.0]]);
    let whole = std::fs::read(&good).unwrap();
    let npy = |version: u8, length: &[u8], header: &str, data: usize| {
        [b"\x93NUMPY", &[version, 0][..], length, header.as_bytes(), &vec![0; data]].concat()
    };
    let one =
        |header: &str, data: usize| npy(1, &u16::try_from(header.len()).unwrap().to_le_bytes(), header, data);
    let shaped = |shape: &str, data: usize| {
        one(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"), data)
    };
    let cases = vec![
        ("a shape that overflows", shaped("(4294967296, 4294967296, 4)", 0)),
        ("an empty side that hides it", shaped("(4294967296, 4294967296, 0)", 0)),
        ("a terabyte", shaped("(250000000000,)", 16)),
        ("a side too many", shaped("(2, 3)", 16)),
        ("a side too few", shaped("(3,)", 16)),
        ("a negative side", shaped("(-4,)", 16)),
        ("two shapes", shaped("(4,), 'shape': (250000000000,)", 16)),
        ("no shape", one("{'descr': '<f4', 'fortran_order': False, }", 16)),
        ("columns first", one("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16)),
        ("the other byte order", one("{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }", 16)),
        ("a pickled object", one("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 16)),
        ("a header of 4 GB", npy(2, &u32::MAX.to_le_bytes(), "{", 0)),
        ("a header beyond the end", npy(1, &9999u16.to_le_bytes(), "{", 0)),
        ("version 9", npy(9, &[2, 0], "{}", 0)),
        ("cut off", whole[..whole.len() - 1].to_vec()),
        ("cut off in the header", whole[..20].to_vec()),
        ("more than it says", [&whole[..], b"0"].concat()),
        ("no array", b"PK\x03\x04 and so on".to_vec()),
        ("nothing", Vec::new()),
    ];
    refused("weights: headers of .npy files that lie", "a.npy", cases, |file| load_array(file).map(drop));
}
