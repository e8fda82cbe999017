//! The seven lines on real photographs, in a plain Rust program.

mod support;

use sevenlines::conv::Precision;
use std::time::Instant;
use support::installed::{builder, shared, vgg16};

#[test]
fn the_seven_lines_learn_cats_from_dogs_for_every_seed() {
    let Some(path) = shared("the_seven_lines_learn_cats_from_dogs_for_every_seed", "photos") else { return };
    let batch_size = 64;
    let mut vgg = vgg16(0);
    let batches = vgg.get_batches(path.join("train"), batch_size).unwrap();
    let val_batches = vgg.get_batches(path.join("valid"), batch_size * 2).unwrap();
    assert_eq!(batches.to_string(), "Found 395 images belonging to 2 classes.");
    vgg.finetune(&batches).unwrap();
    let history = vgg.fit(&batches, &val_batches, 1).unwrap();
    assert!(history.val_acc() >= 0.97, "{history}");
    assert_eq!(vgg.features_kept(), 493);

    // The body has seen every picture: other heads must not run it again.
    let start = Instant::now();
    for attempt in 1..5 {
        vgg.finetune(&batches).unwrap();
        let again = vgg.fit(&batches, &val_batches, 1).unwrap();
        assert!(again.val_acc() >= 0.97, "head {attempt}: {again}");
    }
    assert!(start.elapsed().as_secs_f64() < 5.0, "the body ran again: {:?}", start.elapsed());
}

#[test]
fn bfloat16_learns_them_as_well() {
    let Some(path) = shared("bfloat16_learns_them_as_well", "photos") else { return };
    if !Precision::Bfloat16.is_available() {
        eprintln!("SKIPPED bfloat16_learns_them_as_well: this processor has no bfloat16 products");
        return;
    }
    let mut vgg = builder(0).precision(Precision::Bfloat16).build().unwrap();
    let batches = vgg.get_batches(path.join("train"), 64).unwrap();
    let val_batches = vgg.get_batches(path.join("valid"), 128).unwrap();
    let mut least = 1f32;
    for _ in 0..5 {
        vgg.finetune(&batches).unwrap();
        least = least.min(vgg.fit(&batches, &val_batches, 1).unwrap().val_acc());
    }
    println!("bfloat16: val_acc of five heads is at least {least:.4}");
    assert!(least >= 0.97, "{least}");
}
