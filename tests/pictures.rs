//! Sorting and splitting folders of pictures, and Microsoft's archive against a
//! server on the loopback.

mod support;

use sevenlines::Error;
use sevenlines::data::sorting::{Report, SortOptions, sort_kaggle};
use sevenlines::data::split_folder;
use sevenlines::fetch::archive::Archive;
use sevenlines::fetch::http::Limits;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::server::{Answer, Server};
use zip::write::SimpleFileOptions;

/// A small picture, its colour made of `n`.
fn picture(n: u32) -> Vec<u8> {
    let colour = image::Rgb([n as u8, (n / 256) as u8, 99]);
    let mut bytes = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 6, colour).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A zip of named files, stored or deflated in turn.
fn zipped(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (i, (name, bytes)) in entries.iter().enumerate() {
        let method = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated][i % 2];
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn kaggle(count: u32) -> Vec<(String, Vec<u8>)> {
    let names = (0..count).flat_map(|n| [("cat", n), ("dog", n)]);
    names
        .map(|(kind, n)| (format!("train/{kind}.{n}.jpg"), picture(if kind == "cat" { n } else { n + 1000 })))
        .collect()
}

/// Every file below a folder with its bytes; hidden ones left out.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            match path.is_dir() {
                true => folders.push(path),
                false if name.to_string_lossy().starts_with('.') => {}
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                    files.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
    }
    files
}

fn names(folder: &Path, part: &str) -> Vec<String> {
    tree(&folder.join(part)).into_keys().collect()
}

fn sort(from: &Path, to: &Path, options: SortOptions) -> sevenlines::Result<Report> {
    sort_kaggle(from, to, options, &mut |_, _| {})
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn kaggles_zip_is_sorted_seeded_and_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let entries = kaggle(30);
    let zip = written(folder.path(), "train.zip", &zipped(&entries));
    let to = folder.path().join("set");
    let mut counted = Vec::new();
    let report = sort_kaggle(&zip, &to, SortOptions::default(), &mut |n, of| counted.push((n, of))).unwrap();
    assert_eq!((report.train, report.valid), ([24, 24], [6, 6]));
    assert_eq!(counted.last(), Some(&(60, Some(60))));
    let mut all: Vec<String> = [names(&to, "train"), names(&to, "valid")].concat();
    all.sort();
    let mut expected: Vec<String> = entries
        .iter()
        .map(|(name, _)| name.replace("train/cat", "cats/cat").replace("train/dog", "dogs/dog"))
        .collect();
    expected.sort();
    assert_eq!(all, expected, "each picture is in train or in valid, once");
    for (name, bytes) in &entries {
        let name = name.replace("train/cat", "cats/cat").replace("train/dog", "dogs/dog");
        let file =
            ["train", "valid"].map(|part| to.join(part).join(&name)).into_iter().find(|file| file.is_file());
        assert_eq!(&std::fs::read(file.unwrap()).unwrap(), bytes, "{name}");
    }
    let sample = names(&to, "sample");
    assert_eq!(sample.len(), 60);
    assert!(sample.iter().all(|name| to.join(name).is_file()), "the sample is taken from each part");

    let before = tree(&to);
    assert_eq!(sort(&zip, &to, SortOptions::default()).unwrap(), report);
    assert_eq!(tree(&to), before);
    sort(&zip, &to, SortOptions { seed: 1, ..SortOptions::default() }).unwrap();
    assert_ne!(
        names(&to, "valid"),
        before.keys().filter_map(|n| n.strip_prefix("valid/").map(String::from)).collect::<Vec<_>>()
    );
    assert_eq!(
        names(&to, "train").len() + names(&to, "valid").len(),
        60,
        "nothing is left of the first seed"
    );
    sort(&zip, &to, SortOptions::default()).unwrap();
    assert_eq!(tree(&to), before, "the same seed, the same folders");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn two_thousand_go_to_valid_when_there_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("train");
    std::fs::create_dir(&from).unwrap();
    let bytes = picture(1);
    for n in 0..600 {
        std::fs::write(from.join(format!("cat.{n}.jpg")), &bytes).unwrap();
        std::fs::write(from.join(format!("dog.{n}.jpg")), &bytes).unwrap();
    }
    let options = SortOptions { valid: 100, ..SortOptions::default() };
    let report = sort(&from, &folder.path().join("set"), options).unwrap();
    assert_eq!((report.train, report.valid), ([550, 550], [50, 50]));
    let sampled = |part: &str| names(&folder.path().join("set/sample"), part).len();
    assert_eq!((sampled("train"), sampled("valid")), (200, 50));
    assert_eq!(names(&from, "").len(), 1200, "the originals stay");
    assert_eq!(SortOptions::default().valid, 2000);
}

