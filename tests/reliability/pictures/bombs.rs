//! Small files that claim to be huge: refused from their header, or read within the limits.

use super::bytes::{Jpeg, Plane, bmp, packed_zeros, png, webp};
use super::child::{Seen, ask, figures, lost};
use super::files;
use crate::support::counts::record;
use image::codecs::gif::GifEncoder;
use image::{Frame, RgbaImage};

/// Name, bytes, and words of the reason; none if it is to be read.
type Bomb = (&'static str, Vec<u8>, Option<&'static str>);

const LARGE: &str = "more than the 200 MB";
const LONG: &str = "longer than 20000";
const ANY: &str = "";

fn pngs() -> Vec<Bomb> {
    let zeros = packed_zeros(1 << 30);
    let profile = [b"a\0\0".as_slice(), &zeros].concat();
    let note = [b"a\0\0".as_slice(), &zeros].concat();
    let one = packed_zeros(4);
    let all = packed_zeros(4000 * (1 + 3 * 4000));
    vec![
        ("png sides", png(30_000, 30_000, 8, 2, &[(b"IDAT", &one)]), Some(LONG)),
        ("png largest", png(0x7fff_ffff, 0x7fff_ffff, 16, 6, &[]), Some(ANY)),
        ("png below the side limit", png(14_000, 14_000, 8, 2, &[(b"IDAT", &one)]), Some(LARGE)),
        ("png 16 bits", png(5_000, 5_000, 16, 6, &[(b"IDAT", &one)]), Some(LARGE)),
        (
            "png with 4 MB in it and none of its rows",
            png(8_000, 8_000, 8, 2, &[(b"IDAT", &packed_zeros(4 << 20))]),
            Some(ANY),
        ),
        ("png with 1 GB for a pixel", png(1, 1, 8, 2, &[(b"IDAT", &zeros)]), None),
        ("png of 48 MB in 24 kB", png(4_000, 4_000, 8, 2, &[(b"IDAT", &all)]), None),
        ("png profile of 1 GB", png(1, 1, 8, 2, &[(b"iCCP", &profile), (b"IDAT", &one)]), Some(ANY)),
        ("png text of 1 GB", png(1, 1, 8, 2, &[(b"zTXt", &note), (b"IDAT", &one)]), Some("more memory")),
        ("png of no width", png(0, 9, 8, 2, &[(b"IDAT", &one)]), Some(ANY)),
        ("png of no height", png(9, 0, 8, 2, &[(b"IDAT", &one)]), Some(ANY)),
    ]
}

fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let frame = || Frame::new(RgbaImage::from_pixel(4, 4, image::Rgba([9, 99, 199, 255])));
    GifEncoder::new(&mut file).encode_frames((0..frames).map(|_| frame())).expect("it is encoded");
    file[6..8].copy_from_slice(&width.to_le_bytes());
    file[8..10].copy_from_slice(&height.to_le_bytes());
    file
}

fn gifs_and_bmps() -> Vec<Bomb> {
    let lying = |width, height, bits| bmp(width, height, bits, &[], &[7; 100]);
    let mut colours = lying(9, 9, 8);
    colours[46..50].fill(0xff);
    let mut frame = gif(4, 4, 1);
    let at = frame.iter().position(|byte| *byte == 0x2c).expect("a frame");
    frame[at + 5..at + 9].fill(0xff);
    vec![
        ("gif sides", gif(65_535, 65_535, 1), Some(LONG)),
        ("gif canvas", gif(8_000, 8_000, 1), Some(LARGE)),
        ("gif canvas that is shown", gif(4_000, 4_000, 1), None),
        ("gif of 5,000 frames", gif(4, 4, 5_000), None),
        ("gif frame beyond its canvas", frame, Some(ANY)),
        ("gif of no size", gif(0, 0, 1), Some(ANY)),
        ("bmp sides", lying(60_000, 60_000, 24), Some(LONG)),
        ("bmp of 147 MB", lying(7_000, 7_000, 24), Some(ANY)),
        ("bmp of 400 MB", lying(20_000, 6_700, 24), Some(LARGE)),
        ("bmp of least height", lying(9, i32::MIN, 24), Some(ANY)),
        ("bmp of negative width", lying(-9, 9, 24), Some(ANY)),
        ("bmp of no size", lying(0, 0, 24), Some(ANY)),
        ("bmp of no bits", lying(9, 9, 0), Some(ANY)),
        ("bmp of 64 bits", lying(9, 9, 64), Some(ANY)),
        ("bmp of 4 billion colours", colours, Some(ANY)),
    ]
}

fn jpeg(width: u16, height: u16) -> Jpeg<'static> {
    let planes = &[Plane(150, 1, 1), Plane(90, 1, 1), Plane(180, 1, 1)];
    Jpeg { size: (width, height), planes, adobe: None, frame: 0xc0, apart: false }
}

/// The header of a JPEG of that size before the scan of one of 8 x 8 pixels.
fn lying(size: Jpeg) -> Vec<u8> {
    [size.header(), jpeg(8, 8).scan(&[0, 1, 2]), vec![0xff, 0xd9]].concat()
}

