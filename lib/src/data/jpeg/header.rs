//! A JPEG file up to its first scan: sizes, tables, components.

use super::huffman::Table;
use std::io::{BufRead, Read, Seek};

/// What the first scan needs.
pub(super) struct Header<'a> {
    pub width: usize,
    pub height: usize,
    pub components: Vec<Component>,
    /// A restart marker follows each so many units; 0 for never.
    pub restart: usize,
    /// Divisors of the frequencies, in the order in which they are stored.
    pub divisors: [Option<[u16; 64]>; 4],
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// From the scan's first bit on.
    pub scan: &'a [u8],
}

/// A plane of the picture: luma, or one of the two colour differences.
#[derive(Clone, Copy, Default)]
pub(super) struct Component {
    id: u8,
    /// Blocks in a unit, across and down.
    pub across: usize,
    pub down: usize,
    pub divisors: usize,
    pub dc: usize,
    pub ac: usize,
}

impl Header<'_> {
    /// Of a picture with one baseline scan, grey or YCbCr; None for all else.
    pub fn read(bytes: &[u8]) -> Option<Header<'_>> {
        let mut header = Header {
            width: 0,
            height: 0,
            components: Vec::new(),
            restart: 0,
            divisors: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            scan: &[],
        };
        let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
        loop {
            let kind = next_kind(&mut rest)?;
            let length = usize::from(u16::from_be_bytes(read(&mut rest)?)).checked_sub(2)?;
            let (segment, after) = rest.split_at_checked(length)?;
            rest = after;
            match kind {
                0xc0 | 0xc1 if header.components.is_empty() => header.frame(segment)?,
                0xc4 => header.tables(segment)?,
                0xdb => header.quantisation(segment)?,
                0xdd => header.restart = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
                // Adobe's note: YCbCr has transform 1.
                0xee if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => return None,
                0xe0..=0xef | 0xfe => {}
                0xda => {
                    header.first_scan(segment)?;
                    header.scan = rest;
                    return Some(header);
                }
                _ => return None,
            }
        }
    }

    fn frame(&mut self, mut segment: &[u8]) -> Option<()> {
        let [precision, h1, h0, w1, w0, count] = read(&mut segment)?;
        self.height = usize::from(u16::from_be_bytes([h1, h0]));
        self.width = usize::from(u16::from_be_bytes([w1, w0]));
        for _ in 0..count {
            let [id, sampling, divisors] = read(&mut segment)?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            let divisors = usize::from(divisors);
            self.components.push(Component { id, across, down, divisors, ..Component::default() });
        }
        if let [grey] = self.components.as_mut_slice() {
            // Alone, a plane comes block by block.
            (grey.across, grey.down) = (1, 1);
        }
        let sampled =
            |c: &Component, most: usize| (1..=most).contains(&c.across) && (1..=most).contains(&c.down);
        let understood = match self.components.as_slice() {
            [_] => true,
            [red, green, blue] if [red.id, green.id, blue.id] == *b"RGB" => false,
            [luma, blue, red] => sampled(luma, 2) && sampled(blue, 1) && sampled(red, 1),
            _ => false,
        };
        (understood && precision == 8 && self.width > 0 && self.height > 0).then_some(())
    }

    fn quantisation(&mut self, mut segment: &[u8]) -> Option<()> {
        while !segment.is_empty() {
            let [kind] = read(&mut segment)?;
            let divisors = self.divisors.get_mut(usize::from(kind & 15))?.insert([0; 64]);
            for divisor in divisors {
                *divisor = match kind >> 4 {
                    0 => u16::from(read::<1>(&mut segment)?[0]),
                    1 => u16::from_be_bytes(read(&mut segment)?),
                    _ => return None,
                };
            }
        }
        Some(())
    }

    fn tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while !segment.is_empty() {
            let [kind] = read(&mut segment)?;
            let counts: [u8; 16] = read(&mut segment)?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, after) = segment.split_at_checked(total)?;
            segment = after;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Table::new(&counts, symbols)?);
        }
        Some(())
    }

    fn first_scan(&mut self, mut segment: &[u8]) -> Option<()> {
        let [count] = read(&mut segment)?;
        if self.components.is_empty() || usize::from(count) != self.components.len() {
            return None;
        }
        for component in &mut self.components {
            let [id, tables] = read(&mut segment)?;
            (component.dc, component.ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if id != component.id {
                return None;
            }
        }
        (segment == [0, 63, 0]).then_some(())
    }
}

