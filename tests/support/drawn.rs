//! A few drawn cats and dogs, for tests that need a network to learn something.

use sevenlines::Learner;
use sevenlines::data::Batches;
use sevenlines::data::drawn::{Animal, draw};
use std::path::Path;

/// 12 drawn pictures to train on and 4 to validate with, in batches of these sizes.
pub fn drawn(vgg: &Learner, folder: &Path, sizes: (usize, usize)) -> (Batches, Batches) {
    draw_into(folder, ["cats", "dogs"]);
    (
        vgg.get_batches(folder.join("train"), sizes.0).expect("train opens"),
        vgg.get_batches(folder.join("valid"), sizes.1).expect("valid opens"),
    )
}

/// The same, but what is called a cat to validate with is a dog: the better the network
/// learns, the greater its validation loss.
pub fn contrary(vgg: &Learner, folder: &Path, sizes: (usize, usize)) -> (Batches, Batches) {
    draw_into(folder, ["dogs", "cats"]);
    (
        vgg.get_batches(folder.join("train"), sizes.0).expect("train opens"),
        vgg.get_batches(folder.join("valid"), sizes.1).expect("valid opens"),
    )
}

fn draw_into(folder: &Path, valid: [&str; 2]) {
    for (animal, train, valid) in [(Animal::Cat, "cats", valid[0]), (Animal::Dog, "dogs", valid[1])] {
        for n in 0..8 {
            let class = if n < 6 { Path::new("train").join(train) } else { Path::new("valid").join(valid) };
            let class = folder.join(class);
            std::fs::create_dir_all(&class).expect("the folder is made");
            draw(animal, n).save(class.join(format!("{n}.png"))).expect("the picture is written");
        }
    }
}
