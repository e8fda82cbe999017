//! Numbers that no trained layer has: what a damaged file, or a training that went wrong,
//! leaves in the place of weights.

use rayon::prelude::*;

/// Weights are below 100, and the variances of a batch normalisation below a million; a bit
/// that flipped in an exponent makes 1e17 or 1e36 of them.
const LARGEST: f32 = 1e9;
/// Looked through by one thread at a time.
const CHUNK: usize = 1 << 16;

/// The first number that is not one, or too large, and where it is.
pub(super) fn implausible(numbers: &[f32]) -> Option<(usize, f32)> {
    let is_sound = |number: &f32| number.abs() < LARGEST;
    // Without a way out of the loop, so that it runs many numbers at a time.
    let all_sound = |chunk: &[f32]| chunk.iter().fold(true, |sound, number| sound & is_sound(number));
    match numbers.par_chunks(CHUNK).all(all_sound) {
        true => None,
        false => numbers.iter().copied().enumerate().find(|(_, number)| !is_sound(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_weight_is_found_where_it_is() {
        let mut numbers = vec![-0.5; 3 * CHUNK];
        assert_eq!(implausible(&numbers), None);
        numbers[2 * CHUNK + 7] = 1e30;
        assert_eq!(implausible(&numbers), Some((2 * CHUNK + 7, 1e30)));
        numbers[5] = f32::NEG_INFINITY;
        assert_eq!(implausible(&numbers), Some((5, f32::NEG_INFINITY)));
        numbers[3] = f32::NAN;
        assert!(implausible(&numbers).is_some_and(|(at, number)| at == 3 && number.is_nan()));
    }
}
