//! What reading pictures costs in memory: as much for many as for few.

use image::{Rgb, RgbImage};
use sevenlines::data::{BatchOptions, Batches};
use std::path::Path;

/// A folder that holds `times` as many pictures as there are in `from`.
fn repeated(from: &Path, to: &Path, times: usize) -> Batches {
    for class in ["cats", "dogs"] {
        std::fs::create_dir_all(to.join(class)).unwrap();
        for entry in std::fs::read_dir(from.join(class)).unwrap() {
            let file = entry.unwrap();
            for time in 0..times {
                let name = format!("{time}-{}", file.file_name().to_string_lossy());
                std::fs::hard_link(file.path(), to.join(class).join(name)).unwrap();
            }
        }
    }
    Batches::open(to, 4, BatchOptions::default(), 0).unwrap()
}

/// The most memory that the process held while `work` ran, in kB; None where the
/// system does not tell.
fn peak(work: impl FnOnce()) -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    work();
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn read_all(batches: &Batches) {
    let read: usize = batches.epoch(0).map(|batch| batch.unwrap().indices.len()).sum();
    assert_eq!(read, batches.len());
}

// The only test here: what others hold would count.
#[test]
fn many_pictures_take_no_more_memory_than_few() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..12u32 {
        let class = folder.path().join("some").join(["cats", "dogs"][n as usize % 2]);
        std::fs::create_dir_all(&class).unwrap();
        let picture =
            RgbImage::from_fn(1000, 750, |x, y| Rgb([(x / 9 * n) as u8, (y / 4) as u8, (x ^ y) as u8]));
        picture.save(class.join(format!("{n}.jpg"))).unwrap();
    }
    let few = repeated(&folder.path().join("some"), &folder.path().join("few"), 1);
    let many = repeated(&folder.path().join("some"), &folder.path().join("many"), 25);
    assert_eq!((few.len(), many.len()), (12, 300));
    read_all(&few);
    let (Some(for_few), Some(for_many)) = (peak(|| read_all(&few)), peak(|| read_all(&many))) else {
        println!("SKIPPED many_pictures_take_no_more_memory_than_few: this system does not tell the peak");
        return;
    };
    println!("{for_few} kB for 12 pictures, {for_many} kB for 300");
    // All of them at 224 x 224 would be 45 MB as bytes, 180 MB as numbers.
    assert!(for_many < for_few + 15_000, "{for_few} kB for 12 pictures, {for_many} kB for 300");
}
