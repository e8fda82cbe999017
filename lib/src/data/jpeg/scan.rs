//! The baseline scan, decoded to planes of the smaller size.

use super::block::Block;
use super::header::{Component, Header};
use super::huffman::{Bits, Table};

/// One of the picture's planes; all have the same size.
pub(super) struct Plane {
    pixels: Vec<u8>,
    width: usize,
}

impl Plane {
    /// Row `y`, at least as wide as the picture.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }
}

/// What decodes one component.
struct Decoder<'a> {
    component: Component,
    dc: &'a Table,
    ac: &'a Table,
    block: Block,
    plane: Plane,
    /// The last block's mean: each is stored as the difference to the one before.
    mean: i32,
}

/// The planes, each 8 x 8 pixels of the picture as `side` x `side`; None if the scan is
/// damaged. A plane stored at half the size gives twice as many pixels a block, so
/// that all planes fit.
pub(super) fn planes(header: &Header, side: usize) -> Option<Vec<Plane>> {
    let across = header.components.iter().map(|c| c.across).max()?;
    let down = header.components.iter().map(|c| c.down).max()?;
    let (columns, rows) = (header.width.div_ceil(8 * across), header.height.div_ceil(8 * down));
    let mut decoders = Vec::new();
    for &component in &header.components {
        let (width, height) = (side * across / component.across, side * down / component.down);
        let divisors = header.divisors.get(component.divisors)?.as_ref()?;
        let width_of_plane = columns * across * side;
        decoders.push(Decoder {
            component,
            dc: header.dc.get(component.dc)?.as_ref()?,
            ac: header.ac.get(component.ac)?.as_ref()?,
            block: Block::new(divisors, width, height)?,
            plane: Plane { pixels: vec![0; width_of_plane * rows * down * side], width: width_of_plane },
            mean: 0,
        });
    }
    let mut bits = Bits::new(header.scan);
    for unit in 0..columns * rows {
        if header.restart > 0 && unit > 0 && unit % header.restart == 0 {
            bits.restart(unit / header.restart - 1)?;
            decoders.iter_mut().for_each(|decoder| decoder.mean = 0);
        }
        for decoder in &mut decoders {
            decoder.unit(&mut bits, unit % columns, unit / columns)?;
        }
        if bits.overrun() {
            return None;
        }
    }
    Some(decoders.into_iter().map(|decoder| decoder.plane).collect())
}

impl Decoder<'_> {
    /// The component's blocks of the unit in that column and row.
    fn unit(&mut self, bits: &mut Bits, column: usize, row: usize) -> Option<()> {
        let Component { across, down, .. } = self.component;
        for y in 0..down {
            for x in 0..across {
                self.read_block(bits)?;
                let (x, y) = ((column * across + x) * self.block.width, (row * down + y) * self.block.height);
                let width = self.plane.width;
                self.block.write(&mut self.plane.pixels[y * width + x..], width);
            }
        }
        Some(())
    }

    #[inline(always)]
    fn read_block(&mut self, bits: &mut Bits) -> Option<()> {
        let size = u32::from(bits.symbol(self.dc)?);
        match size {
            0 => {}
            1..=15 => self.mean = self.mean.wrapping_add(bits.value(size)),
            _ => return None,
        }
        self.block.begin(self.mean);
        let mut at = 1;
        while at < 64 {
            let symbol = bits.symbol(self.ac)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            at += zeros;
            match (size, zeros) {
                (0, 15) => {}
                (0, _) => break,
                _ if at > 63 => return None,
                _ if self.block.wants(at) => self.block.set(at, bits.value(size)),
                _ => bits.skip(size),
            }
            at += 1;
        }
        Some(())
    }
}
