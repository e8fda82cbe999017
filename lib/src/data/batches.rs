//! A folder of pictures as batches: what `get_batches` returns.

use super::{Augment, BatchIter, Content, Loader, Resize, SIDE, folder, picture};
use crate::memory::Need;
use crate::rng::{self, Purpose};
use crate::{Count, Error, Result};
use image::RgbImage;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a folder becomes batches; `BatchOptions::default()` is what `get_batches` uses.
///
/// ```
/// use sevenlines::data::{BatchOptions, Resize};
/// let options = BatchOptions { shuffle: false, resize: Resize::CenterCrop, ..Default::default() };
/// ```
#[derive(Clone, Debug)]
pub struct BatchOptions {
    /// Whether each epoch comes in another (seeded) order; true by default.
    pub shuffle: bool,
    /// How pictures are changed at random, anew each epoch; not at all by default. With
    /// `Some`, the body must run in every epoch.
    pub augment: Option<Augment>,
    /// The seed of shuffling and augmentation; the model's unless given.
    pub seed: Option<u64>,
    /// How pictures become 224 x 224.
    pub resize: Resize,
    /// Whether pictures that cannot be read are listed and left out, instead of
    /// being an error.
    pub skip_broken: bool,
    /// Whether pictures without class folders are taken, as class "unknown".
    pub unlabelled: bool,
}

impl Default for BatchOptions {
    fn default() -> Self {
        let resize = Resize::default();
        BatchOptions {
            shuffle: true,
            augment: None,
            seed: None,
            resize,
            skip_broken: false,
            unlabelled: false,
        }
    }
}

/// One picture of a [`Batches`].
#[derive(Clone, Debug)]
pub struct Item {
    /// The file.
    pub path: PathBuf,
    /// Its class, an index into [`Batches::classes`].
    pub class: u32,
}

/// A folder of pictures, listed and checked, in batches. Cheap to clone; holds no
/// pixels.
///
/// ```no_run
/// # let vgg = sevenlines::Vgg16::new()?;
/// let batches = vgg.get_batches("data/train", 64)?;
/// for batch in &batches {
///     let batch = batch?;
///     println!("{:?} {:?}", batch.images.shape(), batch.labels.shape());
/// }
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone)]
pub struct Batches {
    shared: Arc<Shared>,
    batch_size: usize,
}

#[derive(Clone)]
struct Shared {
    root: PathBuf,
    classes: Vec<String>,
    items: Vec<Item>,
    skipped: Vec<(PathBuf, String)>,
    options: BatchOptions,
    seed: u64,
}

impl Batches {
    /// Lists and checks `root`. Prefer `Vgg16::get_batches`, which passes the model's seed.
    ///
    /// # Errors
    /// A batch size of 0, a missing folder, no class folders, an empty class, pictures
    /// that cannot be read (all of them named), or an [`Augment`] out of its range.
    pub fn open(
        root: impl AsRef<Path>,
        batch_size: impl Count,
        options: BatchOptions,
        seed: u64,
    ) -> Result<Batches> {
        // Not generic from here on, or each cell would compile its own.
        Batches::listed(root.as_ref().to_owned(), batch_size.at_least_one("batch_size")?, options, seed)
    }

    fn listed(root: PathBuf, batch_size: usize, options: BatchOptions, seed: u64) -> Result<Batches> {
        options.augment.map_or(Ok(()), |augment| augment.check())?;
        let listing = folder::list(&root, options.unlabelled)?;
        let items = listing.files.into_iter().map(|(path, class)| Item { path, class }).collect();
        let (items, skipped) = check(items, options.skip_broken)?;
        if !skipped.is_empty() && !options.skip_broken {
            return Err(Error::BrokenPictures { pictures: skipped });
        }
        if let Some(class) =
            (0..listing.classes.len()).find(|&class| !items.iter().any(|i| i.class as usize == class))
        {
            return Err(Error::EmptyClass { path: root.join(&listing.classes[class]) });
        }
        let seed = options.seed.unwrap_or(seed);
        let shared = Shared { root, classes: listing.classes, items, skipped, options, seed };
        Ok(Batches { shared: Arc::new(shared), batch_size })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// The class names: the subfolders, sorted.
    pub fn classes(&self) -> &[String] {
        &self.shared.classes
    }

    /// All pictures, in class order, sorted within each class.
    pub fn items(&self) -> &[Item] {
        &self.shared.items
    }

    /// The class of every picture, in [`Batches::items`] order.
    pub fn labels(&self) -> Vec<u32> {
        self.items().iter().map(|item| item.class).collect()
    }

    /// Pictures left out because they cannot be read, with the reason.
    pub fn skipped(&self) -> &[(PathBuf, String)] {
        &self.shared.skipped
    }

    /// How it was opened.
    pub fn options(&self) -> &BatchOptions {
        &self.shared.options
    }

    /// The same pictures in the same order, changed at random in this way, or not at all.
    ///
    /// # Errors
    /// An [`Augment`] out of its range.
    ///
    /// ```no_run
    /// use sevenlines::prelude::*;
    /// # let vgg = Vgg16::new()?;
    /// let batches = vgg.get_batches("data/train", 64)?;
    /// let augmented = batches.with_augment(Some(Augment::standard()))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_augment(&self, augment: Option<Augment>) -> Result<Batches> {
        augment.map_or(Ok(()), |augment| augment.check())?;
        let mut batches = self.clone();
        if self.options().augment != augment {
            Arc::make_mut(&mut batches.shared).options.augment = augment;
        }
        Ok(batches)
    }

