//! VGG16's weights, and other backbones': finding them on this machine, opening any file
//! that holds them, handing out tensors.
//!
//! Nothing here downloads: that is [`fetch`](crate::fetch)'s, behind the feature
//! of that name, which a notebook's cells are built without.
//!
//! What is checked, and when: of every file its format, its tensors' names and its length,
//! when it is opened. The files that sevenlines writes carry a checksum, a file in the hub's
//! cache has its SHA-256 for a name, and the entries of a `.pth` have one each: a byte that
//! changed since is found when the file is opened. A safetensors file of one's own, and a
//! `.pth` from before PyTorch 1.6, carry none: of these, as of all, a number that no trained
//! layer has (NaN, an infinity, 1e30) is refused with its tensor's name before it is used.

mod checksum;
mod classes;
mod find;
mod layout;
mod legacy;
mod normalisation;
mod numbers;
mod opcodes;
mod pickle;
mod reader;
mod save;
mod store;
#[cfg(test)]
mod store_tests;

pub use classes::imagenet_classes;
pub use find::{conv_file, full_file, hub_cache, hub_file, hub_repository_folder};
pub use layout::{Dense, Layout};
pub use normalisation::Normalisation;
pub use save::save_safetensors;

pub(crate) use checksum::damage_in;
#[cfg(feature = "fetch")]
pub(crate) use find::{file_of, repository_folder};
pub(crate) use layout::conv_name;
#[cfg(fuzzing)]
pub(crate) use pickle::fuzz_pickle;

use crate::backbone::Backbone;
use crate::{Error, Result};
use candle_core::{Device, Tensor};
use layout::Names;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use store::Store;

/// An open weights file of a VGG16, all 16 layers or the convolution base, or of another
/// [`Backbone`].
///
/// Cheap to clone; every name and shape of a VGG16 was checked when it was opened, and
/// tensors are read when asked for.
///
/// ```no_run
/// use sevenlines::weights::Weights;
/// let weights = Weights::find()?;
/// println!("{weights}");
/// let (kernel, bias) = weights.conv(1, 1, &candle_core::Device::Cpu)?;
/// assert_eq!(kernel.dims(), [64, 3, 3, 3]);
/// # Ok::<(), sevenlines::Error>(())
/// ```
#[derive(Clone)]
pub struct Weights {
    inner: Arc<Inner>,
}

/// A layer's weights and biases, row by row.
pub(crate) type Values<'a> = (Cow<'a, [f32]>, Cow<'a, [f32]>);

struct Inner {
    backbone: Backbone,
    store: Store,
    layout: Layout,
    /// Whose names the dense layers have; none in a convolution base.
    dense: Option<Names>,
    normalisation: Normalisation,
}

impl Weights {
    /// The best weights on this machine, without any download: the file that
    /// `SEVENLINES_WEIGHTS` names; else all 16 layers from
    /// [`home::weights`](crate::home::weights) or the Hugging Face hub's cache;
    /// else the convolution base that `sevenlines setup` installs.
    ///
    /// # Errors
    /// [`Error::NoWeights`] if there are none; what [`open`](Self::open) says if
    /// the best file is damaged.
    pub fn find() -> Result<Weights> {
        match find::best()? {
            Some(file) => Weights::open(file),
            None => Err(Error::NoWeights { path: crate::home::weights() }),
        }
    }

    /// Opens a safetensors file with torchvision's names (`features.0.weight`,
    /// `classifier.6.weight`) or timm's (`pre_logits.fc1.weight`,
    /// `head.fc.weight`), or a `.pth` of torchvision's, which is read without
    /// running the pickled code. A file without fully connected layers is a
    /// convolution base.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::WeightMissing`] and [`Error::WeightShape`] name the
    /// first tensor that is not VGG16's; [`Error::Corrupt`] says that the file is of neither
    /// format, or was changed since it was written.
    pub fn open(file: impl AsRef<Path>) -> Result<Weights> {
        Weights::open_as(file, Layout::VGG16)
    }

    /// [`open`](Self::open) for a network of VGG16's form but other sizes.
    pub fn open_as(file: impl AsRef<Path>, layout: Layout) -> Result<Weights> {
        let store = Store::open(file.as_ref())?;
        for (block, i) in Layout::convolutions() {
            let shape = layout.kernel_shape(block, i);
            check(&store, &format!("{}.weight", conv_name(block, i)), &shape)?;
            check(&store, &format!("{}.bias", conv_name(block, i)), &shape[..1])?;
        }
        let named = |names: &Names| store.shape(&format!("{}.weight", names.dense(Dense::Fc6))).is_some();
        let mut dense = [Names::Torchvision, Names::Timm].into_iter().find(named);
        for layer in Dense::ALL {
            if let Some(names) = dense {
                check_dense(&store, names.dense(layer), layout.dense_shape(layer))?;
            }
        }
        let mut normalisation = stored_normalisation(&store)?.unwrap_or(Normalisation::TORCH);
        if let Some(names) = dense
            && is_filled_with_nan(&store, names, layout)?
        {
            dense = None;
            normalisation = Normalisation::TORCH_FEATURES;
        }
        let backbone = Backbone::Vgg16;
        Ok(Weights { inner: Arc::new(Inner { backbone, store, layout, dense, normalisation }) })
    }

