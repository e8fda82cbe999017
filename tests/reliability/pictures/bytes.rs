//! Picture files written by hand, byte by byte: kinds that no encoder here writes, and
//! headers that lie.

/// A JPEG's plane of one value, so many blocks to a unit.
#[derive(Clone, Copy)]
pub struct Plane(pub u8, pub u8, pub u8);

/// A JPEG in one colour.
pub struct Jpeg<'a> {
    pub size: (u16, u16),
    pub planes: &'a [Plane],
    /// What Adobe's note says of the colours.
    pub adobe: Option<u8>,
    /// 0xc0 baseline, 0xc1 extended, 0xc2 progressive: the means of the blocks alone.
    pub frame: u8,
    /// Whether each plane has a scan of its own.
    pub apart: bool,
}

impl Jpeg<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = self.header();
        let each = (0..self.planes.len()).map(|plane| vec![plane]);
        let scans = if self.apart { each.collect() } else { vec![(0..self.planes.len()).collect()] };
        for scan in scans {
            file.extend(self.scan(&scan));
        }
        file.extend([0xff, 0xd9]);
        file
    }

    /// All before the first scan.
    pub fn header(&self) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8];
        if let Some(transform) = self.adobe {
            segment(&mut file, 0xee, &[b"Adobe".as_slice(), &[0, 100, 0, 0, 0, 0, transform]].concat());
        }
        segment(&mut file, 0xdb, &[&[0u8][..], &[1; 64]].concat());
        let (width, height) = self.size;
        let mut frame = vec![8];
        frame.extend(height.to_be_bytes());
        frame.extend(width.to_be_bytes());
        frame.push(self.planes.len() as u8);
        for (id, Plane(_, across, down)) in (1..).zip(self.planes) {
            frame.extend([id, across << 4 | down, 0]);
        }
        segment(&mut file, self.frame, &frame);
        // Twelve codes of four bits for the means, one of one bit for the end of a block.
        let mut means = vec![0, 0, 0, 0, 12];
        means.extend([0; 12]);
        means.extend(0..12);
        segment(&mut file, 0xc4, &means);
        let mut end = vec![0x10, 1];
        end.extend([0; 16]);
        segment(&mut file, 0xc4, &end);
        file
    }

    /// A scan of these planes, with its header.
    pub fn scan(&self, planes: &[usize]) -> Vec<u8> {
        let mut head = vec![planes.len() as u8];
        planes.iter().for_each(|plane| head.extend([*plane as u8 + 1, 0]));
        let progressive = self.frame == 0xc2;
        head.extend([0, if progressive { 0 } else { 63 }, 0]);
        let mut file = Vec::new();
        segment(&mut file, 0xda, &head);
        let mut bits = Bits::default();
        let most = |of: fn(&Plane) -> u8| u32::from(self.planes.iter().map(of).max().unwrap_or(1));
        let (across, down) = (most(|plane| plane.1), most(|plane| plane.2));
        let (width, height) = (u32::from(self.size.0), u32::from(self.size.1));
        let alone = planes.len() == 1;
        let units = match (alone, self.planes[planes[0]]) {
            (true, Plane(_, a, d)) => {
                (width * u32::from(a)).div_ceil(8 * across) * (height * u32::from(d)).div_ceil(8 * down)
            }
            _ => width.div_ceil(8 * across) * height.div_ceil(8 * down),
        };
        for unit in 0..units {
            for &plane in planes {
                let Plane(value, a, d) = self.planes[plane];
                let blocks = if alone { 1 } else { a * d };
                for block in 0..blocks {
                    let first = unit == 0 && block == 0;
                    bits.mean(if first { (i32::from(value) - 128) * 8 } else { 0 });
                    if !progressive {
                        bits.push(0, 1);
                    }
                }
            }
        }
        file.extend(bits.stuffed());
        file
    }
}