    /// Some of the pictures, which may be none.
    pub(crate) fn only(&self, wanted: impl Fn(usize) -> bool) -> Batches {
        let mut batches = self.clone();
        let shared = Arc::make_mut(&mut batches.shared);
        let items = std::mem::take(&mut shared.items).into_iter().enumerate();
        shared.items = items.filter(|(index, _)| wanted(*index)).map(|(_, item)| item).collect();
        batches
    }

    /// The seed of its shuffling.
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// The number of pictures in a batch; the last one may be shorter.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.shared.items.len()
    }

    /// Whether there are none; never so after [`Batches::open`].
    pub fn is_empty(&self) -> bool {
        self.shared.items.is_empty()
    }

    /// The number of batches in an epoch.
    pub fn batch_count(&self) -> usize {
        self.len().div_ceil(self.batch_size)
    }

    /// How many pictures each class has.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes().len()];
        for item in self.items() {
            counts[item.class as usize] += 1;
        }
        counts
    }

    /// The order of the pictures in epoch `epoch` (from 0): indices into [`Batches::items`].
    pub fn order(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        if self.shared.options.shuffle {
            order.shuffle(&mut rng::stream(self.shared.seed, Purpose::Shuffle, epoch));
        }
        order
    }

    /// The batches of epoch `epoch`, in that epoch's order.
    pub fn epoch(&self, epoch: u64) -> BatchIter {
        BatchIter::new(self, epoch)
    }

    /// Picture `index` at 224 x 224, augmented for `epoch` if the options say so, and
    /// what its file held.
    pub(super) fn load(&self, index: usize, epoch: u64) -> std::result::Result<(RgbImage, Content), String> {
        let options = &self.shared.options;
        let path = &self.shared.items[index].path;
        let resize = options.resize;
        let Some(augment) = &options.augment else {
            return picture::load(path, resize.enough(), |picture| resize.apply(&picture));
        };
        let enough = resize.enough().map(|enough| augment.before(enough));
        let step = (epoch << 32) ^ index as u64;
        picture::load(path, enough, |picture| augment.apply(picture, resize, self.shared.seed, step))
    }

    /// Pictures `indices`, decoded on all cores; an error names all that cannot be.
    pub(crate) fn pictures(&self, indices: &[usize], epoch: u64) -> Result<Vec<RgbImage>> {
        let (count, each) = (indices.len(), 3 * u64::from(SIDE) * u64::from(SIDE));
        let what = format!("{count} decoded pictures");
        Need { what, unit: "pictures", count, each, fixed: 0 }.check()?;
        let loaded = Loader::new(self, indices.to_vec(), epoch, indices.len()).next().transpose()?;
        Ok(loaded.into_iter().flatten().map(|loaded| loaded.picture).collect())
    }
}

/// A file that cannot be read, and why.
type Broken = (PathBuf, String);

/// Names what is no picture now and not in the middle of an epoch. Reading the
/// headers takes a moment for thousands of files; only where broken pictures are to
/// be left out is each decoded whole.
fn check(items: Vec<Item>, whole: bool) -> Result<(Vec<Item>, Vec<Broken>)> {
    let reason = |item: &Item| match whole {
        true => picture::load(&item.path, None, |picture| picture).err(),
        false => picture::probe(&item.path).err(),
    };
    let mut kept = Vec::with_capacity(items.len());
    let mut broken = Vec::new();
    // In pieces, so that an interrupt is heeded.
    for piece in items.chunks(64) {
        crate::interrupt::check_interrupt()?;
        let reasons: Vec<Option<String>> = piece.par_iter().map(reason).collect();
        for (item, reason) in piece.iter().zip(reasons) {
            match reason {
                None => kept.push(item.clone()),
                Some(reason) => broken.push((item.path.clone(), reason)),
            }
        }
    }
    Ok((kept, broken))
}

impl std::fmt::Display for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let classes = self.classes();
        let plural = if classes.len() == 1 { "class" } else { "classes" };
        write!(f, "Found {} images belonging to {} {plural}.", self.len(), classes.len())
    }
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
