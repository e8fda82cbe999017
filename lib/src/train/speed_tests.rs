//! How long an epoch takes on features that are there already. Measurements, run by
//! name on a quiet machine:
//! `cargo test --release -p sevenlines --lib epochs_on_stored -- --ignored --nocapture`.

use crate::data::{BatchOptions, Batches, Content};
use crate::formulas::uniform;
use crate::learner::Learner;
use crate::train::FitOptions;
use crate::vgg16::Vgg16;
use std::path::Path;
use std::sync::Arc;

/// A set of `count` small pictures, each another, in two classes.
fn pictures(folder: &Path, count: usize) -> Batches {
    for index in 0..count {
        let class = folder.join(["cats", "dogs"][index % 2]);
        std::fs::create_dir_all(&class).unwrap();
        let [_, red, green, blue] = (index as u32).to_be_bytes();
        let picture = image::RgbImage::from_pixel(2, 2, image::Rgb([red, green, blue]));
        picture.save(class.join(format!("{index}.png"))).unwrap();
    }
    Batches::open(folder, 64, BatchOptions::default(), 0).unwrap()
}

/// Puts features into the model's store, as if the body had run.
fn store(vgg: &mut Learner, batches: &Batches) {
    vgg.store.lookup(batches);
    let width = vgg.features().width();
    for (index, item) in batches.items().iter().enumerate() {
        let mut row = uniform(index as u64, width, 1.0);
        row.iter_mut().step_by(7).for_each(|v| *v += item.class as f32 * 0.1);
        let content = Content::of(&std::fs::read(&item.path).unwrap());
        vgg.store.put(batches, index, content, Arc::from(row));
    }
}

#[test]
#[ignore = "a measurement"]
fn epochs_on_stored_features() {
    let count = |name, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (train, valid) = (count("TRAIN", 1600), count("VALID", 400));
    let folder = tempfile::tempdir().unwrap();
    let batches = pictures(&folder.path().join("train"), train);
    let val_batches = pictures(&folder.path().join("valid"), valid);
    // What is put there is not what the body would give: not on the user's disk.
    let mut vgg = Vgg16::builder().keep_features(false).build().unwrap();
    store(&mut vgg, &batches);
    store(&mut vgg, &val_batches);
    for _round in 0..2 {
        vgg.finetune(&batches).unwrap();
        let options = FitOptions { nb_epoch: count("EPOCHS", 5), ..Default::default() };
        let start = std::time::Instant::now();
        let history = vgg.fit_with(&batches, &val_batches, options).unwrap();
        let whole = start.elapsed().as_secs_f64() * 1e3;
        let epochs: Vec<String> = history.epochs.iter().map(|e| format!("{:.1}", e.seconds * 1e3)).collect();
        println!("{train} + {valid} pictures: epochs of {} ms; fit {whole:.1} ms", epochs.join(", "));
    }
}
