//! Matrix products of slices, by the crate that candle multiplies with: without
//! copying what is multiplied, so that it may lie in a mapped file.

use gemm::Parallelism;

/// A matrix that lies in a slice, as it is or transposed.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// `rows` rows of `columns` numbers, one after the other.
    ///
    /// # Panics
    /// If there are more or fewer numbers.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> View<'a> {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} x {columns}");
        View { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Transposed.
    pub(crate) fn t(self) -> View<'a> {
        View {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Some rows from `first` on.
    pub(crate) fn rows(self, first: usize, rows: usize) -> View<'a> {
        assert!(first + rows <= self.rows, "rows {first} to {} of {}", first + rows, self.rows);
        View { values: &self.values[(first * self.row_stride).min(self.values.len())..], rows, ..self }
    }

    /// The index after the last number.
    fn end(&self) -> usize {
        match self.rows == 0 || self.columns == 0 {
            true => 0,
            false => (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride + 1,
        }
    }
}

/// Who multiplies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// This thread: others have work of their own.
    One,
    /// All of them.
    All,
}

/// `out = a b`, row by row.
///
/// # Panics
/// If the shapes do not fit.
pub(crate) fn multiply(out: &mut [f32], a: View, b: View, threads: Threads) {
    product(out, a, b, threads, false);
}

/// `out += a b`, row by row.
///
/// # Panics
/// If the shapes do not fit.
pub(crate) fn multiply_add(out: &mut [f32], a: View, b: View, threads: Threads) {
    product(out, a, b, threads, true);
}

fn product(out: &mut [f32], a: View, b: View, threads: Threads, add: bool) {
    assert_eq!(a.columns, b.rows, "{} x {} times {} x {}", a.rows, a.columns, b.rows, b.columns);
    assert_eq!(out.len(), a.rows * b.columns, "the product of {} x {}", a.rows, b.columns);
    assert!(a.end() <= a.values.len() && b.end() <= b.values.len(), "a matrix longer than its slice");
    let parallelism = match threads {
        Threads::One => Parallelism::None,
        Threads::All => Parallelism::Rayon(0),
    };
    // Strides are indices into slices, which are never longer than an isize.
    let stride = |stride: usize| stride as isize;
    // SAFETY: with these strides `gemm` reads a (m x k) and b (k x n) up to their `end`
    // and writes out (m x n, row by row); the asserts above keep all three inside their
    // slices, and `out`, borrowed mutably, overlaps neither.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            stride(b.columns),
            add,
            a.values.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.values.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formulas::uniform;

    fn plain(a: View, b: View) -> Vec<f64> {
        let at = |m: &View, r: usize, c: usize| f64::from(m.values[r * m.row_stride + c * m.column_stride]);
        let mut out = Vec::new();
        for row in 0..a.rows {
            for column in 0..b.columns {
                out.push((0..a.columns).map(|k| at(&a, row, k) * at(&b, k, column)).sum());
            }
        }
        out
    }

    #[test]
    fn products_of_matrices_and_of_their_transposes() {
        for (m, k, n) in [(1, 1, 1), (2, 7, 3), (17, 33, 65), (64, 5, 1), (1, 300, 40), (3, 0, 2)] {
            let (a, b) = (uniform(1, m * k, 1.0), uniform(2, k * n, 1.0));
            let lefts = [View::new(&a, m, k), View::new(&a, k, m).t()];
            let rights = [View::new(&b, k, n), View::new(&b, n, k).t()];
            for (left, right) in lefts.into_iter().flat_map(|l| rights.map(|r| (l, r))) {
                for threads in [Threads::One, Threads::All] {
                    let mut out = vec![f32::NAN; m * n];
                    multiply(&mut out, left, right, threads);
                    multiply_add(&mut out, left, right, threads);
                    for (got, expected) in out.iter().zip(plain(left, right)) {
                        assert!((f64::from(*got) - 2.0 * expected).abs() < 1e-4, "{got}, {expected} twice");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_of_a_matrix_and_of_a_transposed_one() {
        let a = uniform(1, 6 * 4, 1.0);
        let ones = [1.0; 6];
        let mut out = [0.0; 2];
        multiply(&mut out, View::new(&a, 6, 4).rows(3, 2), View::new(&ones[..4], 4, 1), Threads::One);
        assert!((out[1] - a[16..20].iter().sum::<f32>()).abs() < 1e-6);
        multiply(&mut out, View::new(&a, 6, 4).t().rows(2, 2), View::new(&ones, 6, 1), Threads::One);
        assert!((out[1] - a.iter().skip(3).step_by(4).sum::<f32>()).abs() < 1e-6);
    }
}
