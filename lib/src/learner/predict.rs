//! `predict` and `test`: what the network says of pictures.

use super::Learner;
use crate::data::{BatchOptions, Batches};
use crate::show::Table;
use crate::train::{Head, MEASURED, Rows, argmax, check_shape, in_parts, softmax};
use crate::vgg16::MICRO_BATCH;
use crate::{Count, Result};
use candle_core::{Device, Tensor};
use std::path::Path;

/// What `predict` returns: for each picture the most probable class.
#[derive(Clone, PartialEq)]
pub struct Predictions {
    /// The largest probability, 0 to 1.
    pub probs: Vec<f32>,
    /// Its class index.
    pub idxs: Vec<usize>,
    /// Its class name.
    pub classes: Vec<String>,
    /// All probabilities.
    pub all: Probs,
}

/// Probabilities of every class for every picture.
#[derive(Clone, PartialEq)]
pub struct Probs {
    /// The class names, one a column.
    pub classes: Vec<String>,
    /// One row a picture; each sums to 1.
    pub rows: Vec<Vec<f32>>,
}

impl Probs {
    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The `k` most probable classes of picture `index`, best first.
    pub fn top(&self, index: usize, k: usize) -> Vec<(String, f32)> {
        let row = &self.rows[index];
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        order.into_iter().take(k).map(|class| (self.classes[class].clone(), row[class])).collect()
    }

    /// `(N, classes)`, f32.
    ///
    /// # Errors
    /// None in practice; what candle says.
    pub fn tensor(&self) -> Result<Tensor> {
        let shape = (self.rows.len(), self.classes.len());
        Ok(Tensor::from_vec(self.rows.concat(), shape, &candle_core::Device::Cpu)?)
    }

    fn best(self) -> Predictions {
        let idxs: Vec<usize> = self.rows.iter().map(|row| argmax(row)).collect();
        let probs = idxs.iter().zip(&self.rows).map(|(&idx, row)| row[idx]).collect();
        let classes = idxs.iter().map(|&idx| self.classes[idx].clone()).collect();
        Predictions { probs, idxs, classes, all: self }
    }
}

impl Learner {
    /// The most probable class of each of `images` `(N, 3, 224, 224)`, RGB, 0 to
    /// 255, as a batch holds them; `details` prints a line for each picture.
    /// Before `finetune` these are ImageNet's thousand classes.
    ///
    /// # Errors
    /// [`Error::NeedsFullWeights`](crate::Error::NeedsFullWeights) before `finetune` with the convolution base alone,
    /// [`Error::NeedsVgg16`](crate::Error::NeedsVgg16) with another backbone; a shape that is not pictures'.
    ///
    /// ```no_run
    /// # let vgg = sevenlines::Vgg16::new()?;
    /// let batches = vgg.get_batches("data/valid", 4)?;
    /// let batch = batches.into_iter().next().expect("a folder has at least one batch")?;
    /// let predictions = vgg.predict(&batch.images, true)?;
    /// # Ok::<(), sevenlines::Error>(())
    /// ```
    pub fn predict(&self, images: &Tensor, details: bool) -> Result<Predictions> {
        let predictions = self.probs_of(&self.features_of_images(images)?)?.best();
        if details {
            println!("{predictions}");
        }
        Ok(predictions)
    }

    /// The body's output for `images` `(N, 3, 224, 224)`, RGB, 0 to 255: pool5,
    /// `(N, 512, 7, 7)`, for a classifier of one's own.
    ///
    /// # Errors
    /// Another shape; [`Error::NeedsVgg16`](crate::Error::NeedsVgg16) of another backbone.
    pub fn pool5(&self, images: &Tensor) -> Result<Tensor> {
        check_shape(images)?;
        self.body.pool5(images)
    }

