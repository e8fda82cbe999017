//! Small matrices on both sides of a tile: the transforms of F(4 x 4, 3 x 3) (Lavin and
//! Gray, 2015), forwards and transposed, for some neighbouring channels at a time.

// Small matrices by index, as one writes them.
#![allow(clippy::needless_range_loop)]

/// Outputs of a tile along one side, and the inputs that they see.
pub(super) const TILE: usize = 4;
pub(super) const PATCH: usize = TILE + 2;

/// Channels that are transformed together.
pub(super) const LANES: usize = 16;

pub(super) type Lanes = [f32; LANES];
pub(super) type Square<const N: usize> = [[Lanes; N]; N];
pub(super) type Matrix<const R: usize, const C: usize> = [[f32; C]; R];

/// Bᵀ, for the points 0, 1, -1, 2, -2 and infinity.
const INPUT: Matrix<6, 6> = [
    [4.0, 0.0, -5.0, 0.0, 1.0, 0.0],
    [0.0, -4.0, -4.0, 1.0, 1.0, 0.0],
    [0.0, 4.0, -4.0, -1.0, 1.0, 0.0],
    [0.0, -2.0, -1.0, 2.0, 1.0, 0.0],
    [0.0, 2.0, -1.0, -2.0, 1.0, 0.0],
    [0.0, 4.0, 0.0, -5.0, 0.0, 1.0],
];

/// G.
const KERNEL: Matrix<6, 3> = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// Aᵀ.
const OUTPUT: Matrix<4, 6> = [
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
    [0.0, 1.0, 1.0, 4.0, 4.0, 0.0],
    [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
];

const fn transposed<const R: usize, const C: usize>(m: Matrix<R, C>) -> Matrix<C, R> {
    let mut t = [[0.0; R]; C];
    let mut at = 0;
    while at < R * C {
        t[at % C][at / C] = m[at / C][at % C];
        at += 1;
    }
    t
}

/// A matrix that compilers know, so that its zeros and ones cost nothing.
pub(super) trait Transform<const R: usize, const S: usize>: Send {
    const M: Matrix<R, S>;
}

pub(super) struct Forwards;
pub(super) struct Backwards;

impl Transform<6, 6> for Forwards {
    const M: Matrix<6, 6> = INPUT;
}

impl Transform<6, 6> for Backwards {
    const M: Matrix<6, 6> = transposed(INPUT);
}

impl Transform<6, 3> for Forwards {
    const M: Matrix<6, 3> = KERNEL;
}

impl Transform<3, 6> for Backwards {
    const M: Matrix<3, 6> = transposed(KERNEL);
}

impl Transform<4, 6> for Forwards {
    const M: Matrix<4, 6> = OUTPUT;
}

impl Transform<6, 4> for Backwards {
    const M: Matrix<6, 4> = transposed(OUTPUT);
}

/// `M x Mᵀ`.
#[inline(always)]
pub(super) fn sandwich<T: Transform<R, S>, const R: usize, const S: usize>(x: &Square<S>) -> Square<R> {
    let mut half = [[[0.0; LANES]; S]; R];
    for r in 0..R {
        for i in 0..S {
            if T::M[r][i] != 0.0 {
                for q in 0..S {
                    add(&mut half[r][q], T::M[r][i], &x[i][q]);
                }
            }
        }
    }
    let mut out = [[[0.0; LANES]; R]; R];
    for q in 0..R {
        for i in 0..S {
            if T::M[q][i] != 0.0 {
                for r in 0..R {
                    add(&mut out[r][q], T::M[q][i], &half[r][i]);
                }
            }
        }
    }
    out
}

#[inline(always)]
fn add(sum: &mut Lanes, factor: f32, x: &Lanes) {
    for lane in 0..LANES {
        sum[lane] += factor * x[lane];
    }
}

/// The first channels of `from`, zeros where there are fewer than a block's.
#[inline(always)]
pub(super) fn load(from: &[f32]) -> Lanes {
    let mut lanes = [0.0; LANES];
    match from.first_chunk::<LANES>() {
        Some(chunk) => lanes = *chunk,
        None => lanes[..from.len()].copy_from_slice(from),
    }
    lanes
}

#[inline(always)]
pub(super) fn store(to: &mut [f32], lanes: &Lanes) {
    match to.first_chunk_mut::<LANES>() {
        Some(chunk) => *chunk = *lanes,
        None => {
            let count = to.len();
            to.copy_from_slice(&lanes[..count]);
        }
    }
}
