//! fast.ai's `utils.py`, as far as lesson 1 uses it.

use crate::data::{Batch, Batches};
use crate::disk::DraftFile;
use crate::interpret::Interpretation;
use crate::learner::Probs;
use crate::show::{Figure, Grid, Mark, Tile};
use crate::{Count, Error, Result, npy};
use candle_core::{DType, Device, Tensor};
use image::RgbImage;
use std::path::Path;

/// A grid of the pictures of `images` `(N, 3, H, W)`, RGB, 0 to 255, each with its title.
///
/// # Errors
/// A tensor of another shape.
///
/// ```
/// use sevenlines::{candle_core::{DType, Device, Tensor}, utils::plots};
/// let images = Tensor::zeros((2, 3, 224, 224), DType::F32, &Device::Cpu)?;
/// let grid = plots(&images, &["a cat".to_owned(), "a dog".to_owned()])?;
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn plots(images: &Tensor, titles: &[String]) -> Result<Grid> {
    let mut tiles = Vec::new();
    for index in 0..images.dim(0)? {
        let title = titles.get(index).cloned().unwrap_or_default();
        tiles.push(Tile {
            picture: to_picture(&images.get(index)?)?,
            title,
            caption: String::new(),
            mark: Mark::None,
        });
    }
    Ok(Grid::new(tiles, 4))
}

/// [`plots`] of a batch, titled with its classes.
///
/// # Errors
/// As [`plots`].
pub fn plot_batch(batch: &Batch, classes: &[String]) -> Result<Grid> {
    let labels = batch.labels.to_vec1::<u32>()?;
    let titles: Vec<String> =
        labels.iter().map(|&label| classes.get(label as usize).cloned().unwrap_or_default()).collect();
    plots(&batch.images, &titles)
}

/// `per_class` pictures of each class of `batches`, a row a class, taken from all over
/// its files; all of a class that has fewer.
///
/// ```no_run
/// use sevenlines::utils::plot_classes;
/// let batches = sevenlines::Vgg16::new()?.get_batches("data/train", 64)?;
/// plot_classes(&batches, 4)?.show();
/// # Ok::<(), sevenlines::Error>(())
/// ```
///
/// # Errors
/// Pictures that cannot be read; `per_class` of 0.
pub fn plot_classes(batches: &Batches, per_class: impl Count) -> Result<Grid> {
    classes_plotted(batches, per_class.at_least_one("per_class")?)
}

fn classes_plotted(batches: &Batches, per_class: usize) -> Result<Grid> {
    let mut indices = Vec::new();
    let mut first = 0;
    for count in batches.class_counts() {
        let shown = per_class.min(count);
        indices.extend((0..shown).map(|i| first + i * count / shown));
        first += count;
    }
    let mut tiles = Vec::new();
    for (picture, &index) in batches.pictures(&indices, 0)?.into_iter().zip(&indices) {
        let item = &batches.items()[index];
        let title = batches.classes()[item.class as usize].clone();
        tiles.push(Tile { picture, title, caption: file_name(&item.path), mark: Mark::None });
    }
    Ok(Grid::new(tiles, per_class))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Pictures `indices` of `batches` with what `probs` says of them, right and wrong
/// marked.
///
/// # Errors
/// Pictures that cannot be read; an index out of range.
pub fn plot_predictions(batches: &Batches, probs: &Probs, indices: &[usize]) -> Result<Grid> {
    let mut tiles = Vec::new();
    for &index in indices {
        let (Some(item), true) = (batches.items().get(index), index < probs.len()) else {
            let got = index.to_string();
            return Err(Error::OutOfRange {
                name: "the picture's index",
                got,
                expected: "below the number of pictures",
            });
        };
        let (class, prob) = probs.top(index, 1).swap_remove(0);
        let truth = batches.classes().get(item.class as usize).cloned().unwrap_or_default();
        let mark = if class == truth { Mark::Right } else { Mark::Wrong };
        let caption = file_name(&item.path);
        let picture = batches.pictures(&[index], 0)?.swap_remove(0);
        tiles.push(Tile { picture, title: format!("{class} {prob:.2}"), caption, mark });
    }
    Ok(Grid::new(tiles, 4))
}

/// Probabilities moved away from 0 and 1 to at most `mx`, so that a confident
/// mistake costs a bounded log-loss; each row still sums to 1, for any number of
/// classes.
///
/// # Errors
/// `mx` not between 1 / classes and 1.
///
/// ```
/// use sevenlines::{utils::do_clip, learner::Probs};
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows: vec![vec![1.0, 0.0]] };
/// let clipped = do_clip(&probs, 0.95)?;
/// assert!((clipped.rows[0][0] - 0.95).abs() < 1e-6 && (clipped.rows[0][1] - 0.05).abs() < 1e-6);
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn do_clip(probs: &Probs, mx: f32) -> Result<Probs> {
    let classes = probs.classes.len().max(2);
    if !(mx > 1.0 / classes as f32 && mx < 1.0) {
        let expected = "above 1 / the number of classes and below 1";
        return Err(Error::OutOfRange { name: "mx", got: mx.to_string(), expected });
    }
    let floor = (1.0 - mx) / (classes - 1) as f32;
    let clip = |row: &Vec<f32>| {
        let clipped: Vec<f32> = row.iter().map(|p| p.clamp(floor, mx)).collect();
        let sum: f32 = clipped.iter().sum();
        clipped.into_iter().map(|p| p / sum).collect()
    };
    Ok(Probs { classes: probs.classes.clone(), rows: probs.rows.iter().map(clip).collect() })
}