fn jpegs() -> Vec<Bomb> {
    let progressive = Jpeg { frame: 0xc2, ..jpeg(7_000, 7_000) };
    let apart = jpeg(4_000, 4_000);
    let scans = |frame: u8, count: usize| {
        let large = Jpeg { frame, ..jpeg(3_000, 3_000) };
        let small = jpeg(8, 8);
        let mut file = large.header();
        // Each scan has one block of the picture's 140,625.
        (0..count).for_each(|n| file.extend(small.scan(&[n % 3])));
        file.extend([0xff, 0xd9]);
        file
    };
    vec![
        ("jpeg sides", lying(jpeg(65_500, 65_500)), Some(LONG)),
        ("jpeg below the side limit", lying(jpeg(19_999, 19_999)), Some(LARGE)),
        ("jpeg of 147 MB", lying(jpeg(7_000, 7_000)), None),
        ("jpeg with all frequencies kept", lying(progressive), Some(LARGE)),
        ("jpeg of no width", lying(jpeg(0, 9)), Some(ANY)),
        ("jpeg of no height", lying(jpeg(9, 0)), Some(ANY)),
        ("jpeg of planes apart", [apart.header(), apart.scan(&[0])].concat(), Some("one after the other")),
        ("jpeg of 30,000 scans", scans(0xc0, 30_000), Some("one after the other")),
        ("progressive jpeg of 30,000 scans", scans(0xc2, 30_000), None),
    ]
}

fn webps() -> Vec<Bomb> {
    let canvas = |side: u32, flags: u8| {
        let mut part = vec![flags, 0, 0, 0];
        (0..2).for_each(|_| part.extend(&(side - 1).to_le_bytes()[..3]));
        part
    };
    let lossless = |side: u32| {
        let bits = (side - 1) | (side - 1) << 14;
        [vec![0x2f], bits.to_le_bytes().to_vec(), vec![0x55; 60]].concat()
    };
    let lossy = |side: u16| {
        let mut part = vec![0x30, 0x01, 0, 0x9d, 0x01, 0x2a];
        (0..2).for_each(|_| part.extend(side.to_le_bytes()));
        part.extend([0x55; 60]);
        part
    };
    let mut notes = files().into_iter().find(|(kind, _)| kind == "webp.exif6").expect("a golden kind").1;
    let at = notes.windows(4).position(|name| name == b"EXIF").expect("notes");
    notes[at + 4..at + 8].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let mut frame = vec![0; 16];
    frame[6..12].fill(0xff);
    frame.extend(b"VP8L");
    frame.extend(65u32.to_le_bytes());
    frame.extend(lossless(16_384));
    frame.push(0);
    vec![
        ("webp lossless", webp(&[(b"VP8L", lossless(16_000))]), Some(LARGE)),
        ("webp lossless of 150 MB", webp(&[(b"VP8L", lossless(5_000))]), Some(ANY)),
        ("webp lossy", webp(&[(b"VP8 ", lossy(16_383))]), Some(LARGE)),
        ("webp lossy of 150 MB", webp(&[(b"VP8 ", lossy(5_700))]), Some(ANY)),
        ("webp canvas", webp(&[(b"VP8X", canvas(1 << 24, 0)), (b"VP8L", lossless(9))]), Some(ANY)),
        (
            "webp picture beyond its canvas",
            webp(&[(b"VP8X", canvas(10, 0)), (b"VP8 ", lossy(16_383))]),
            Some(LARGE),
        ),
        (
            "webp frame beyond its canvas",
            webp(&[(b"VP8X", canvas(10, 2)), (b"ANIM", vec![0; 6]), (b"ANMF", frame)]),
            Some(LARGE),
        ),
        ("webp notes of 4 GB", notes, Some("breaks off")),
    ]
}

fn wrong(bomb: &Bomb, seen: &[Seen]) -> Option<String> {
    let (name, _, expected) = bomb;
    let seen = seen.iter().find(|seen| seen.name == *name).expect("each is seen");
    match (&seen.outcome, expected) {
        (Ok(_), None) => None,
        (Err(reason), Some(words)) if reason.contains(words) => None,
        _ => Some(format!("{seen:?}, not {expected:?}")),
    }
}

#[test]
fn small_files_that_claim_to_be_huge() {
    let folder = tempfile::tempdir().unwrap();
    let bombs: Vec<Bomb> = [pngs(), gifs_and_bmps(), jpegs(), webps()].into_iter().flatten().collect();
    for (name, bytes, _) in &bombs {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let seen = ask(&folder.path().to_string_lossy(), &[]);
    for seen in &seen {
        println!("{seen:?}");
    }
    let mut wrong: Vec<String> = bombs.iter().filter_map(|bomb| wrong(bomb, &seen)).collect();
    // Those of near 150 MB that are read take a while, twice.
    wrong.extend(lost(&seen, 2.0, 200.0));
    record("pictures: bombs", bombs.len(), &wrong, &figures(&seen));
}
