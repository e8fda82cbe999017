//! The scan's bits, and the Huffman codes in them.

/// Codes up to this length are found in one look.
const SHORT: u32 = 10;

/// A Huffman code.
pub(super) struct Table {
    /// By the next [`SHORT`] bits: length and symbol; 0 for a longer code.
    short: Vec<(u8, u8)>,
    /// For each length: the first code that is longer, in 16 bits, and what to add to
    /// a code for its place in `symbols`.
    long: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From how many codes there are of each length, 1 to 16, and the symbols in their
    /// order; None if there are more codes than fit.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Table> {
        let mut table =
            Table { short: vec![(0, 0); 1 << SHORT], long: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0u32, 0);
        for (length, &count) in (1u32..).zip(counts) {
            table.long[length as usize].1 = place as i32 - code as i32;
            for _ in 0..count {
                if length <= SHORT {
                    let first = (code << (SHORT - length)) as usize;
                    let same = table.short.get_mut(first..first + (1 << (SHORT - length)))?;
                    same.fill((length as u8, *symbols.get(place)?));
                }
                (code, place) = (code + 1, place + 1);
            }
            if code > 1 << length {
                return None;
            }
            table.long[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }
}

/// The bits of a scan, up to the next marker.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits, from the highest on.
    buffer: u64,
    count: u32,
    /// Bits in the buffer that the file does not have.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub fn new(rest: &'a [u8]) -> Bits<'a> {
        Bits { rest, buffer: 0, count: 0, missing: 0 }
    }

    /// The next symbol. [`Bits::value`] may follow once.
    #[inline(always)]
    pub fn symbol(&mut self, table: &Table) -> Option<u8> {
        self.refill();
        let (length, symbol) = table.short[(self.buffer >> (64 - SHORT)) as usize];
        if length > 0 {
            self.skip(u32::from(length));
            return Some(symbol);
        }
        self.long_symbol(table)
    }

    #[cold]
    fn long_symbol(&mut self, table: &Table) -> Option<u8> {
        let next = (self.buffer >> 48) as u32;
        let length = (SHORT + 1..=16).find(|&length| next < table.long[length as usize].0)?;
        let place = (next >> (16 - length)) as i32 + table.long[length as usize].1;
        self.skip(length);
        table.symbols.get(usize::try_from(place).ok()?).copied()
    }

    /// The number stored in the next `size` bits, 1 to 15.
    #[inline(always)]
    pub fn value(&mut self, size: u32) -> i32 {
        let bits = (self.buffer >> (64 - size)) as i32;
        self.skip(size);
        // The lower half stands for the negative numbers.
        if bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
    }

    /// Passes over at most 15 bits after a symbol.
    #[inline(always)]
    pub fn skip(&mut self, size: u32) {
        self.buffer <<= size;
        self.count -= size;
    }

    /// Whether more was read than the file has.
    pub fn overrun(&self) -> bool {
        self.missing > self.count
    }

    /// Goes on behind restart marker `number`, which must be next.
    pub fn restart(&mut self, number: usize) -> Option<()> {
        // A few filling bits may stand before it, but no whole byte.
        if self.overrun() || self.count - self.missing >= 8 {
            return None;
        }
        let rest = self.rest.strip_prefix(&[0xff, 0xd0 + (number % 8) as u8])?;
        *self = Bits::new(rest);
        Some(())
    }

    /// So that there are 32 bits: a code of 16 and a number of 15.
    #[inline(always)]
    fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        match self.rest.first_chunk::<4>() {
            Some(&four) if !four.contains(&0xff) => {
                self.buffer |= u64::from(u32::from_be_bytes(four)) << (32 - self.count);
                self.count += 32;
                self.rest = &self.rest[4..];
            }
            _ => self.refill_by_byte(),
        }
    }

    fn refill_by_byte(&mut self) {
        while self.count <= 56 {
            let byte = match self.rest {
                [0xff, 0, rest @ ..] => {
                    self.rest = rest;
                    0xff
                }
                // A marker, or the end.
                [0xff, ..] | [] => {
                    self.missing += 8;
                    0
                }
                [byte, rest @ ..] => {
                    self.rest = rest;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }
}
