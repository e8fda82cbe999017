//! What a model got right and wrong, chosen from probabilities that are written out, and
//! heat maps on the real convolution base.

mod support;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use sevenlines::data::drawn::{Animal, draw};
use sevenlines::prelude::*;
use support::{installed, pictures};

/// Six pictures of cats, dogs and foxes: what the model says of each.
const ROWS: [[f32; 3]; 6] = [
    [0.90, 0.06, 0.04], // a cat, rightly
    [0.10, 0.80, 0.10], // a cat, taken for a dog
    [0.05, 0.70, 0.25], // a dog, rightly
    [0.02, 0.97, 0.01], // a dog, rightly
    [0.20, 0.44, 0.36], // a fox, taken for a dog, unsurely
    [0.00, 0.40, 0.60], // a fox, rightly
];

/// The set, and the folder that it lies in for as long as it is used.
fn animals() -> (Batches, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = pictures::classes(folder.path(), &[("cats", 2), ("dogs", 2), ("foxes", 2)]);
    (Batches::open(path, 4, BatchOptions::default(), 7).unwrap(), folder)
}

fn said(batches: &Batches, rows: &[[f32; 3]]) -> Interpretation {
    let rows = rows.iter().map(|row| row.to_vec()).collect();
    Interpretation::from_probs(batches, Probs { classes: batches.classes().to_vec(), rows }).unwrap()
}