    /// The weights of a backbone on this machine, without any download: `ID.safetensors`
    /// in [`home::weights`](crate::home::weights), else the Hugging Face hub's cache; of
    /// VGG16, as [`find`](Self::find).
    ///
    /// # Errors
    /// [`Error::NoBackbone`] if there are none; what [`open_for`](Self::open_for) says of
    /// a damaged file.
    pub fn find_for(backbone: Backbone) -> Result<Weights> {
        match backbone {
            Backbone::Vgg16 => Weights::find(),
            other => match find::best_of(other) {
                Some(file) => Weights::open_for(other, file),
                None => Err(Error::NoBackbone { backbone, path: hub_cache() }),
            },
        }
    }

    /// Opens a backbone's weights: safetensors or a `.pth`, with timm's names, which of
    /// the ResNets are torchvision's too. Names and shapes are checked when a model is
    /// built on them.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Corrupt`] if the file is cut off or of neither format.
    pub fn open_for(backbone: Backbone, file: impl AsRef<Path>) -> Result<Weights> {
        if backbone == Backbone::Vgg16 {
            return Weights::open(file);
        }
        let store = Store::open(file.as_ref()).map_err(|error| for_backbone(error, backbone))?;
        let normalisation = stored_normalisation(&store)?.unwrap_or(backbone.normalisation());
        let (layout, dense) = (Layout::VGG16, None);
        Ok(Weights { inner: Arc::new(Inner { backbone, store, layout, dense, normalisation }) })
    }

    /// Whose weights these are.
    pub fn backbone(&self) -> Backbone {
        self.inner.backbone
    }

    /// Whether fc6, fc7 and fc8 are there too.
    pub fn is_full(&self) -> bool {
        self.inner.dense.is_some()
    }

    /// The i-th convolution of a block, both counted from 1: kernel
    /// (out, in, 3, 3), its input channels red, green, blue in the first layer,
    /// and bias (out), in f32.
    ///
    /// # Errors
    /// [`Error::Invalid`] if VGG16 has no such convolution; [`Error::NeedsVgg16`] if these
    /// are another backbone's.
    pub fn conv(&self, block: usize, i: usize, device: &Device) -> Result<(Tensor, Tensor)> {
        if self.inner.backbone != Backbone::Vgg16 {
            return Err(Error::NeedsVgg16 { what: "a block's convolution", backbone: self.inner.backbone });
        }
        if !Layout::has_convolution(block, i) {
            return Err(Error::Invalid(format!("VGG16 has no convolution {i} in block {block}")));
        }
        let shape = self.inner.layout.kernel_shape(block, i);
        self.pair(&conv_name(block, i), &shape, device)
    }

    /// A fully connected layer: matrix (out, in) and bias (out), in f32. fc6's
    /// columns run over pool5's channels, then rows, then columns.
    ///
    /// # Errors
    /// [`Error::NeedsFullWeights`] if this is a convolution base.
    pub fn dense(&self, layer: Dense, device: &Device) -> Result<(Tensor, Tensor)> {
        let names = self.inner.dense.ok_or(Error::NeedsFullWeights { what: "the ImageNet classifier" })?;
        self.pair(names.dense(layer), &self.inner.layout.dense_shape(layer), device)
    }

