//! A block: the features of some dozens of pictures as one value in the store's file,
//! each with its key and a checksum over both. Whatever becomes of the file, what a
//! block hands out is what was put in.

use std::sync::Arc;

/// What a row of features is found by: see [`Recipe`](super::recipe::Recipe).
pub(super) type Key = [u8; 32];

/// The features of one picture.
pub(super) type Row = Arc<[f32]>;

/// A page of 256 KiB, less what redb writes into it: rows of a few kilobytes, each in
/// a page of its own, would fill half of it.
const MOST: usize = (256 << 10) - 1024;
/// The number of rows and their width.
const HEADER: usize = 8;
/// Before each row: key and checksum.
const LABEL: usize = size_of::<Key>() + 4;

/// How many rows of `width` numbers a block takes.
pub(super) fn rows_in_a_block(width: usize) -> usize {
    ((MOST - HEADER) / (LABEL + 4 * width)).max(1)
}

/// The bytes of a block of so many rows.
pub(super) fn size_of_rows(rows: usize, width: usize) -> usize {
    HEADER + rows * (LABEL + 4 * width)
}

/// The block of these rows, all equally wide.
pub(super) fn encode(rows: &[(Key, Row)]) -> Vec<u8> {
    let width = rows.first().map_or(0, |(_, row)| row.len());
    let mut block = Vec::with_capacity(size_of_rows(rows.len(), width));
    block.extend((rows.len() as u32).to_le_bytes());
    block.extend((width as u32).to_le_bytes());
    for (key, row) in rows {
        let numbers: Vec<u8> = row.iter().flat_map(|number| number.to_le_bytes()).collect();
        block.extend(key);
        block.extend(checksum(key, &numbers).to_le_bytes());
        block.extend(numbers);
    }
    block
}

/// Row `slot` of a block, if it is the one of this key and undamaged.
pub(super) fn decode(block: &[u8], slot: usize, key: &Key) -> Option<Row> {
    let entry = entries(block)?.nth(slot)?;
    let (label, numbers) = entry.split_at(LABEL);
    let right = label.starts_with(key) && label.ends_with(&checksum(key, numbers).to_le_bytes());
    right.then(|| numbers.chunks_exact(4).map(|n| f32::from_le_bytes([n[0], n[1], n[2], n[3]])).collect())
}

/// The keys in a block, as far as it can be read.
pub(super) fn keys(block: &[u8]) -> Vec<Key> {
    let key = |entry: &[u8]| entry.first_chunk().copied();
    entries(block).map(|entries| entries.filter_map(key).collect()).unwrap_or_default()
}

fn entries(block: &[u8]) -> Option<std::slice::ChunksExact<'_, u8>> {
    let (header, entries) = block.split_at_checked(HEADER)?;
    let number = |at: usize| header[at..].first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize);
    let (count, width) = (number(0)?, number(4)?);
    let size = LABEL.checked_add(width.checked_mul(4)?)?;
    (count.checked_mul(size)? == entries.len()).then(|| entries.chunks_exact(size))
}

fn checksum(key: &Key, numbers: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(numbers);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(Key, Row)> {
        let special = [f32::MIN_POSITIVE / 2.0, -0.0, f32::INFINITY, 1e-7, 3.25];
        (0..3u8).map(|n| ([n; 32], special.iter().map(|x| x * f32::from(n + 1)).collect())).collect()
    }

    #[test]
    fn rows_come_back_bit_by_bit() {
        let (rows, block) = (rows(), encode(&rows()));
        assert_eq!(keys(&block), [[0; 32], [1; 32], [2; 32]]);
        for (slot, (key, row)) in rows.iter().enumerate() {
            let back = decode(&block, slot, key).unwrap();
            assert!(back.iter().zip(row.iter()).all(|(a, b)| a.to_bits() == b.to_bits()));
            assert_eq!(back.len(), row.len());
        }
        assert_eq!(decode(&block, 0, &[1; 32]), None, "another picture's");
        assert_eq!(decode(&block, 3, &[3; 32]), None);
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let (rows, block) = (rows(), encode(&rows()));
        for bit in 0..8 * block.len() {
            let mut damaged = block.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            for (slot, (key, row)) in rows.iter().enumerate() {
                let back = decode(&damaged, slot, key);
                assert!(back.is_none() || back.as_ref() == Some(row), "bit {bit}");
            }
        }
        for length in 0..block.len() {
            assert!(rows.iter().enumerate().all(|(n, (key, _))| decode(&block[..length], n, key).is_none()));
        }
    }

    #[test]
    fn a_block_fills_a_page() {
        for width in [1024, 4096] {
            let rows = rows_in_a_block(width);
            let bytes = HEADER + rows * (LABEL + 4 * width);
            assert!(bytes <= MOST && bytes > 240_000, "{width}: {rows} rows in {bytes} bytes");
        }
        assert_eq!(rows_in_a_block(1 << 20), 1);
    }
}