/// Labels `(N,)` as rows of zeros with a one at the label, `(N, classes)`, f32.
///
/// # Errors
/// A label that is no class.
pub fn onehot(labels: &Tensor, classes: usize) -> Result<Tensor> {
    let labels = labels.to_dtype(DType::U32)?.to_vec1::<u32>()?;
    let mut values = vec![0f32; labels.len() * classes];
    for (row, &label) in labels.iter().enumerate() {
        if label as usize >= classes {
            let got = label.to_string();
            return Err(Error::OutOfRange { name: "a label", got, expected: "below the number of classes" });
        }
        values[row * classes + label as usize] = 1.0;
    }
    Ok(Tensor::from_vec(values, (labels.len(), classes), &Device::Cpu)?)
}

/// Saves a tensor in NumPy's `.npy` format.
///
/// # Errors
/// A file that cannot be written; nothing half-written takes its place.
pub fn save_array(path: impl AsRef<Path>, array: &Tensor) -> Result<()> {
    let path = path.as_ref();
    let draft = DraftFile::new(path)?;
    array.write_npy(draft.part()).map_err(|error| match error {
        candle_core::Error::Io(error) => Error::io("write", path)(error),
        other => other.into(),
    })?;
    draft.finish()
}

/// Loads a `.npy` file.
///
/// # Errors
/// [`Error::Missing`]; [`Error::Corrupt`] if it is no such file, or longer or shorter than
/// its header says.
pub fn load_array(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    if !path.is_file() {
        let hint = "save_array writes one".to_owned();
        return Err(Error::Missing { path: path.to_owned(), hint });
    }
    npy::read(path).map_err(|error| Error::Corrupt {
        path: path.to_owned(),
        reason: error.to_string(),
        hint: "write it again with save_array".to_owned(),
    })
}

/// Counts of actual class (rows) by predicted class (columns).
///
/// # Errors
/// Probabilities that are not of these batches.
pub fn confusion_matrix(batches: &Batches, probs: &Probs) -> Result<Vec<Vec<usize>>> {
    Ok(Interpretation::from_probs(batches, probs.clone())?.counts())
}

/// [`confusion_matrix`] as a picture.
///
/// # Errors
/// As [`confusion_matrix`].
pub fn plot_confusion_matrix(batches: &Batches, probs: &Probs) -> Result<Figure> {
    Interpretation::from_probs(batches, probs.clone())?.confusion_matrix()
}

/// One picture `(3, H, W)`, RGB, 0 to 255.
fn to_picture(image: &Tensor) -> Result<RgbImage> {
    let (channels, height, width) = image.dims3()?;
    if channels != 3 {
        let got = format!("{:?}", image.dims());
        return Err(Error::OutOfRange { name: "a picture's shape", got, expected: "(3, height, width)" });
    }
    let interleaved = image.permute((1, 2, 0))?.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
    let bytes = interleaved.into_iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect();
    RgbImage::from_raw(width as u32, height as u32, bytes)
        .ok_or_else(|| Error::Invalid("the picture's size does not fit its pixels".to_owned()))
}