#[test]
fn every_layout_of_the_set_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let pet: Vec<(String, Vec<u8>)> = (0..10)
        .flat_map(|n| {
            [(format!("PetImages/Cat/{n}.jpg"), picture(n)), (format!("PetImages/Dog/{n}.jpg"), picture(n))]
        })
        .collect();
    let pet = written(folder.path(), "pet.zip", &zipped(&pet));
    let report = sort(&pet, &folder.path().join("pet"), SortOptions::default()).unwrap();
    assert_eq!((report.train, report.valid, report.unknown), ([8, 8], [2, 2], 0));

    // The competition's download: two zips in a zip.
    let test: Vec<(String, Vec<u8>)> = (1..=5).map(|n| (format!("test1/{n}.jpg"), picture(n))).collect();
    let both = [("train.zip".to_string(), zipped(&kaggle(10))), ("test1.zip".to_string(), zipped(&test))];
    let both = written(folder.path(), "dogs-vs-cats.zip", &zipped(&both));
    let report = sort(&both, &folder.path().join("both"), SortOptions::default()).unwrap();
    assert_eq!((report.train, report.valid, report.unknown), ([8, 8], [2, 2], 5));
    assert_eq!(
        names(&folder.path().join("both"), "test/unknown"),
        ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"]
    );

    // A folder of the two zips; then one zip after the other.
    let zips = folder.path().join("zips");
    let train = written(&zips, "train.zip", &zipped(&kaggle(10)));
    let test = written(&zips, "test.zip", &zipped(&test));
    let together = sort(&zips, &folder.path().join("together"), SortOptions::default()).unwrap();
    let apart = folder.path().join("apart");
    assert!(
        matches!(sort(&test, &apart, SortOptions::default()), Err(Error::Invalid(m)) if m.contains("train.zip first"))
    );
    sort(&train, &apart, SortOptions::default()).unwrap();
    let report = sort(&test, &apart, SortOptions::default()).unwrap();
    assert_eq!((report.train, report.valid, report.unknown), (together.train, together.valid, 5));
    assert_eq!(tree(&apart), tree(&folder.path().join("together")));
    sort(&train, &apart, SortOptions { seed: 3, ..SortOptions::default() }).unwrap();
    assert_eq!(names(&apart, "test/unknown").len(), 5, "the test set survives another seed");
}

#[test]
fn broken_pictures_are_left_out_and_hostile_names_stay_inside() {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = kaggle(10);
    entries.push(("train/cat.666.jpg".into(), Vec::new()));
    entries.push(("train/dog.11702.jpg".into(), b"not a picture".to_vec()));
    entries.push(("../../../cat.900.jpg".into(), picture(7)));
    entries.push(("/tmp/dog.900.jpg".into(), picture(7)));
    entries.push(("train/cat.../../x.jpg".into(), picture(7)));
    let zip = written(folder.path(), "deep/inside/train.zip", &zipped(&entries));
    let to = folder.path().join("deep/inside/set");
    let report = sort(&zip, &to, SortOptions::default()).unwrap();
    assert_eq!((report.train, report.valid), ([9, 9], [2, 2]));
    let mut skipped: Vec<&str> = report.skipped.iter().map(|(name, _)| name.as_str()).collect();
    skipped.sort();
    assert_eq!(skipped, ["train/cat.666.jpg", "train/dog.11702.jpg"]);
    assert!(report.to_string().contains("left out train/cat.666.jpg: empty"), "{report}");
    let outside: Vec<String> =
        names(folder.path(), "").into_iter().filter(|name| !name.starts_with("deep/inside/set")).collect();
    assert_eq!(outside, ["deep/inside/train.zip"]);
    assert!(!Path::new("/tmp/dog.900.jpg").exists());
}