/// What a JPEG's header says of its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::data) struct Frame {
    pub width: u32,
    pub height: u32,
    pub grey: bool,
    /// Bytes that hold the picture's frequencies until all of them are read: none where
    /// the one scan has all there is.
    pub kept: u64,
    /// Whether the planes come one after the other.
    pub apart: bool,
}

/// A JPEG's frame; None if it is no JPEG, or not one that is certain to be understood.
/// Reads a few bytes of each segment.
pub(in crate::data) fn frame(file: &mut (impl BufRead + Seek)) -> Option<Frame> {
    let mut frame = None;
    if read(file)? != [0xff, 0xd8] {
        return None;
    }
    loop {
        let kind = next_kind(file)?;
        let mut length = u16::from_be_bytes(read(file)?).checked_sub(2)?;
        match kind {
            // Baseline, extended or progressive.
            0xc0..=0xc2 => {
                let [precision, h1, h0, w1, w0, count] = read(file)?;
                let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                if frame.is_some() || precision != 8 || width == 0 || height == 0 || count == 0 || count > 4 {
                    return None;
                }
                let mut samplings = [(1, 1); 4];
                for sampling in &mut samplings[..usize::from(count)] {
                    let [_, both, _] = read(file)?;
                    *sampling = (u64::from(both >> 4), u64::from(both & 15));
                }
                let kept = frequencies(width.into(), height.into(), &samplings[..usize::from(count)])?;
                let grey = count == 1;
                let (width, height) = (width.into(), height.into());
                let apart = false;
                frame = Some((kind == 0xc2, count, Frame { width, height, grey, kept, apart }));
                length = length.checked_sub(6 + 3 * u16::from(count))?;
            }
            // The first scan: pixels follow.
            0xda => {
                let (progressive, count, frame) = frame?;
                let [scanned] = read(file)?;
                return Some(match (progressive, scanned == count) {
                    (true, _) => frame,
                    (false, true) => Frame { kept: 0, ..frame },
                    (false, false) => Frame { apart: true, ..frame },
                });
            }
            // Tables, what applications noted, comments.
            0xc4 | 0xdb | 0xdd | 0xe0..=0xef | 0xfe => {}
            _ => return None,
        }
        file.seek_relative(i64::from(length)).ok()?;
    }
}

/// The bytes of all frequencies, two each, of planes that are sampled so; None if a plane
/// has none or too many.
fn frequencies(width: u64, height: u64, samplings: &[(u64, u64)]) -> Option<u64> {
    let samplings = if samplings.len() == 1 { &[(1, 1)] } else { samplings };
    let across = samplings.iter().map(|sampling| sampling.0).max()?;
    let down = samplings.iter().map(|sampling| sampling.1).max()?;
    let sampled = samplings.iter().all(|&(a, d)| (1..=4).contains(&a) && (1..=4).contains(&d));
    let units = width.div_ceil(8 * across.max(1)) * height.div_ceil(8 * down.max(1));
    let blocks: u64 = samplings.iter().map(|(across, down)| across * down).sum();
    sampled.then_some(units * blocks * 64 * 2)
}

/// The next segment's kind.
fn next_kind(file: &mut impl Read) -> Option<u8> {
    let [mark, mut kind] = read(file)?;
    while mark == 0xff && kind == 0xff {
        [kind] = read(file)?;
    }
    (mark == 0xff).then_some(kind)
}

fn read<const N: usize>(file: &mut impl Read) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).ok().map(|()| bytes)
}
