//! Brightness and contrast.

use image::RgbImage;

/// How far from black and white a value counts as, of the range: less than half a step.
const EDGE: f64 = 1.0 / 1024.0;

/// Makes a picture brighter or darker: a middle grey moves by `brightness`, -0.9 to 0.9,
/// of half the range; and its contrast `contrast` times as strong, about that grey.
///
/// Both act on the logits of the values, as fastai's do: whatever the strength, nothing
/// becomes brighter than white, and what differed by much still differs.
pub(super) fn lit(picture: &mut RgbImage, brightness: f64, contrast: f64) {
    if brightness == 0.0 && contrast == 1.0 {
        return;
    }
    let shift = logit(0.5 + brightness / 2.0);
    let value = |old: usize| {
        let old = (old as f64 / 255.0).clamp(EDGE, 1.0 - EDGE);
        (sigmoid(logit(old) * contrast + shift) * 255.0).round() as u8
    };
    let table: [u8; 256] = std::array::from_fn(value);
    picture.iter_mut().for_each(|byte| *byte = table[usize::from(*byte)]);
}

fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
