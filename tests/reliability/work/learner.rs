//! Work of a learner: fit with checkpoints, features to the store, saved heads.

use super::{BASE, Work};
use crate::support::drawn::drawn;
use crate::support::installed::convolution_base;
use crate::support::tiny::flat;
use sevenlines::candle_core::{Device, Tensor};
use sevenlines::train::{FitOptions, HeadOptions, Schedule};
use sevenlines::{Error, Learner, Vgg16, utils};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// A head of some megabytes, saved over the one before.
pub const SAVE: Work =
    Work { name: "save_weights", prepare: draw, ready: heads, round: save, result: "head.safetensors" };
/// A numpy file.
pub const ARRAY: Work =
    Work { name: "save_array", prepare: |_| (), ready: |_| (), round: array, result: "array.npy" };

/// How many sets of pictures [`features`] goes through.
pub const SETS: usize = 4;

/// A VGG16 that keeps features in `folder`, so that the body looks at them once.
pub fn open(folder: &Path, seed: u64) -> Learner {
    let base = std::env::var_os(BASE).map_or_else(convolution_base, PathBuf::from);
    let features = folder.join("features");
    let builder = Vgg16::builder().weights(base).seed(seed).keep_features(true).features_folder(features);
    builder.build().expect("the convolution base opens")
}

/// Twelve drawn cats and dogs to train on, four to validate with.
pub fn draw(folder: &Path) {
    drawn(&open(folder, 0), folder, (5, 4));
}

/// So many epochs of a run with checkpoints, or those of them that are left.
pub fn fit(folder: &Path, epochs: usize) -> Result<(), Error> {
    let run = folder.join("run");
    let mut vgg = open(folder, 5);
    let (batches, val_batches) =
        (vgg.get_batches(folder.join("train"), 5)?, vgg.get_batches(folder.join("valid"), 4)?);
    match vgg.resume(&run) {
        Ok(history) => println!("resumed {}", history.epochs.len()),
        Err(Error::Missing { .. }) => {
            vgg.finetune(&batches)?;
            println!("resumed 0");
        }
        Err(error) => return Err(error),
    }
    println!("begin");
    let schedule = Schedule::one_cycle();
    let options = FitOptions { nb_epoch: epochs, schedule, checkpoints: Some(run), ..Default::default() };
    let history = vgg.fit_with(&batches, &val_batches, options)?;
    println!("epochs {}", history.epochs.len());
    Ok(())
}

/// The features of some sets, to the store, one set after the other; what the model then
/// says of each picture, as bits.
pub fn features(folder: &Path, sets: usize) -> Result<(), Error> {
    let mut vgg = open(folder, 5);
    let set = |vgg: &Learner, number: usize| vgg.get_batches(folder.join(format!("sets/{number}")), 4);
    let first = set(&vgg, 0)?;
    vgg.finetune(&first)?;
    println!("begin");
    for number in 0..sets {
        let probs = vgg.probs(&set(&vgg, number)?)?;
        let bits: Vec<String> = probs.rows.iter().flatten().map(|p| format!("{:08x}", p.to_bits())).collect();
        println!("set {number} {}", bits.join(" "));
    }
    Ok(())
}

thread_local! {
    static HEADS: RefCell<Vec<Learner>> = const { RefCell::new(Vec::new()) };
}

/// Two heads that differ in every number.
fn heads(folder: &Path) {
    let head = |seed| {
        let mut vgg = open(folder, seed);
        let batches = vgg.get_batches(folder.join("train"), 5).expect("the pictures are there");
        let options = HeadOptions { hidden: vec![512], ..Default::default() };
        vgg.finetune_with(&batches, options).expect("a head is made");
        vgg
    };
    HEADS.with_borrow_mut(|heads| *heads = [1, 2].map(head).into());
}

fn save(folder: &Path, round: usize) -> Result<(), Error> {
    HEADS.with_borrow(|heads| heads[round % 2].save_weights(folder.join(SAVE.result)))
}

fn array(folder: &Path, round: usize) -> Result<(), Error> {
    let numbers: Vec<f32> = (0..10_000).map(|n| (n * 2 + round % 2) as f32).collect();
    utils::save_array(folder.join(ARRAY.result), &Tensor::new(numbers, &Device::Cpu)?)
}

/// Every number that a safetensors file has, by name, as bits.
pub fn bits(file: &Path) -> std::collections::BTreeMap<String, Vec<u32>> {
    let tensors = sevenlines::candle_core::safetensors::load(file, &Device::Cpu).expect("the file is whole");
    let bits = |tensor| flat(tensor).into_iter().map(f32::to_bits).collect();
    tensors.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect()
}
