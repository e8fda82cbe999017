//! The first stage of a tile: its patch of input to a row of every plane.

use super::axis::Axis;
use super::grid::{Grid, class};
use super::shape::Shape;
use super::simd::{Job, Simd};
use super::winograd::{self, FEW, POINTS};

/// Some vectors of channels of all tiles of a chunk.
pub(super) struct Transform<'a> {
    pub(super) shape: Shape,
    pub(super) grid: &'a Grid,
    pub(super) across: Axis,
    pub(super) input: &'a [f32],
    /// Picture, first point and size of each row of tiles.
    pub(super) rows: &'a [(usize, usize, usize)],
    /// The channels: the first, and the first of the next group.
    pub(super) channels: (usize, usize),
    /// The group's numbers.
    pub(super) out: &'a mut [f32],
}

/// Where a line or column of a patch is outside of the picture.
const OUTSIDE: usize = usize::MAX;

impl Job for Transform<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Transform { shape, grid, across, input, rows, channels, out } = self;
        let (mut tall, mut low) = (0, 0);
        let mut half = [[simd.splat(0.0); POINTS]; POINTS];
        for &(picture, top, size) in rows {
            let is_tall = size > POINTS - 4;
            let index = if is_tall { &mut tall } else { &mut low };
            let lines = places(top, shape.height, shape.width * shape.inputs);
            let picture = &input[picture * shape.input_len()..][..shape.input_len()];
            for column in 0..across.count() {
                let is_wide = column < across.sixes;
                let columns = places(across.start(column), shape.width, shape.inputs);
                let places = grid.input_places(grid.tile(size, *index, column), S::LANES);
                let patch = Patch {
                    picture,
                    lines,
                    columns,
                    channels,
                    inputs: shape.inputs,
                    next: across.size(column) * shape.inputs,
                };
                match (is_tall, is_wide) {
                    (true, true) => patch.transform::<S, 8, 8>(simd, grid, &places, &mut half, out),
                    (true, false) => patch.transform::<S, 8, 6>(simd, grid, &places, &mut half, out),
                    (false, true) => patch.transform::<S, 6, 8>(simd, grid, &places, &mut half, out),
                    (false, false) => patch.transform::<S, 6, 6>(simd, grid, &places, &mut half, out),
                }
            }
            *index += 1;
        }
    }
}

/// Where the lines (or columns) of a patch begin, whose second is `first`.
#[inline(always)]
fn places(first: usize, len: usize, stride: usize) -> [usize; POINTS] {
    let mut places = [OUTSIDE; POINTS];
    for index in 0..POINTS {
        // One more than the place: the padding comes first.
        let at = first + index;
        if at >= 1 && at <= len {
            places[index] = (at - 1) * stride;
        }
    }
    places
}

struct Patch<'a> {
    picture: &'a [f32],
    lines: [usize; POINTS],
    columns: [usize; POINTS],
    channels: (usize, usize),
    inputs: usize,
    /// Numbers to the next tile.
    next: usize,
}

impl Patch<'_> {
    /// A patch of `H` by `W` points.
    #[inline(always)]
    fn transform<S: Simd, const H: usize, const W: usize>(
        &self,
        simd: S,
        grid: &Grid,
        places: &[(usize, usize); 4],
        half: &mut [[S::Vector; POINTS]; POINTS],
        out: &mut [f32],
    ) {
        for (index, first) in (self.channels.0..self.channels.1).step_by(S::LANES).enumerate() {
            let word = index % S::PACKED * (S::LANES / S::PACKED);
            for q in 0..W {
                let line = winograd::input::<S, H>(simd, self.column::<S, H>(simd, q, first));
                for r in 0..H {
                    half[r][q] = line[r];
                }
            }
            for r in 0..H {
                let line = winograd::input::<S, W>(simd, half[r]);
                for q in 0..W {
                    let (start, stride) = places[class(r, q)];
                    let at = grid.input(r * POINTS + q) + start + word;
                    simd.store_words(line[q], &mut out[at + index / S::PACKED * stride..]);
                }
            }
        }
    }

    #[inline(always)]
    fn column<S: Simd, const H: usize>(&self, simd: S, q: usize, first: usize) -> [S::Vector; POINTS] {
        let column = self.columns[q];
        let zero = simd.splat(0.0);
        if column == OUTSIDE || first >= self.inputs {
            return [zero; POINTS];
        }
        let at = column + first;
        let more = H > FEW;
        [
            self.point(simd, 0, at, first),
            self.point(simd, 1, at, first),
            self.point(simd, 2, at, first),
            self.point(simd, 3, at, first),
            self.point(simd, 4, at, first),
            self.point(simd, 5, at, first),
            if more { self.point(simd, 6, at, first) } else { zero },
            if more { self.point(simd, 7, at, first) } else { zero },
        ]
    }

    #[inline(always)]
    fn point<S: Simd>(&self, simd: S, r: usize, at: usize, first: usize) -> S::Vector {
        if self.lines[r] == OUTSIDE {
            return simd.splat(0.0);
        }
        let from = self.lines[r] + at;
        // The same place in the next tile.
        simd.prefetch(self.picture, from + self.next);
        let left = self.inputs - first;
        if left >= S::LANES {
            simd.load(&self.picture[from..])
        } else {
            simd.load_some(&self.picture[from..from + left])
        }
    }
}
