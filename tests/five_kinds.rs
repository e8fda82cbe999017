//! Five kinds of drawn animals, as a cell gets them that asks for the first time:
//! complete, balanced, no two alike, and not to be told apart by their colour.
//! `five_kinds` is called in processes of its own, whose home is the test's.

use image::imageops::{FilterType, resize};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::SystemTime;

const KINDS: [&str; 5] = ["birds", "cats", "dogs", "horses", "rabbits"];

#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    match sevenlines::data::five_kinds() {
        Ok(path) => println!("got: {}", path.display()),
        Err(error) => println!("error: {error}"),
    }
}

/// What `five_kinds` prints, with this home and perhaps `SEVENLINES_DATA`.
fn ask(home: &Path, data: Option<&Path>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env("SEVENLINES_HOME", home);
    command.env_remove("SEVENLINES_DATA").envs(data.map(|data| ("SEVENLINES_DATA", data)));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A home in which the pictures were drawn by the first call, once for all tests here.
static HOME: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    let text = ask(home.path(), None);
    assert!(text.contains("Drawn animals of five kinds, not photographs: "), "{text}");
    assert!(text.contains(&format!("got: {}\n", home.path().join("data/five-kinds").display())), "{text}");
    home
});

struct Picture {
    /// `train` or `valid`.
    part: &'static str,
    kind: &'static str,
    file: PathBuf,
    /// 12 x 12, RGB.
    small: Vec<u8>,
}

static PICTURES: LazyLock<Vec<Picture>> = LazyLock::new(|| {
    let mut pictures = Vec::new();
    for part in ["train", "valid"] {
        for kind in KINDS {
            let folder = HOME.path().join("data/five-kinds").join(part).join(kind);
            for entry in std::fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().path();
                let picture = image::open(&file).unwrap().to_rgb8();
                let small = resize(&picture, 12, 12, FilterType::Triangle).into_raw();
                pictures.push(Picture { part, kind, file, small });
            }
        }
    }
    pictures
});

#[test]
fn the_first_call_draws_all_of_them() {
    let mut counts = BTreeMap::new();
    for picture in PICTURES.iter() {
        *counts.entry((picture.part, picture.kind)).or_insert(0) += 1;
    }
    let expected = KINDS.iter().flat_map(|kind| [(("train", *kind), 60), (("valid", *kind), 20)]).collect();
    assert_eq!(counts, expected);
    let bytes: u64 = PICTURES.iter().map(|picture| picture.file.metadata().unwrap().len()).sum();
    assert!(bytes < 8_500_000, "{bytes} bytes");
    assert_eq!(
        std::fs::read_dir(HOME.path().join("data")).unwrap().count(),
        1,
        "nothing is left beside them"
    );
}

#[test]
fn the_second_call_leaves_them_alone() {
    let times = || -> Vec<SystemTime> {
        PICTURES.iter().map(|picture| picture.file.metadata().unwrap().modified().unwrap()).collect()
    };
    let before = times();
    assert!(ask(HOME.path(), None).contains("got: "));
    assert_eq!(times(), before);
}

#[test]
fn a_named_folder_goes_first_and_a_foreign_one_is_not_touched() {
    let home = tempfile::tempdir().unwrap();
    let named = home.path().join("mine");
    let missing = ask(home.path(), Some(&named));
    assert!(missing.contains("SEVENLINES_DATA must name a folder with train and valid"), "{missing}");
    for part in ["train", "valid"] {
        std::fs::create_dir_all(named.join(part)).unwrap();
    }
    assert!(ask(home.path(), Some(&named)).contains(&format!("got: {}\n", named.display())));
    let foreign = home.path().join("data/five-kinds/notes.txt");
    std::fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    std::fs::write(&foreign, "mine").unwrap();
    let refused = ask(home.path(), None);
    assert!(refused.contains("is not a complete drawn set of five kinds"), "{refused}");
    assert_eq!(std::fs::read_to_string(foreign).unwrap(), "mine");
}

#[test]
fn no_two_pictures_are_alike() {
    let distinct: HashSet<&[u8]> = PICTURES.iter().map(|picture| picture.small.as_slice()).collect();
    assert_eq!(distinct.len(), 400);
    let mut nearest = f64::MAX;
    for (i, a) in PICTURES.iter().enumerate() {
        for b in &PICTURES[..i] {
            nearest = nearest.min(distance(&a.small, &b.small));
        }
    }
    println!("the nearest two pictures differ by {nearest:.1} of 255 a pixel");
    assert!(nearest > 8.0, "two pictures differ by only {nearest:.1} of 255 a pixel");
}

/// Root mean square difference.
fn distance(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum();
    (sum / a.len() as f64).sqrt()
}

#[test]
fn mean_colour_hardly_tells_the_kinds_apart() {
    let mean = |picture: &Picture| -> [f64; 3] {
        [0, 1, 2].map(|c| picture.small.iter().skip(c).step_by(3).map(|v| f64::from(*v)).sum::<f64>() / 144.0)
    };
    let centre = |kind: &str| -> [f64; 3] {
        let of: Vec<[f64; 3]> =
            PICTURES.iter().filter(|p| p.part == "train" && p.kind == kind).map(mean).collect();
        [0, 1, 2].map(|c| of.iter().map(|colour| colour[c]).sum::<f64>() / of.len() as f64)
    };
    let centres: Vec<[f64; 3]> = KINDS.iter().map(|kind| centre(kind)).collect();
    let far = |a: &[f64; 3], b: &[f64; 3]| (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f64>();
    let valid: Vec<&Picture> = PICTURES.iter().filter(|picture| picture.part == "valid").collect();
    let right = valid
        .iter()
        .filter(|picture| {
            let colour = mean(picture);
            let nearest =
                (0..5).min_by(|&a, &b| far(&colour, &centres[a]).total_cmp(&far(&colour, &centres[b])));
            nearest.map(|kind| KINDS[kind]) == Some(picture.kind)
        })
        .count();
    println!("mean colour alone: {right} of {} right", valid.len());
    assert!(right <= 40, "mean colour alone gets {right} of 100 right, chance 20");
}