    /// The logits of `images`, as [`Learner::predict`] takes them: `(N, classes)`,
    /// before the softmax.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    pub fn logits(&self, images: &Tensor) -> Result<Tensor> {
        let rows = self.features_of_images(images)?;
        let mut logits = Vec::new();
        in_parts(&rows, MEASURED, |part| {
            logits.push(self.rows_to_logits(&part)?);
            Ok(())
        })?;
        Ok(Tensor::cat(&logits, 0)?)
    }

    /// [`Learner::predict`] of picture files.
    ///
    /// # Errors
    /// As [`Learner::predict`], and [`Error::BrokenPictures`](crate::Error::BrokenPictures).
    pub fn predict_files<P: AsRef<Path>>(&self, files: &[P]) -> Result<Predictions> {
        let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
        self.best_of_files(&files)
    }

    fn best_of_files(&self, files: &[&Path]) -> Result<Predictions> {
        let resize = crate::data::Resize::default();
        let mut rows = Rows::with_capacity(files.len());
        for part in files.chunks(MICRO_BATCH) {
            let open = |file: &&Path| crate::data::open_resized(file, resize);
            let pictures: Vec<image::RgbImage> = part.iter().map(open).collect::<Result<_>>()?;
            rows.extend(self.features_of(&pictures)?);
        }
        Ok(self.probs_of(&rows)?.best())
    }

    /// Probabilities for all pictures of `batches`, in [`Batches::items`] order.
    /// Uses features already computed.
    ///
    /// # Errors
    /// As [`Learner::predict`] and [`Learner::fit`].
    pub fn probs(&mut self, batches: &Batches) -> Result<Probs> {
        self.probs_in_epoch(batches, 0)
    }

    /// [`Learner::probs`] of the pictures as they are augmented in `epoch`.
    pub(super) fn probs_in_epoch(&mut self, batches: &Batches, epoch: u64) -> Result<Probs> {
        if self.head.is_none() {
            self.classifier("predicting before finetune")?;
        }
        let rows = self.feature_rows(batches, epoch)?;
        self.probs_of(&rows)
    }

    /// Probabilities for a test folder: pictures without class folders, or in
    /// folders such as `unknown` whose names do not matter. The batches that come
    /// with them name the files, in the same order.
    ///
    /// # Errors
    /// As [`Batches::open`] and [`Learner::probs`].
    pub fn test(&mut self, path: impl AsRef<Path>, batch_size: impl Count) -> Result<(Batches, Probs)> {
        let options = BatchOptions { shuffle: false, unlabelled: true, ..Default::default() };
        let batches = self.get_batches_with(path, batch_size, options)?;
        let probs = self.probs(&batches)?;
        Ok((batches, probs))
    }

    /// The probabilities that rows of features stand for.
    pub(crate) fn probs_of(&self, rows: &Rows) -> Result<Probs> {
        let mut probs = Probs { classes: self.classes(), rows: Vec::with_capacity(rows.len()) };
        in_parts(rows, MEASURED, |part| {
            probs.rows.extend(softmax(&self.rows_to_logits(&part)?)?.to_vec2()?);
            Ok(())
        })?;
        Ok(probs)
    }

    fn rows_to_logits(&self, features: &Tensor) -> Result<Tensor> {
        match &self.head {
            Some(head) => self.head_logits(head, features),
            None => {
                let classifier = self.classifier("predicting ImageNet's classes")?;
                classifier.fc8(&classifier.fc7(&features.to_device(&self.device)?)?)
            }
        }
    }

    fn head_logits(&self, head: &Head, features: &Tensor) -> Result<Tensor> {
        let mut inputs = features.flatten_all()?.to_vec1::<f32>()?;
        self.head_inputs(head, &mut inputs, false)?;
        let mut logits = Vec::new();
        head.logits(&mut inputs, &mut logits);
        Ok(Tensor::from_vec(logits, (features.dim(0)?, head.outputs()), &Device::Cpu)?)
    }
}

impl std::fmt::Display for Predictions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (class, prob)) in self.classes.iter().zip(&self.probs).enumerate() {
            let end = if at + 1 < self.classes.len() { "\n" } else { "" };
            write!(f, "  {prob:.4}  {class}{end}")?;
        }
        Ok(())
    }
}

impl Predictions {
    fn table(&self) -> Table {
        let mut table = Table::new(["picture", "class", "probability"]);
        for (at, (class, prob)) in self.classes.iter().zip(&self.probs).enumerate().take(SHOWN) {
            table.push([at.to_string(), class.clone(), format!("{prob:.4}")]);
        }
        table
    }

    /// Shows itself as a cell's value: a table of the first pictures.
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }
}

/// Rows shown of a long table.
const SHOWN: usize = 12;

impl std::fmt::Display for Probs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "probabilities of {} pictures for {} classes", self.rows.len(), self.classes.len())
    }
}

impl Probs {
    /// Shows itself as a cell's value: a table of the first pictures' best classes.
    pub fn evcxr_display(&self) {
        if self.classes.len() > 8 {
            return self.clone().best().evcxr_display();
        }
        let mut table = Table::new(std::iter::once("picture").chain(self.classes.iter().map(String::as_str)));
        for (at, row) in self.rows.iter().enumerate().take(SHOWN) {
            table.push(std::iter::once(at.to_string()).chain(row.iter().map(|p| format!("{p:.4}"))));
        }
        if self.rows.len() > SHOWN {
            println!("The first {SHOWN} of {} pictures:", self.rows.len());
        }
        table.evcxr_display();
    }
}

impl std::fmt::Debug for Predictions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Debug for Probs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
