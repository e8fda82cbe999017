//! Where the tiles of a convolution's output lie: 4 x 4 points each (2 x 2 where
//! they are pooled), row by row through all pictures.

/// Points along each side of a tile, before pooling.
pub(super) const TILE: usize = 4;

/// Points along each side of the patch of input that a tile depends on.
pub(super) const PATCH: usize = TILE + 2;

/// One call's sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) pool: bool,
}

/// A tile's input: pixels of all channels, empty where the padding is.
pub(super) type Patch<'a> = [[&'a [f32]; PATCH]; PATCH];

impl Shape {
    /// Numbers in one picture of the input.
    pub(super) fn input_len(&self) -> usize {
        self.height * self.width * self.inputs
    }

    /// Points along each side of a tile's output.
    pub(super) fn step(&self) -> usize {
        if self.pool { TILE / 2 } else { TILE }
    }

    /// Height and width of the output.
    pub(super) fn output(&self) -> (usize, usize) {
        if self.pool { (self.height / 2, self.width / 2) } else { (self.height, self.width) }
    }

    /// Numbers in one picture of the output.
    pub(super) fn output_len(&self) -> usize {
        let (height, width) = self.output();
        height * width * self.outputs
    }

    /// Rows of tiles in a picture.
    pub(super) fn rows(&self) -> usize {
        self.output().0.div_ceil(self.step())
    }

    /// Tiles in a row.
    pub(super) fn columns(&self) -> usize {
        self.output().1.div_ceil(self.step())
    }

    /// The output, cut into the rows of tiles of all pictures in turn.
    pub(super) fn cut<'a>(&self, output: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        let row = self.step() * self.output().1 * self.outputs;
        output.chunks_mut(self.output_len()).flat_map(|picture| picture.chunks_mut(row)).collect()
    }

    /// The input patch of a tile, numbered through all rows of all pictures.
    #[inline(always)]
    pub(super) fn patch<'a>(&self, input: &'a [f32], tile: usize) -> Patch<'a> {
        let (row, column) = (tile / self.columns(), tile % self.columns());
        let picture = &input[row / self.rows() * self.input_len()..][..self.input_len()];
        let (top, left) = (row % self.rows() * TILE, column * TILE);
        let mut patch: Patch<'a> = [[&[]; PATCH]; PATCH];
        for (r, line) in patch.iter_mut().enumerate() {
            for (q, pixel) in line.iter_mut().enumerate() {
                // Both are one more than the pixel's place: the padding comes first.
                let (y, x) = (top + r, left + q);
                if (1..=self.height).contains(&y) && (1..=self.width).contains(&x) {
                    let at = ((y - 1) * self.width + x - 1) * self.inputs;
                    *pixel = &picture[at..at + self.inputs];
                }
            }
        }
        patch
    }
}

/// How the tiles of a chunk are grouped into blocks, the rows of one kernel call:
/// as evenly as can be, since a small block costs nearly what a large one does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    pub(super) tiles: usize,
    pub(super) size: usize,
}

impl Blocks {
    pub(super) fn new(tiles: usize, most: usize) -> Blocks {
        Blocks { tiles, size: tiles.div_ceil(tiles.div_ceil(most)) }
    }

    pub(super) fn count(&self) -> usize {
        self.tiles.div_ceil(self.size)
    }

    /// First tile and number of tiles of a block.
    pub(super) fn get(&self, block: usize) -> (usize, usize) {
        let first = block * self.size;
        (first, self.size.min(self.tiles - first))
    }
}