fn segment(file: &mut Vec<u8>, kind: u8, content: &[u8]) {
    file.extend([0xff, kind]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}

#[derive(Default)]
struct Bits {
    bits: Vec<bool>,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    }

    /// By how much a block's mean differs from the last one's.
    fn mean(&mut self, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.push(size, 4);
        let stored = if value < 0 { value + (1 << size) - 1 } else { value };
        self.push(stored as u32, size);
    }

    fn packed(&self, filling: bool, lowest_first: bool) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            (0..8).fold(0u8, |byte, at| {
                let bit = u8::from(bits.get(at).copied().unwrap_or(filling));
                byte | bit << if lowest_first { at } else { 7 - at }
            })
        };
        self.bits.chunks(8).map(byte).collect()
    }

    fn stuffed(&self) -> Vec<u8> {
        let bytes = self.packed(true, false);
        bytes.into_iter().flat_map(|byte| if byte == 0xff { vec![0xff, 0] } else { vec![byte] }).collect()
    }
}

/// A PNG of these chunks' contents: `bits` a channel, colour type `kind`, and what `IDAT`
/// and others hold.
pub fn png(width: u32, height: u32, bits: u8, kind: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([bits, kind, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunks.iter().for_each(|(name, content)| chunk(&mut file, name, content));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(name);
    file.extend(content);
    file.extend(crc32fast::hash(&file[start..]).to_be_bytes());
}

/// `bytes` as a zlib stream that stores them as they are.
pub fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 1];
    let last = bytes.chunks(0xffff).count() - 1;
    for (n, block) in bytes.chunks(0xffff).enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(n == last));
        stream.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        stream.extend(block);
    }
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

/// A zlib stream that unpacks to 258 zeros for each 13 bits of it, `count` in all at least.
pub fn packed_zeros(count: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with the codes that need no table; a literal 0.
    bits.push(0b110, 3);
    bits.push(0b0011_0000, 8);
    for _ in 0..count.div_ceil(258) {
        // 258 bytes, from one byte back.
        bits.push(0b1100_0101, 8);
        bits.push(0, 5);
    }
    bits.push(0, 7);
    let mut stream = vec![0x78, 1];
    stream.extend(bits.packed(false, true));
    // Its sum: of zeros alone.
    let length = 1 + 258 * count.div_ceil(258);
    stream.extend((((length % 65521) as u32) << 16 | 1).to_be_bytes());
    stream
}

/// A BMP of `bits` a pixel, whose rows, from the last on, are in `pixels`.
pub fn bmp(width: i32, height: i32, bits: u16, palette: &[[u8; 4]], pixels: &[u8]) -> Vec<u8> {
    let start = 54 + 4 * palette.len() as u32;
    let mut file = b"BM".to_vec();
    file.extend((start + pixels.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(start.to_le_bytes());
    file.extend(40u32.to_le_bytes());
    file.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    file.extend([1u16.to_le_bytes(), bits.to_le_bytes()].concat());
    let numbers = [0, pixels.len() as u32, 2835, 2835, palette.len() as u32, 0];
    numbers.iter().for_each(|number| file.extend(number.to_le_bytes()));
    file.extend(palette.concat());
    file.extend(pixels);
    file
}

/// A WebP of these parts.
pub fn webp(parts: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut inside = b"WEBP".to_vec();
    for (name, content) in parts {
        inside.extend(*name);
        inside.extend((content.len() as u32).to_le_bytes());
        inside.extend(content);
        inside.extend(vec![0; content.len() % 2]);
    }
    let mut file = b"RIFF".to_vec();
    file.extend((inside.len() as u32).to_le_bytes());
    file.extend(inside);
    file
}

/// EXIF notes for a JPEG that say how the camera was held.
pub fn turned(jpeg: &[u8], turn: u8) -> Vec<u8> {
    let mut notes = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    notes.extend([turn, 0, 0, 0, 0, 0, 0, 0]);
    let mut file = jpeg[..2].to_vec();
    segment(&mut file, 0xe1, &notes);
    file.extend(&jpeg[2..]);
    file
}
