//! Features centred and scaled by the training set, once, before the head sees
//! them: without it one epoch's accuracy swings with the seed (measured from 0.59
//! to 0.97 on 395 photographs).

use crate::Result;
use candle_core::{Device, Tensor};

/// Each feature's mean over the training set, and one overall standard deviation.
#[derive(Clone)]
pub(crate) struct Scaling {
    /// `(width,)`.
    pub mean: Tensor,
    pub std: f32,
}

impl Scaling {
    /// From the features of all training pictures.
    pub(crate) fn measure(rows: &[&[f32]]) -> Result<Scaling> {
        let width = rows.first().map_or(0, |row| row.len());
        let mut mean = vec![0f64; width];
        for row in rows {
            mean.iter_mut().zip(*row).for_each(|(m, v)| *m += f64::from(*v));
        }
        mean.iter_mut().for_each(|m| *m /= rows.len() as f64);
        let squares: f64 = rows
            .iter()
            .map(|row| row.iter().zip(&mean).map(|(v, m)| (f64::from(*v) - m).powi(2)).sum::<f64>())
            .sum();
        let std = (squares / (rows.len() * width) as f64).sqrt() as f32;
        let mean: Vec<f32> = mean.into_iter().map(|m| m as f32).collect();
        // All pictures alike: nothing to scale by.
        let std = if std > 0.0 { std } else { 1.0 };
        Ok(Scaling { mean: Tensor::from_vec(mean, width, &Device::Cpu)?, std })
    }

    /// `(N, width)`, centred and scaled.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        Ok((x.broadcast_sub(&self.mean)? / f64::from(self.std))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_features_have_no_mean_and_unit_deviation() {
        let rows: Vec<Vec<f32>> = (0..40u8).map(|i| vec![f32::from(i), 5.0 - 2.0 * f32::from(i), 100.0]).collect();
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let scaling = Scaling::measure(&views).unwrap();
        let x = Tensor::from_vec(rows.concat(), (40, 3), &Device::Cpu).unwrap();
        let y = scaling.apply(&x).unwrap();
        for mean in y.mean(0).unwrap().to_vec1::<f32>().unwrap() {
            assert!(mean.abs() < 1e-5);
        }
        let power = y.sqr().unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!((power - 1.0).abs() < 1e-5);
    }
}
