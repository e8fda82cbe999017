//! One byte changed, and the end cut off, at random places of each kind of file: the file
//! is named as damaged when it is opened.

use super::unnamed;
use crate::support::checkpoints;
use crate::support::counts::{record, tries};
use crate::support::drawn::drawn;
use crate::support::installed::{convolution_base, vgg16};
use crate::support::tiny::{self, TINY, flat};
use candle_core::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sevenlines::train::FitOptions;
use sevenlines::weights::{Layout, Normalisation, Weights, provenance, save_safetensors};
use sevenlines::{Backbone, Error};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SEED: u64 = 7;

/// Changes the byte at `at`; what it was before.
fn change(file: &Path, at: u64, to: impl Fn(u8) -> u8) -> u8 {
    let mut file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[to(byte[0])]).unwrap();
    byte[0]
}

/// Damages `file` at random places, one at a time; `judge` says what is wrong with what
/// comes of opening it then. Ends with a file cut off.
fn damaged(what: &str, file: &Path, mut judge: impl FnMut(&str) -> Option<String>) {
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let length = std::fs::metadata(file).unwrap().len();
    let count = tries(10, 100);
    let mut slowest = Duration::ZERO;
    let mut timed = |case: &str| {
        let began = Instant::now();
        let lost = judge(case);
        slowest = slowest.max(began.elapsed());
        lost
    };
    let mut lost = Vec::new();
    // The first and the last bytes, and random ones.
    let places: Vec<u64> = (0..count as u64)
        .map(|n| if n < 3 { n * (length - 1) / 2 } else { rng.random_range(0..length) })
        .collect();
    for at in places {
        let flip: u8 = rng.random_range(1..=255);
        let before = change(file, at, |byte| byte ^ flip);
        lost.extend(timed(&format!("byte {at} of {length}, {flip:#04x} turned")));
        change(file, at, |_| before);
    }
    let mut lengths: Vec<u64> = (0..count).map(|_| rng.random_range(0..length)).collect();
    lengths.sort_by(|a, b| b.cmp(a));
    let mut cut_off = Vec::new();
    for cut in lengths {
        OpenOptions::new().write(true).open(file).unwrap().set_len(cut).unwrap();
        cut_off.extend(timed(&format!("{cut} bytes of {length}")));
    }
    let figures = format!("{length} bytes; slowest {:.2} s", slowest.as_secs_f64());
    record(&format!("weights: {what}, one byte changed"), count, &lost, &figures);
    record(&format!("weights: {what}, cut off"), count, &cut_off, &figures);
}

/// The file must open whole, and be named as damaged otherwise.
fn named(what: &str, file: &Path, mut open: impl FnMut() -> Result<(), Error>) {
    open().unwrap();
    damaged(what, file, |case| unnamed(case, open(), file));
}

fn saved(folder: &Path, tensors: &tiny::Tensors) -> PathBuf {
    let file = folder.join("weights.safetensors");
    save_safetensors(&file, tensors, provenance("a test", "none", Normalisation::CAFFE)).unwrap();
    file
}

#[test]
fn the_convolution_base() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = candle_core::safetensors::load(convolution_base(), &Device::Cpu).unwrap();
    // Written anew, since the installed one may be from before there was a checksum.
    let file = saved(folder.path(), &tensors.into_iter().collect());
    named("the convolution base", &file, || Weights::open(&file).map(drop));
}

#[test]
fn all_sixteen_layers() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path(), &tiny::torchvision(1));
    named("all 16 layers, narrow", &file, || Weights::open_as(&file, TINY).map(drop));
}

/// In the hub's cache, where the file has its hash for a name.
#[test]
fn a_backbone() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = checkpoints::bytes(&checkpoints::tensors("mobilenetv4"));
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let repository = folder.path().join("models--timm--mobilenetv4_conv_small.e2400_r224_in1k");
    let blob = repository.join("blobs").join(&sha256);
    let file = repository.join("snapshots/1/model.safetensors");
    for path in [&blob, &file] {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
    std::fs::write(&blob, bytes).unwrap();
    std::os::unix::fs::symlink(Path::new("../../blobs").join(sha256), &file).unwrap();
    named("a backbone in the hub's cache", &file, || {
        Weights::open_for(Backbone::MobileNetV4, &file).map(drop)
    });
}

#[test]
fn a_saved_head() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("head.safetensors");
    let mut vgg = vgg16(0);
    vgg.ft(3).unwrap();
    vgg.save_weights(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    named("a saved head", &file, || vgg.load_weights(&file));
    vgg.save_weights(&file).unwrap();
    let tensors = |bytes: &[u8]| {
        let tensors = safetensors::SafeTensors::deserialize(bytes).unwrap();
        tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect::<HashMap<_, _>>()
    };
    let again = std::fs::read(&file).unwrap();
    assert!(tensors(&again) == tensors(&whole), "what could not be loaded changed nothing");
}

#[test]
fn a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut vgg = vgg16(0);
    let (batches, val_batches) = drawn(&vgg, folder.path(), (4, 4));
    vgg.finetune(&batches).unwrap();
    let options = FitOptions { nb_epoch: 1, checkpoints: Some(run.clone()), ..Default::default() };
    vgg.fit_with(&batches, &val_batches, options).unwrap();
    let file = run.join("epoch-1.safetensors");
    named("a checkpoint", &file, || vgg.resume(&run).map(drop));
}

/// Of a `.pth` not every byte matters (dates, attributes): an error, or the same numbers.
#[test]
fn a_pth_of_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/tiny_vgg.pth");
    let file = folder.path().join("tiny.pth");
    std::fs::copy(golden, &file).unwrap();
    let numbers = |weights: &Weights| {
        let pair = |(block, i)| weights.conv(block, i, &Device::Cpu);
        let pairs: Result<Vec<_>, Error> = Layout::convolutions().map(pair).collect();
        let flat = |(weight, bias)| [flat(&weight), flat(&bias)].concat();
        pairs.map(|pairs| pairs.into_iter().map(flat).collect::<Vec<_>>())
    };
    let whole = numbers(&Weights::open_as(&file, TINY).unwrap()).unwrap();
    let mut noticed = 0;
    damaged("a .pth", &file, |case| {
        match Weights::open_as(&file, TINY).and_then(|weights| numbers(&weights)) {
            Ok(numbers) if numbers == whole => None,
            Ok(_) => Some(format!("{case}: other numbers")),
            Err(error) if error.to_string().contains("tiny.pth") => {
                noticed += 1;
                None
            }
            Err(error) => Some(format!("{case}: {error}")),
        }
    });
    assert!(noticed > tries(10, 100), "most of the damage was noticed: {noticed}");
}
