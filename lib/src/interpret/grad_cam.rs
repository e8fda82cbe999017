//! Grad-CAM: where in a picture the network sees a class.
//!
//! Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
//! Gradient-based Localization" (2017). Each of the last convolution's 512 maps (14 x 14
//! for VGG16) is weighed by the mean of the gradient of the class's score by it; what of
//! the sum is above 0 speaks for the class.

use super::Interpretation;
use super::choose::class_index;
use super::grids::first;
use crate::data::{Resize, open_resized, to_tensor};
use crate::learner::Learner;
use crate::show::{Grid, HeatMap};
use crate::train::deep::Score;
use crate::{Count, Result};
use image::RgbImage;
use std::path::Path;

/// Where in one picture the network sees one class.
#[derive(Clone, Debug, PartialEq)]
pub struct GradCam {
    /// The class.
    pub class: String,
    /// Its probability for this picture, 0 to 1.
    pub probability: f32,
    /// The picture, 224 x 224 as the network sees it, and the map over it: 14 x 14
    /// values from 0 to 1, where 1 is what speaks most for the class in this picture.
    /// All are 0 if nothing does.
    pub heat: HeatMap,
}

impl GradCam {
    /// The picture with the map over it.
    pub fn overlay(&self) -> RgbImage {
        self.heat.overlay()
    }

    /// Shows it now.
    pub fn show(&self) {
        self.heat.show();
    }

    /// Shows it as a cell's value: the picture, the map over it, and its colours.
    pub fn evcxr_display(&self) {
        self.heat.evcxr_display();
    }
}

impl std::fmt::Display for GradCam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.heat, f)
    }
}

impl Learner {
    /// Where in the picture `file` the network sees class `class`, or else the most
    /// probable one: a Grad-CAM heat map (Selvaraju et al., 2017) from the last
    /// convolution. Before `finetune` the classes are ImageNet's.
    ///
    /// The map is coarse: one of its fields stands for 16 x 16 pixels, and what is
    /// computed there depends on a much larger part of the picture.
    ///
    /// # Errors
    /// [`Error::NeedsFullWeights`](crate::Error::NeedsFullWeights) before `finetune` with
    /// the convolution base alone; a class that there is not;
    /// [`Error::BrokenPictures`](crate::Error::BrokenPictures); a model on another device
    /// than the CPU.
    ///
    /// ```no_run
    /// # let vgg = sevenlines::Vgg16::new()?;
    /// let heat = vgg.grad_cam("data/valid/cats/cat.0151.jpg", None)?;
    /// println!("{heat}");
    /// vgg.grad_cam("data/valid/cats/cat.0151.jpg", Some("dogs"))?.show();
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn grad_cam(&self, file: impl AsRef<Path>, class: Option<&str>) -> Result<GradCam> {
        self.grad_cam_of_file(file.as_ref(), Resize::default(), class)
    }

    /// [`Learner::grad_cam`] of a picture in memory, of any size.
    ///
    /// # Errors
    /// As [`Learner::grad_cam`].
    pub fn grad_cam_of(&self, picture: &RgbImage, class: Option<&str>) -> Result<GradCam> {
        self.heat_of(Resize::default().apply(picture), class, "")
    }

    fn grad_cam_of_file(&self, file: &Path, resize: Resize, class: Option<&str>) -> Result<GradCam> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        self.heat_of(open_resized(file, resize)?, class, &format!(": {name}"))
    }

    fn heat_of(&self, picture: RgbImage, class: Option<&str>, name: &str) -> Result<GradCam> {
        let said = self.predict(&to_tensor(std::slice::from_ref(&picture))?, false)?;
        let index = match class {
            Some(class) => class_index(&said.all.classes, class)?,
            None => said.idxs[0],
        };
        let (class, probability) = (said.all.classes[index].clone(), said.all.rows[0][index]);
        let score = self.score(&picture, index)?;
        let title = format!("{class}, probability {probability:.2}{name}");
        let heat = HeatMap::new(picture, map(&score), score.side, title)?;
        Ok(GradCam { class, probability, heat })
    }
}

impl Interpretation {
    /// Where in picture `index` (its place in [`Interpretation::files`]) the model sees
    /// what it says the picture is.
    ///
    /// # Errors
    /// An index that is none; and as [`Learner::grad_cam`].
    pub fn grad_cam(&self, vgg: &Learner, index: usize) -> Result<GradCam> {
        self.check_index(index)?;
        let [predicted, _] = self.names(index);
        vgg.grad_cam_of_file(&self.files[index], self.batches.options().resize, Some(predicted))
    }

    /// The pictures of [`Interpretation::top_losses`], each with the heat map of what it
    /// was taken for.
    ///
    /// # Errors
    /// `n` below 1; and as [`Learner::grad_cam`].
    pub fn top_losses_grad_cam(&self, vgg: &Learner, n: impl Count) -> Result<Grid> {
        let mut tiles = Vec::new();
        for index in first(self.by_loss(), n.at_least_one("n")?) {
            crate::interrupt::check_interrupt()?;
            tiles.push(self.tile(index, self.grad_cam(vgg, index)?.overlay()));
        }
        Ok(Grid::new(tiles, super::grids::COLUMNS).heading("Top losses: light is what the answer rests on"))
    }
}

/// The weighted maps' sum where it is above 0, divided by its greatest value.
fn map(score: &Score) -> Vec<f32> {
    let mut weights = vec![0f32; score.channels];
    for place in score.gradient.chunks_exact(score.channels) {
        weights.iter_mut().zip(place).for_each(|(sum, gradient)| *sum += gradient);
    }
    let at = |place: &[f32]| place.iter().zip(&weights).map(|(y, weight)| y * weight).sum::<f32>().max(0.0);
    let mut map: Vec<f32> = score.output.chunks_exact(score.channels).map(at).collect();
    let most = map.iter().copied().fold(0.0, f32::max);
    if most > 0.0 {
        map.iter_mut().for_each(|value| *value /= most);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_what_its_weighted_channels_say() {
        // Two channels over 2 x 2 places; the gradients' means are 1 and -0.5.
        let output = vec![1.0, 0.0, 4.0, 2.0, 0.0, 3.0, 2.0, 2.0];
        let gradient = vec![4.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0];
        let score = Score { side: 2, channels: 2, output, gradient };
        assert_eq!(map(&score), [1.0 / 3.0, 1.0, 0.0, 1.0 / 3.0]);
    }

    #[test]
    fn where_nothing_speaks_for_the_class_the_map_is_cold() {
        let score = Score { side: 1, channels: 1, output: vec![1.0], gradient: vec![-1.0] };
        assert_eq!(map(&score), [0.0]);
    }
}
