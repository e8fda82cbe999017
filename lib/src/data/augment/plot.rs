//! A picture of what augmentation does.

use super::{Augment, Look};
use crate::data::{Batches, open_picture};
use crate::show::{Grid, Mark, Tile};
use crate::{Count, Error, Result};

impl Batches {
    /// Picture `index` (of [`Batches::items`]) as it is, once for each change that is on,
    /// alone and at full strength, and `n` times as training sees it: in its first `n`
    /// epochs. Without augmentation in the options it shows [`Augment::default`].
    ///
    /// # Errors
    /// An index out of range, `n` below 1, a picture that cannot be read.
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// # let vgg = Vgg16::new()?;
    /// let options = BatchOptions { augment: Some(Augment::standard()), ..Default::default() };
    /// let batches = vgg.get_batches_with("data/train", 64, options)?;
    /// batches.plot_augmentations(0, 4)?.show();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn plot_augmentations(&self, index: usize, n: impl Count) -> Result<Grid> {
        augmentations(self, index, n.at_least_one("n")?)
    }
}

fn augmentations(batches: &Batches, index: usize, n: usize) -> Result<Grid> {
    let Some(item) = batches.items().get(index) else {
        let got = index.to_string();
        let expected = "below the number of pictures";
        return Err(Error::OutOfRange { name: "the picture's index", got, expected });
    };
    let augment = batches.options().augment.unwrap_or_default();
    let picture = open_picture(&item.path)?;
    let resize = batches.options().resize;
    let tile = |title: String, look: Look| {
        let caption = String::new();
        Tile { picture: look.apply(picture.clone(), resize), title, caption, mark: Mark::None }
    };
    let mut tiles: Vec<Tile> =
        each_alone(&augment).into_iter().map(|(title, look)| tile(title, look)).collect();
    let random = batches.with_augment(Some(augment))?;
    for epoch in 0..n {
        let picture = random.pictures(&[index], epoch as u64)?.swap_remove(0);
        let title = format!("all, epoch {}", epoch + 1);
        tiles.push(Tile { picture, title, caption: String::new(), mark: Mark::None });
    }
    if let Some(first) = tiles.first_mut() {
        first.caption = item.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    }
    Ok(Grid::new(tiles, 4))
}

/// The picture as it is, and each change alone, as strong as it may be.
fn each_alone(augment: &Augment) -> Vec<(String, Look)> {
    let plain = Look::PLAIN;
    let mut looks = vec![("as it is".to_owned(), plain)];
    let mut add = |on: bool, title: String, look: Look| {
        if on {
            looks.push((title, look));
        }
    };
    let (crop, zoom) = (augment.crop, 1.0 + augment.zoom);
    add(augment.flip, "flip".into(), Look { mirror: true, ..plain });
    add(augment.vertical_flip, "vertical flip".into(), Look { upside_down: true, ..plain });
    add(crop > 0.0, format!("crop {crop} a side"), Look { cut: [crop; 4], ..plain });
    for sign in [1.0, -1.0] {
        let degrees = sign * augment.rotate;
        add(degrees != 0.0, format!("rotate {degrees:+}°"), Look { degrees, ..plain });
    }
    add(zoom > 1.0, format!("zoom {zoom}"), Look { zoom, ..plain });
    for sign in [1.0, -1.0] {
        let brightness = sign * augment.brightness;
        add(brightness != 0.0, format!("brightness {brightness:+}"), Look { brightness, ..plain });
    }
    let less = 1.0 - augment.contrast;
    for contrast in [1.0 / less, less] {
        add(less < 1.0, format!("contrast {contrast:.2}"), Look { contrast, ..plain });
    }
    looks
}
