//! One block: its lowest frequencies, and the few pixels that they give.

/// The row and the column, both counted by frequency, of each number in the order in
/// which they are stored: along the diagonals, to and fro.
const ORDER: [(u8, u8); 64] = diagonals();

const fn diagonals() -> [(u8, u8); 64] {
    let mut order = [(0, 0); 64];
    let (mut at, mut sum) = (0, 0);
    while sum < 15 {
        let mut along = 0;
        while along <= sum {
            let (row, column) = if sum % 2 == 0 { (sum - along, along) } else { (along, sum - along) };
            if row < 8 && column < 8 {
                order[at] = (row, column);
                at += 1;
            }
            along += 1;
        }
        sum += 1;
    }
    order
}

/// A block that becomes `width` x `height` pixels.
pub(super) struct Block {
    pub width: usize,
    pub height: usize,
    /// For each stored number its factor and its place in `frequencies`; none if it is
    /// too high a frequency.
    wanted: [Option<(f32, u8)>; 64],
    /// [`wave`] of each pixel and frequency.
    across: [[f32; 4]; 4],
    down: [[f32; 4]; 4],
    /// By row, then column.
    frequencies: [[f32; 4]; 4],
    /// Rows of frequencies that are not all 0.
    rows: usize,
    flat: bool,
}

impl Block {
    /// None for a side other than 1, 2 or 4.
    pub fn new(divisors: &[u16; 64], width: usize, height: usize) -> Option<Block> {
        if [width, height].iter().any(|side| ![1, 2, 4].contains(side)) {
            return None;
        }
        let mut wanted = [None; 64];
        for ((wanted, (row, column)), &divisor) in wanted.iter_mut().zip(ORDER).zip(divisors) {
            if usize::from(row) < height && usize::from(column) < width {
                *wanted = Some((f32::from(divisor), row * 4 + column));
            }
        }
        let (across, down) = (waves(width), waves(height));
        let frequencies = [[0.0; 4]; 4];
        Some(Block { width, height, wanted, across, down, frequencies, rows: 0, flat: true })
    }

    /// A new block of this mean.
    #[inline(always)]
    pub fn begin(&mut self, mean: i32) {
        if !self.flat {
            self.frequencies[..self.rows].fill([0.0; 4]);
        }
        let factor = self.wanted[0].map_or(0.0, |(factor, _)| factor);
        self.frequencies[0][0] = mean as f32 * factor;
        (self.rows, self.flat) = (1, true);
    }

    /// Whether number `at` matters.
    #[inline(always)]
    pub fn wants(&self, at: usize) -> bool {
        self.wanted[at].is_some()
    }

    /// Number `at`.
    #[inline(always)]
    pub fn set(&mut self, at: usize, value: i32) {
        if let Some((factor, place)) = self.wanted[at] {
            let (row, column) = (usize::from(place / 4), usize::from(place % 4));
            self.frequencies[row][column] = value as f32 * factor;
            self.rows = self.rows.max(row + 1);
            self.flat = false;
        }
    }

    /// Writes the pixels, `stride` from row to row.
    #[inline(always)]
    pub fn write(&self, pixels: &mut [u8], stride: usize) {
        if self.flat {
            // So is every block of 1 x 1.
            let pixel = to_pixel(self.frequencies[0][0] / 8.0);
            for row in 0..self.height {
                pixels[row * stride..][..self.width].fill(pixel);
            }
            return;
        }
        match (self.width, self.height) {
            (2, 2) => self.transform::<2, 2>(pixels, stride),
            (4, 4) => self.transform::<4, 4>(pixels, stride),
            (4, 2) => self.transform::<4, 2>(pixels, stride),
            (2, 4) => self.transform::<2, 4>(pixels, stride),
            (1, 2) => self.transform::<1, 2>(pixels, stride),
            (2, 1) => self.transform::<2, 1>(pixels, stride),
            _ => {}
        }
    }

    /// The inverse cosine transform of the lowest frequencies: columns, then rows.
    #[inline(always)]
    fn transform<const WIDTH: usize, const HEIGHT: usize>(&self, pixels: &mut [u8], stride: usize) {
        for (y, waves) in self.down[..HEIGHT].iter().enumerate() {
            let mut sums = [0f32; WIDTH];
            for (wave, frequencies) in waves[..HEIGHT].iter().zip(&self.frequencies[..self.rows]) {
                for (sum, frequency) in sums.iter_mut().zip(frequencies) {
                    *sum += wave * frequency;
                }
            }
            let row = &mut pixels[y * stride..][..WIDTH];
            for (pixel, waves) in row.iter_mut().zip(&self.across) {
                *pixel = to_pixel(sums.iter().zip(waves).map(|(sum, wave)| sum * wave).sum());
            }
        }
    }
}

fn to_pixel(value: f32) -> u8 {
    (value + 128.5) as u8
}

/// What frequency u adds to pixel x of `side`.
fn waves(side: usize) -> [[f32; 4]; 4] {
    let mut waves = [[0.0; 4]; 4];
    for (x, waves) in waves[..side].iter_mut().enumerate() {
        for (u, wave) in waves[..side].iter_mut().enumerate() {
            let angle = ((2 * x + 1) * u) as f64 * std::f64::consts::PI / (2 * side) as f64;
            *wave = if u == 0 { 0.125f64.sqrt() as f32 } else { (angle.cos() / 2.0) as f32 };
        }
    }
    waves
}