#[test]
fn what_cannot_be_sorted_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("set");
    let birds = written(folder.path(), "birds.zip", &zipped(&[("bird.1.jpg".into(), picture(1))]));
    assert!(
        matches!(sort(&birds, &to, SortOptions::default()), Err(Error::Invalid(m)) if m.contains("cat.0.jpg"))
    );
    let whole = zipped(&kaggle(5));
    let cut = written(folder.path(), "cut.zip", &whole[..whole.len() / 2]);
    assert!(matches!(sort(&cut, &to, SortOptions::default()), Err(Error::Corrupt { .. })));
    let gone = folder.path().join("gone.zip");
    assert!(matches!(sort(&gone, &to, SortOptions::default()), Err(Error::Missing { .. })));
    let zip = written(folder.path(), "train.zip", &whole);
    let precious = written(&to, "precious.txt", b"mine");
    assert!(
        matches!(sort(&zip, &to, SortOptions::default()), Err(Error::Invalid(m)) if m.contains("not made by sevenlines"))
    );
    assert!(precious.is_file());
}

fn classes(folder: &Path, counts: &[(&str, u32)]) -> PathBuf {
    let photos = folder.join("photos");
    for (class, count) in counts {
        for n in 0..*count {
            written(&photos, &format!("{class}/{n}.png"), &picture(n));
        }
    }
    photos
}

#[test]
fn a_folder_of_classes_is_split_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let photos = classes(folder.path(), &[("ants", 10), ("bees", 3), ("wasps/nested", 5)]);
    written(&photos, "bees/notes.txt", b"no picture");
    let originals = tree(&photos);
    let split = split_folder(&photos, 0.2, 7).unwrap();
    assert!(split.ends_with("photos-split"));
    let count = |part: &str| names(&split, part).len();
    let counts = ["ants", "bees", "wasps"]
        .map(|class| (count(&format!("train/{class}")), count(&format!("valid/{class}"))));
    assert_eq!(counts, [(8, 2), (2, 1), (4, 1)]);
    assert_eq!(tree(&photos), originals);
    let before = tree(&split);
    assert_eq!(split_folder(&photos, 0.2, 7).unwrap(), split);
    assert_eq!(tree(&split), before);
    split_folder(&photos, 0.2, 8).unwrap();
    assert_ne!(tree(&split).into_keys().collect::<Vec<_>>(), before.keys().cloned().collect::<Vec<_>>());
    split_folder(&photos, 0.2, 7).unwrap();
    assert_eq!(tree(&split), before);
    // A new picture joins; a lost one comes back.
    written(&photos, "ants/new.PNG", &picture(200));
    std::fs::remove_dir_all(split.join("valid/bees")).unwrap();
    split_folder(&photos, 0.2, 7).unwrap();
    assert_eq!(names(&split, "train").len() + names(&split, "valid").len(), 19);
}

#[test]
fn a_folder_that_cannot_be_split_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let photos = classes(folder.path(), &[("ants", 4), ("bees", 1)]);
    assert!(
        matches!(split_folder(&photos, 0.2, 0), Err(Error::Invalid(m)) if m.contains("bees has one picture alone"))
    );
    std::fs::remove_file(photos.join("bees/0.png")).unwrap();
    assert!(
        matches!(split_folder(&photos, 0.2, 0), Err(Error::EmptyClass { path }) if path.ends_with("bees"))
    );
    for fraction in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(matches!(split_folder(&photos, fraction, 0), Err(Error::OutOfRange { .. })));
    }
    assert!(matches!(split_folder(photos.join("ants"), 0.2, 0), Err(Error::NoClasses { .. })));
    assert!(matches!(split_folder(folder.path().join("none"), 0.2, 0), Err(Error::Missing { .. })));
    let divided = folder.path().join("divided");
    written(&divided, "train/a/1.png", &picture(1));
    written(&divided, "valid/a/2.png", &picture(2));
    assert!(matches!(split_folder(&divided, 0.2, 0), Err(Error::Invalid(m)) if m.contains("already")));
    std::fs::remove_dir_all(photos.join("bees")).unwrap();
    written(folder.path(), "photos-split/mine.txt", b"precious");
    assert!(matches!(split_folder(&photos, 0.2, 0), Err(Error::Invalid(_))));
}