/// Heading and tiles as text.
fn lines(grid: &Grid) -> Vec<String> {
    grid.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn figures_are_those_of_the_probabilities() {
    let (batches, _folder) = animals();
    let interp = said(&batches, &ROWS);
    assert_eq!((interp.len(), interp.right(), interp.wrong()), (6, vec![0, 2, 3, 5], vec![1, 4]));
    assert_eq!(interp.labels(), [0, 0, 1, 1, 2, 2]);
    assert_eq!(interp.predicted(), [0, 1, 1, 1, 1, 2]);
    assert_eq!(interp.counts(), [[1, 1, 0], [0, 2, 0], [0, 1, 1]]);
    assert!((interp.accuracy() - 4.0 / 6.0).abs() < 1e-6);
    let own = [0.9f32, 0.1, 0.7, 0.97, 0.36, 0.6].map(|p| -p.ln());
    assert!(interp.losses().iter().zip(own).all(|(a, b)| (a - b).abs() < 1e-6));
    assert!((interp.loss() - own.iter().sum::<f32>() / 6.0).abs() < 1e-6);
    assert!(interp.files()[4].ends_with("foxes/0.png"));
    assert_eq!(interp.probs().rows[5], ROWS[5]);
    assert_eq!(
        interp.to_string(),
        "4 pictures right, 2 wrong - acc: 0.6667 - loss: 0.7213
class  precision  recall     f1  pictures
-----  ---------  ------  -----  --------
cats       1.000   0.500  0.667         2
dogs       0.500   1.000  0.667         2
foxes      1.000   0.500  0.667         2"
    );
    interp.evcxr_display();
}

#[test]
fn pictures_are_chosen_as_in_fast_ai_s_notebook() {
    let (batches, _folder) = animals();
    let interp = said(&batches, &ROWS);
    // Said to be dogs, and are; said to be dogs, and are not: the surest first.
    assert_eq!(
        lines(&interp.most_correct("dogs", 4).unwrap()),
        ["Most surely dogs, and are: 2 of 2", "✓ dogs 0.97  1.png", "✓ dogs 0.70  0.png"]
    );
    assert_eq!(
        lines(&interp.most_incorrect("dogs", 4).unwrap()),
        [
            "Most surely dogs, and are not: 2 of 2",
            "✗ dogs 0.80, is cats  1.png",
            "✗ dogs 0.44, is foxes  0.png"
        ]
    );
    assert_eq!(lines(&interp.most_incorrect("cats", 4).unwrap()), ["no picture was wrongly said to be cats"]);
    assert_eq!(
        lines(&interp.most_uncertain(2).unwrap()),
        ["Most uncertain: 2 of 6", "✗ dogs 0.44, is foxes  0.png", "✓ foxes 0.60  1.png"]
    );
    assert_eq!(
        lines(&interp.top_losses(2).unwrap()),
        [
            "Top losses: predicted / actual / loss / probability",
            "✗ dogs / cats / 2.30 / 0.80  1.png",
            "✗ dogs / foxes / 1.02 / 0.44  0.png"
        ]
    );
    let grid = interp.grid(&[3, 4]).unwrap();
    assert_eq!(lines(&grid), ["✓ dogs 0.97  1.png", "✗ dogs 0.44, is foxes  0.png"]);
    assert_eq!(grid.tiles()[0].picture.dimensions(), (160, 160));
    assert_eq!([grid.tiles()[0].mark, grid.tiles()[1].mark], [Mark::Right, Mark::Wrong]);
}

#[test]
fn random_ones_are_the_seed_s_and_as_many_as_there_are() {
    let (batches, folder) = animals();
    let interp = said(&batches, &ROWS);
    let right = interp.correct_at_random(3).unwrap();
    assert_eq!(right, interp.correct_at_random(3).unwrap());
    assert_eq!((right.tiles().len(), lines(&right)[0].as_str()), (3, "Correct, at random: 3 of 4"));
    assert!(right.tiles().iter().all(|tile| tile.mark == Mark::Right));
    let wrong = interp.incorrect_at_random(99).unwrap();
    assert_eq!((wrong.tiles().len(), lines(&wrong)[0].as_str()), (2, "Incorrect, at random: 2 of 2"));
    assert!(wrong.tiles().iter().all(|tile| tile.mark == Mark::Wrong));
    // Of ten seeds some must order four pictures otherwise (all alike: 1 in 24^9).
    let orders: std::collections::HashSet<Vec<String>> = (0..10)
        .map(|seed| {
            let batches = Batches::open(folder.path(), 4, BatchOptions::default(), seed).unwrap();
            lines(&said(&batches, &ROWS).correct_at_random(4).unwrap())
        })
        .collect();
    assert!(orders.len() > 1);
}

#[test]
fn the_most_confused_come_first() {
    let (batches, _folder) = animals();
    let rows = [ROWS[1], ROWS[1], ROWS[0], ROWS[3], ROWS[4], ROWS[5]];
    let interp = said(&batches, &rows);
    let pairs = interp.most_confused(1).unwrap();
    assert_eq!(pairs.rows(), [["cats", "dogs", "2"], ["dogs", "cats", "1"], ["foxes", "dogs", "1"]]);
    assert_eq!(interp.most_confused(2).unwrap().rows().len(), 1);
    let none = interp.most_confused(3).unwrap();
    assert_eq!(none.to_string(), "no class was taken for another 3 times or more");
    let right = said(&batches, &[ROWS[0], ROWS[0], ROWS[2], ROWS[3], ROWS[5], ROWS[5]]);
    assert_eq!(right.most_confused(1).unwrap().to_string(), "no picture was wrong");
    assert_eq!(right.incorrect_at_random(4).unwrap().to_string(), "no picture was wrong");
}

#[test]
fn the_confusion_matrix_has_counts_and_shares() {
    let (batches, _folder) = animals();
    let interp = said(&batches, &ROWS);
    let counts = interp.confusion_matrix().unwrap();
    for words in ["Number of pictures", "actual", "predicted", "cats", "foxes"] {
        assert!(counts.svg().contains(words), "{words}");
    }
    assert!(counts.to_string().ends_with("foxes      0     1      1"), "{counts}");
    let shares = interp.confusion_matrix_normalised().unwrap();
    assert!(shares.svg().contains("Share of each class") && shares.svg().contains("50%"));
    assert!(shares.to_string().ends_with("foxes     0%   50%    50%"), "{shares}");
    assert_eq!(confusion_matrix(&batches, interp.probs()).unwrap(), interp.counts());
}

#[test]
fn what_was_asked_wrongly_is_said() {
    let (batches, folder) = animals();
    let interp = said(&batches, &ROWS);
    for error in [interp.most_correct("cat", 4), interp.most_incorrect("Dogs", 4)] {
        let message = error.unwrap_err().to_string();
        assert!(message.ends_with("the classes are cats, dogs, foxes"), "{message}");
    }
    assert_eq!(interp.most_uncertain(0).unwrap_err().name(), "OutOfRange");
    assert_eq!(interp.grid(&[6]).unwrap_err().name(), "OutOfRange");
    assert_eq!(interp.most_confused(0).unwrap_err().name(), "OutOfRange");
    let short = Probs { rows: interp.probs().rows[1..].to_vec(), ..interp.probs().clone() };
    let mut ragged = interp.probs().clone();
    ragged.rows[2].pop();
    for probs in [short, ragged] {
        assert!(Interpretation::from_probs(&batches, probs).is_err());
    }
    // A picture that has gone since is named.
    std::fs::remove_file(folder.path().join("foxes/0.png")).unwrap();
    let error = interp.incorrect_at_random(4).unwrap_err();
    assert!(error.to_string().contains("foxes/0.png"), "{error}");
}

#[test]
fn cells_may_keep_it() {
    fn owned<T: Clone + Send + std::fmt::Display + std::fmt::Debug + 'static>() {}
    owned::<Interpretation>();
    owned::<GradCam>();
    owned::<sevenlines::show::HeatMap>();
}

const SMALL: u32 = 100;
const ROOM: i64 = 224 - SMALL as i64;

/// A drawn animal, small, in a corner of a grey picture: 0 is above left, 1 above right.
fn in_a_corner(animal: Animal, seed: u64, corner: u64) -> RgbImage {
    let mut picture = RgbImage::from_pixel(224, 224, Rgb([128; 3]));
    let small = imageops::resize(&draw(animal, seed), SMALL, SMALL, FilterType::Triangle);
    imageops::replace(&mut picture, &small, (corner % 2) as i64 * ROOM, (corner / 2) as i64 * ROOM);
    picture
}

/// The shares of all warmth that lie in the four quarters.
fn shares(heat: &GradCam) -> [f64; 4] {
    let (map, side) = (heat.heat.map(), heat.heat.columns());
    let mut sums = [0f64; 4];
    for (at, value) in map.iter().enumerate() {
        sums[at / side / (side / 2) * 2 + at % side / (side / 2)] += f64::from(*value);
    }
    let all: f64 = sums.iter().sum();
    sums.map(|sum| sum / all)
}

#[test]
fn heat_maps_are_warm_where_the_animal_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        std::fs::create_dir_all(path.join(class)).unwrap();
        for n in 0..8 {
            in_a_corner(animal, n, n % 4).save(path.join(format!("{class}/{n}.png"))).unwrap();
        }
    }
    let mut vgg = installed::vgg16(0);
    let batches = vgg.get_batches(path, 8).unwrap();
    // Before anything is trained: what is missing is said.
    assert_eq!(Interpretation::from(&mut vgg, &batches).unwrap_err().name(), "NotFinetuned");
    let file = batches.items()[0].path.clone();
    assert_eq!(vgg.grad_cam(&file, None).unwrap_err().name(), "NeedsFullWeights");

    vgg.finetune(&batches).unwrap();
    vgg.fit(&batches, &batches, 10).unwrap();
    let interp = Interpretation::from(&mut vgg, &batches).unwrap();
    assert_eq!(interp.accuracy(), 1.0, "{interp}");
    assert_eq!(interp.incorrect_at_random(4).unwrap().to_string(), "no picture was wrong");

    // Each animal in a corner where it was not while the model learned.
    for (animal, class) in [(Animal::Cat, "cats"), (Animal::Dog, "dogs")] {
        for corner in 0..4 {
            let picture = in_a_corner(animal, (corner + 3) % 4, corner);
            let heat = vgg.grad_cam_of(&picture, Some(class)).unwrap();
            let shares = shares(&heat);
            println!("{class} in corner {corner}: {heat}, warmth by corner {shares:.3?}");
            let (x, y) = heat.heat.warmest();
            assert_eq!((u64::from(x / 112), u64::from(y / 112)), (corner % 2, corner / 2), "{heat}");
            assert!((0..4).all(|other| shares[other] <= shares[corner as usize]), "{shares:?}");
        }
    }

    // Of the set: what was said of the picture, its probability, its name.
    let heat = interp.grad_cam(&vgg, 0).unwrap();
    assert_eq!((heat.class.as_str(), heat.heat.columns(), heat.heat.map().len()), ("cats", 14, 196));
    assert!((heat.probability - interp.probs().rows[0][0]).abs() < 1e-4);
    assert_eq!(heat.heat.map().iter().copied().fold(0.0, f32::max), 1.0);
    assert!(heat.to_string().starts_with(&format!("cats, probability {:.2}: 0.png;", heat.probability)));
    assert_eq!(heat, vgg.grad_cam(&file, Some("cats")).unwrap());
    assert_eq!(heat.overlay().dimensions(), (224, 224));
    assert_eq!(interp.top_losses_grad_cam(&vgg, 3).unwrap().tiles().len(), 3);
    let error = vgg.grad_cam(&file, Some("foxes")).unwrap_err().to_string();
    assert!(error.ends_with("the classes are cats, dogs"), "{error}");
    assert_eq!(interp.grad_cam(&vgg, 16).unwrap_err().name(), "OutOfRange");
    assert_eq!(vgg.grad_cam(path.join("none.png"), None).unwrap_err().name(), "BrokenPictures");

    // A regression: through hidden layers it read the last layer as if it were the only one.
    let mut hidden = vgg.clone();
    let options = HeadOptions { hidden: vec![4], batch_norm: true, ..Default::default() };
    hidden.finetune_with(&batches, options).unwrap();
    hidden.fit(&batches, &batches, 1).unwrap();
    let other = hidden.grad_cam(&file, None).unwrap();
    assert_ne!(other.heat.map(), heat.heat.map());
    assert!(other.heat.map().iter().all(|value| (0.0..=1.0).contains(value)));

    // With the last block unfrozen, but not trained yet, the layers are the same.
    vgg.unfreeze("block5").unwrap();
    let same = interp.grad_cam(&vgg, 0).unwrap();
    let apart = heat.heat.map().iter().zip(same.heat.map()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-3, "{apart}");
    vgg.set_lr(1e-3).unwrap();
    vgg.fit(&batches, &batches, 1).unwrap();
    let trained = interp.grad_cam(&vgg, 0).unwrap();
    assert_ne!(trained.heat.map(), heat.heat.map(), "the trained layers are not looked through");

    // Pictures of other classes are not interpreted.
    let (others, _folder) = animals();
    assert_eq!(Interpretation::from(&mut vgg, &others).unwrap_err().name(), "ClassMismatch");
}
