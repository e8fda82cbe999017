//! What damages a file at random: bits, bytes, pieces, and the numbers in its header.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The bytes after one to four changes. A PNG's sums and a WebP's length are put right
/// every other time, so that what lies behind them is reached.
pub fn mutated(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = bytes.to_vec();
    for _ in 0..rng.random_range(1..5) {
        if file.is_empty() {
            break;
        }
        change(&mut file, rng);
    }
    if rng.random_bool(0.5) {
        mend_png(&mut file);
        mend_webp(&mut file);
    }
    file
}

/// A place: in the header every other time.
fn place(length: usize, rng: &mut ChaCha8Rng) -> usize {
    let most = if rng.random_bool(0.5) { length.min(700) } else { length };
    rng.random_range(0..most)
}

fn piece(length: usize, rng: &mut ChaCha8Rng) -> std::ops::Range<usize> {
    let start = place(length, rng);
    let most = if rng.random_bool(0.8) { 64 } else { length };
    start..length.min(start + rng.random_range(1..=most))
}

fn change(file: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    let at = place(file.len(), rng);
    match rng.random_range(0..9) {
        0 => file[at] ^= 1 << rng.random_range(0..8),
        1 => file[at] = rng.random(),
        2 => file[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][rng.random_range(0..6)],
        3 => drop(file.drain(piece(file.len(), rng))),
        4 => {
            let inserted: Vec<u8> = (0..rng.random_range(1..64)).map(|_| rng.random()).collect();
            file.splice(at..at, inserted);
        }
        5 => {
            let copy = file[piece(file.len(), rng)].to_vec();
            file.splice(at..at, copy);
        }
        6 => swap(file, rng),
        7 => file.truncate(at),
        _ => extreme(file, at, rng),
    }
}

/// Two pieces of one length change places.
fn swap(file: &mut [u8], rng: &mut ChaCha8Rng) {
    let (a, b) = (piece(file.len(), rng), place(file.len(), rng));
    let length = a.len().min(file.len() - b);
    (0..length).for_each(|n| file.swap(a.start + n, b + n));
}

/// A number of two or four bytes, as low or as high as it can be.
fn extreme(file: &mut [u8], at: usize, rng: &mut ChaCha8Rng) {
    let number =
        [0u32, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff][rng.random_range(0..9)];
    let bytes = match rng.random_range(0..4) {
        0 => (number as u16).to_be_bytes().to_vec(),
        1 => (number as u16).to_le_bytes().to_vec(),
        2 => number.to_be_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    };
    file[at..].iter_mut().zip(bytes).for_each(|(old, new)| *old = new);
}

fn mend_png(file: &mut [u8]) {
    if !file.starts_with(b"\x89PNG") {
        return;
    }
    let mut at = 8;
    while let Some(head) = file.get(at..at + 4) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(content) = file.get(at + 4..at + 8 + length) else { return };
        let sum = crc32fast::hash(content).to_be_bytes();
        let Some(place) = file.get_mut(at + 8 + length..at + 12 + length) else { return };
        place.copy_from_slice(&sum);
        at += 12 + length;
    }
}

fn mend_webp(file: &mut [u8]) {
    if file.starts_with(b"RIFF") && file.len() > 12 {
        let length = (file.len() - 8) as u32;
        file[4..8].copy_from_slice(&length.to_le_bytes());
    }
}