/// An archive like Microsoft's: two broken pictures in it, and much that a sample
/// does not need.
fn microsoft(count: u32) -> Vec<u8> {
    let mut entries = vec![("readme[1].txt".to_string(), b"read me".to_vec())];
    for n in 0..count {
        for kind in ["Cat", "Dog"] {
            let mut bytes = picture(n);
            // As large as a photograph.
            bytes.extend((0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8));
            entries.push((
                format!("PetImages/{kind}/{n}.jpg"),
                if n % 3 == 1 { b"broken".to_vec() } else { bytes },
            ));
        }
    }
    zipped(&entries)
}

fn archive(server: &Server, folder: &Path) -> Archive {
    let short = Duration::from_millis(1500);
    let limits = Limits { connect: short, response: short, stall: short };
    Archive { base: format!("{}/download", server.url), limits, folder: folder.join("fetched") }
}

#[test]
fn a_sample_of_the_archive_comes_by_byte_ranges() {
    let folder = tempfile::tempdir().unwrap();
    let zip = microsoft(600);
    let size = zip.len() as u64;
    let server = Server::start(move |request| {
        assert_eq!(request.path, "/download/kagglecatsanddogs_5340.zip");
        Answer::file(request, &zip, "ms")
    });
    let to = folder.path().join("set");
    let options = SortOptions { per_class: Some(10), ..SortOptions::default() };
    let fetch = || archive(&server, folder.path()).fetch(&to, options, &mut |_, _| {}, &mut |_, _| {});
    let report = fetch().unwrap();
    assert_eq!((report.train, report.valid), ([8, 8], [2, 2]));
    assert!(
        !report.skipped.is_empty() && report.skipped.iter().all(|(name, _)| name.starts_with("PetImages/"))
    );
    for name in names(&to, "train") {
        image::load_from_memory(&std::fs::read(to.join("train").join(name)).unwrap()).unwrap();
    }
    let fetched: u64 = server
        .requests()
        .iter()
        .map(|request| {
            let (start, end) = request.range.as_ref().unwrap()["bytes=".len()..].split_once('-').unwrap();
            end.parse::<u64>().unwrap() - start.parse::<u64>().unwrap() + 1
        })
        .sum();
    assert!(fetched < size / 2, "{fetched} of {size} bytes for 20 of 1200 pictures");
    let asked = server.requests().len();
    assert_eq!(fetch().unwrap(), report);
    assert_eq!(server.requests().len(), asked, "a second time asks nothing");
}

#[test]
fn the_whole_archive_is_resumed_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let zip = microsoft(30);
    let half = zip.len() / 2;
    let server = Server::start(move |request| match request.range {
        None => Answer { stall: Duration::from_secs(2), ..Answer::file(request, &zip, "ms").cut(half) },
        Some(_) => Answer::file(request, &zip, "ms"),
    });
    let to = folder.path().join("set");
    let archive = archive(&server, folder.path());
    let report = archive.fetch(&to, SortOptions::default(), &mut |_, _| {}, &mut |_, _| {}).unwrap();
    assert_eq!(server.requests()[1].range, Some(format!("bytes={half}-")));
    assert_eq!((report.train, report.valid, report.skipped.len()), ([16, 16], [4, 4], 20));
    assert!(names(folder.path(), "fetched").is_empty(), "the zip is removed once it is sorted");
}

#[test]
fn a_connection_that_dies_within_a_sample_is_a_download_error() {
    let folder = tempfile::tempdir().unwrap();
    let zip = microsoft(150);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server =
        Server::start(move |request| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 6 {
            true => Answer::file(request, &zip, "ms"),
            false => Answer::new(500, "down"),
        });
    let to = folder.path().join("set");
    let options = SortOptions { per_class: Some(10), ..SortOptions::default() };
    let error =
        archive(&server, folder.path()).fetch(&to, options, &mut |_, _| {}, &mut |_, _| {}).unwrap_err();
    assert!(matches!(&error, Error::Download { reason, .. } if reason.contains("status 500")), "{error}");
    assert!(!to.exists(), "no half-sorted folder");
}