    /// [`Weights::conv`]'s kernel and bias as they lie in the file if it can be mapped,
    /// else copied.
    pub(crate) fn conv_values(&self, block: usize, i: usize) -> Result<Values<'_>> {
        let name = conv_name(block, i);
        self.check_values(&name)?;
        self.values(&name)
    }

    /// Refuses a fully connected layer with numbers that no trained one has.
    pub(crate) fn check_dense(&self, layer: Dense) -> Result<()> {
        self.inner.dense.map_or(Ok(()), |names| self.check_values(names.dense(layer)))
    }

    /// [`Weights::dense`]'s matrix and bias as they lie in the file if it can be mapped,
    /// else copied.
    pub(crate) fn dense_values(&self, layer: Dense) -> Result<Values<'_>> {
        let names = self.inner.dense.ok_or(Error::NeedsFullWeights { what: "the ImageNet classifier" })?;
        self.values(names.dense(layer))
    }

    /// How these weights want their pictures prepared.
    pub fn normalisation(&self) -> Normalisation {
        self.inner.normalisation
    }

    /// The file.
    pub fn file(&self) -> &Path {
        self.inner.store.file()
    }

    /// The sizes of the network, if it is a VGG16.
    pub fn layout(&self) -> Layout {
        self.inner.layout
    }

    /// How many numbers it holds: 138,357,544, or 14,714,688 in the convolution
    /// base; of another backbone, those below the last layer.
    pub fn parameter_count(&self) -> usize {
        match (self.inner.backbone, self.is_full()) {
            (Backbone::Vgg16, true) => self.inner.layout.parameters(),
            (Backbone::Vgg16, false) => self.inner.layout.convolution_parameters(),
            (other, _) => other.parameters(),
        }
    }

    /// One sentence that names the weights and where they come from.
    pub fn describe(&self) -> String {
        let backbone = self.inner.backbone;
        let part = match (backbone, self.is_full()) {
            (Backbone::Vgg16, true) => "VGG16, all 16 layers",
            (Backbone::Vgg16, false) => "VGG16's convolution base",
            (other, _) => other.name(),
        };
        let store = &self.inner.store;
        match (store.metadata("source"), store.metadata("licence")) {
            (Some(source), Some(licence)) => format!("{part}, {source} ({licence})"),
            (Some(source), None) => format!("{part}, {source}"),
            _ if find::is_in_hub_cache(self.file(), backbone) => {
                let (repository, licence) = (backbone.repository(), backbone.licence());
                format!("{part}, {repository} from the Hugging Face hub ({licence})")
            }
            _ => format!("{part}, from {}", self.file().display()),
        }
    }

    fn check_values(&self, name: &str) -> Result<()> {
        let (weight, bias) = self.values(name)?;
        self.inner.store.check(&format!("{name}.weight"), &weight)?;
        self.inner.store.check(&format!("{name}.bias"), &bias)
    }

    fn values(&self, name: &str) -> Result<Values<'_>> {
        let store = &self.inner.store;
        Ok((store.values(&format!("{name}.weight"))?, store.values(&format!("{name}.bias"))?))
    }

    fn pair(&self, name: &str, shape: &[usize], device: &Device) -> Result<(Tensor, Tensor)> {
        let store = &self.inner.store;
        let weight = store.load(&format!("{name}.weight"), shape, device)?;
        Ok((weight, store.load(&format!("{name}.bias"), &shape[..1], device)?))
    }
}

impl std::fmt::Display for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe())
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("file", &self.file()).field("is_full", &self.is_full()).finish()
    }
}

/// What a file that sevenlines writes says about itself, for
/// [`save_safetensors`]: where the weights come from, under which licence, and
/// how pictures are to be prepared.
pub fn provenance(source: &str, licence: &str, normalisation: Normalisation) -> HashMap<String, String> {
    let normalisation = serde_json::to_string(&normalisation).unwrap_or_default();
    let entries = [
        ("format", "sevenlines"),
        ("source", source),
        ("licence", licence),
        ("normalisation", &normalisation),
    ];
    entries.map(|(key, value)| (key.to_string(), value.to_string())).into()
}

/// The error of a damaged or absent file, with what mends it for this backbone.
fn for_backbone(error: Error, backbone: Backbone) -> Error {
    let hint = || format!("run `sevenlines setup --backbone {}`, or name another file", backbone.id());
    match error {
        Error::Corrupt { path, reason, .. } => {
            Error::Corrupt { path, reason, hint: format!("remove it and {}", hint()) }
        }
        Error::Missing { path, .. } => Error::Missing { path, hint: hint() },
        other => other,
    }
}

fn check(store: &Store, name: &str, expected: &[usize]) -> Result<()> {
    match store.shape(name) {
        Some(got) if got == expected => Ok(()),
        got => Err(misfit(store, name, expected, got)),
    }
}

/// timm keeps fc6 and fc7 as convolutions, (out, channels, rows, columns): the
/// same numbers in the same order.
fn check_dense(store: &Store, name: &str, [out, input]: [usize; 2]) -> Result<()> {
    let weight = format!("{name}.weight");
    match store.shape(&weight) {
        Some(got) if got.len() >= 2 && got[0] == out && got[1..].iter().product::<usize>() == input => {
            check(store, &format!("{name}.bias"), &[out])
        }
        got => Err(misfit(store, &weight, &[out, input], got)),
    }
}

fn misfit(store: &Store, name: &str, expected: &[usize], got: Option<Vec<usize>>) -> Error {
    let (file, tensor) = (store.file().to_path_buf(), name.to_string());
    match got {
        // A header may speak of a hundred thousand sides.
        Some(mut got) => {
            got.truncate(8);
            Error::WeightShape { file, tensor, expected: expected.to_vec(), got }
        }
        None => Error::WeightMissing { file, tensor },
    }
}

fn stored_normalisation(store: &Store) -> Result<Option<Normalisation>> {
    let Some(text) = store.metadata("normalisation") else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|e| Error::Corrupt {
        path: store.file().to_path_buf(),
        reason: format!("its normalisation {text:?} cannot be read ({e})"),
        hint: "remove it and run `sevenlines setup`".into(),
    })
}

/// torchvision publishes the Oxford convolution base as a whole VGG16 whose
/// classifier is not a number throughout.
fn is_filled_with_nan(store: &Store, names: Names, layout: Layout) -> Result<bool> {
    let bias = format!("{}.bias", names.dense(Dense::Fc8));
    let bias = store.load_any(&bias, &[layout.classes])?.to_vec1::<f32>()?;
    Ok(bias.iter().all(|b| b.is_nan()))
}
