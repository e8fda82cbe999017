//! Weights on the Hugging Face hub: of `timm/vgg16.tv_in1k` all 16 layers, or the 26
//! tensors of the convolution base alone, by byte ranges; of other backbones the file.
//!
//! The hub's own conventions hold: `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`,
//! `HF_HUB_OFFLINE`, `HF_TOKEN`, and its cache's layout, so that other programs
//! find the file too.

use super::download::Download;
use super::http::{Client, Limits};
use super::{Progress, lock};
use crate::backbone::{Backbone, Network};
use crate::data::Content;
use crate::disk::DraftFile;
use crate::weights::{self, Layout, Normalisation, Weights, conv_name, provenance, repository_folder};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use safetensors::{Dtype, tensor::Metadata};
use std::ops::Range;
use std::path::{Path, PathBuf};

const FILE: &str = "model.safetensors";
/// A longer safetensors header is not a VGG16's.
const HEADER_LIMIT: u64 = 1 << 20;
/// Tensors closer than this are fetched with what lies between.
const GAP: u64 = 1 << 16;

/// The hub, as the environment describes it.
#[derive(Clone, Debug)]
pub struct Hub {
    /// The address, without a slash at its end.
    pub endpoint: String,
    /// The cache that the hub's programs share.
    pub cache: PathBuf,
    /// Never to ask the network.
    pub offline: bool,
    /// A token; the model is public, so none is needed.
    pub token: Option<String>,
    /// How long to wait for the first answer.
    pub first_contact: Limits,
    /// How long to wait afterwards.
    pub limits: Limits,
    /// The sizes that the network must have.
    pub layout: Layout,
}

/// What the hub says of the file.
struct Remote {
    revision: String,
    url: String,
    size: Option<u64>,
    sha256: Option<String>,
    header_length: u64,
}

/// A tensor's place in the file.
struct Place {
    name: String,
    shape: Vec<usize>,
    bytes: Range<u64>,
}

impl Hub {
    /// Reads `HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HF_TOKEN` and the cache's variables.
    pub fn from_env() -> Hub {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let on = |value: String| ["1", "on", "yes", "true"].contains(&value.to_lowercase().as_str());
        Hub {
            endpoint: set("HF_ENDPOINT")
                .unwrap_or("https://huggingface.co".into())
                .trim_end_matches('/')
                .into(),
            cache: weights::hub_cache(),
            offline: set("HF_HUB_OFFLINE").is_some_and(on),
            token: set("HF_TOKEN"),
            first_contact: Limits::first_contact(),
            limits: Limits::default(),
            layout: Layout::VGG16,
        }
    }

    /// Fetches the 13 convolutions, 59 MB of the file's 553, and writes them to
    /// `file` as a convolution base. `progress` gets bytes. If another process is at it,
    /// waits for what that brings.
    ///
    /// # Errors
    /// [`Error::Download`] if the hub does not answer within 5 seconds, breaks
    /// off or sends something else; [`Error::WeightShape`] or
    /// [`Error::WeightMissing`] if it is not a VGG16. Nothing is written then but
    /// `.part` files, with which another attempt goes on.
    pub fn convolution_base(&self, file: &Path, progress: Progress) -> Result<()> {
        if self.offline {
            return Err(self.is_offline(Backbone::Vgg16));
        }
        lock::alone(file, |waited| match waited && Weights::open_as(file, self.layout).is_ok() {
            true => Ok(()),
            false => self.fetch_convolution_base(file, progress),
        })
    }

    fn fetch_convolution_base(&self, file: &Path, progress: Progress) -> Result<()> {
        let remote = self.contact(Backbone::Vgg16)?;
        let client = Client::new(self.limits);
        let places = self.places(&remote, &client)?;
        let spans = coalesce(&places);
        let total = spans.iter().map(|span| span.end - span.start).sum();
        let mut tensors = Vec::new();
        let mut parts = Vec::new();
        let mut before = 0;
        for span in spans {
            let part = part_file(file, &remote.revision, span.start);
            let download = Download {
                url: &remote.url,
                token: self.token.as_deref(),
                span: Some(span.clone()),
                length: None,
                part: &part,
            };
            download.run(&client, &mut |done, _| progress(before + done, Some(total)))?;
            let bytes = std::fs::read(&part).map_err(Error::io("read", &part))?;
            for place in
                places.iter().filter(|place| span.start <= place.bytes.start && place.bytes.end <= span.end)
            {
                let within =
                    (place.bytes.start - span.start) as usize..(place.bytes.end - span.start) as usize;
                let tensor = Tensor::from_raw_buffer(&bytes[within], DType::F32, &place.shape, &Device::Cpu)?;
                if !is_finite(&tensor)? {
                    download.discard()?;
                    return Err(
                        remote.failed(format!("{} is not made of numbers; it was thrown away", place.name))
                    );
                }
                tensors.push((place.name.clone(), tensor));
            }
            before += span.end - span.start;
            parts.push((span, part));
        }
        let source = format!(
            "{} from the Hugging Face hub, revision {:.8}",
            Backbone::Vgg16.repository(),
            remote.revision
        );
        let metadata = provenance(&source, Backbone::Vgg16.licence(), Normalisation::TORCH);
        weights::save_safetensors(file, &tensors, metadata)?;
        for (span, part) in parts {
            let token = self.token.as_deref();
            Download { url: &remote.url, token, span: Some(span), length: None, part: &part }.discard()?;
        }
        Ok(())
    }

    /// Fetches the whole file, 553 MB, into the hub's cache, where
    /// [`Weights::find`] looks; returns at once if it is there.
    ///
    /// # Errors
    /// As [`convolution_base`](Self::convolution_base), and [`Error::Download`]
    /// if the file's SHA-256 is not the one that the hub told.
    pub fn full(&self, progress: Progress) -> Result<PathBuf> {
        self.whole(Backbone::Vgg16, progress, &|file| Weights::open_as(file, self.layout).map(|_| ()))
    }

    /// Fetches a backbone's file into the hub's cache, where
    /// [`Learner::new`](crate::Learner::new) looks; returns at once if it is there. Of
    /// VGG16, [`full`](Self::full).
    ///
    /// # Errors
    /// As [`full`](Self::full); [`Error::BackboneWeights`] if it is another network.
    pub fn backbone(&self, backbone: Backbone, progress: Progress) -> Result<PathBuf> {
        match backbone {
            Backbone::Vgg16 => self.full(progress),
            other => self.whole(other, progress, &|file| {
                Network::load(&Weights::open_for(other, file)?, &Device::Cpu).map(|_| ())
            }),
        }
    }

    /// A repository's file in the cache, after `check` has looked at it.
    fn whole(
        &self,
        backbone: Backbone,
        progress: Progress,
        check: &dyn Fn(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        if self.offline {
            return weights::file_of(&self.cache, backbone).ok_or_else(|| self.is_offline(backbone));
        }
        let remote = self.contact(backbone)?;
        let sha256 =
            remote.sha256.clone().ok_or_else(|| remote.failed("the hub tells no SHA-256 of it".into()))?;
        let repository = repository_folder(&self.cache, backbone);
        let blob = repository.join("blobs").join(&sha256);
        lock::alone(&blob, |_| {
            self.fetch_blob(&remote, &sha256, &blob, progress)?;
            check(&blob)?;
            let file = link(&repository, &remote.revision, &sha256)?;
            write(&repository.join("refs/main"), &remote.revision)?;
            Ok(file)
        })
    }

    /// The file under its hash, unless it is there; one that was changed since makes way.
    fn fetch_blob(&self, remote: &Remote, sha256: &str, blob: &Path, progress: Progress) -> Result<()> {
        if blob.is_file() && Content::of_file(blob).is_ok_and(|content| content.to_string() == sha256) {
            return Ok(());
        }
        let part = blob.with_extension("incomplete");
        let download = Download {
            url: &remote.url,
            token: self.token.as_deref(),
            span: None,
            length: remote.size,
            part: &part,
        };
        download.run(&Client::new(self.limits), progress)?;
        download.finish(blob, Some(sha256))
    }

    /// Asks for the first eight bytes: what answers, and which revision `main` is.
    fn contact(&self, backbone: Backbone) -> Result<Remote> {
        if self.offline {
            return Err(self.is_offline(backbone));
        }
        let repository = format!("{}/{}", self.endpoint, backbone.repository());
        let url = format!("{repository}/resolve/main/{FILE}");
        let client = Client::new(self.first_contact);
        let (start, answer) = client.bytes(&url, self.token.as_deref(), 0..8)?;
        let header = |name: &str| answer.first_header(name).map(|value| value.trim_matches('"').to_string());
        let is_hex = |text: &String, digits: usize| {
            text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit())
        };
        let revision = header("x-repo-commit").filter(|revision| is_hex(revision, 40));
        let revision = revision.ok_or_else(|| Error::Download {
            url: url.clone(),
            reason: "what answered is not the Hugging Face hub (no X-Repo-Commit)".into(),
        })?;
        let size = header("x-linked-size").and_then(|size| size.parse().ok());
        let length = start.try_into().map_or(0, u64::from_le_bytes);
        Ok(Remote {
            url: format!("{repository}/resolve/{revision}/{FILE}"),
            revision,
            size: size.or(answer.content_range().and_then(|(_, total)| total)),
            sha256: header("x-linked-etag").filter(|etag| is_hex(etag, 64)).map(|etag| etag.to_lowercase()),
            header_length: length,
        })
    }

    /// Reads the safetensors header and finds the convolutions in it.
    fn places(&self, remote: &Remote, client: &Client) -> Result<Vec<Place>> {
        let length = remote.header_length;
        if length == 0 || length > HEADER_LIMIT {
            return Err(remote.failed("it does not begin like a safetensors file".into()));
        }
        let (json, _) = client.bytes(&remote.url, self.token.as_deref(), 8..8 + length)?;
        let unreadable = |e| remote.failed(format!("its safetensors header cannot be read ({e})"));
        let metadata: Metadata = serde_json::from_slice(&json).map_err(unreadable)?;
        let end = (8 + length).saturating_add(metadata.data_len() as u64);
        if remote.size.is_some_and(|size| size != end) {
            return Err(remote.failed("its length is not what its safetensors header says".into()));
        }
        let mut places = Vec::new();
        for (block, i) in Layout::convolutions() {
            let shape = self.layout.kernel_shape(block, i);
            let name = conv_name(block, i);
            places.push(place(remote, &metadata, format!("{name}.weight"), &shape)?);
            places.push(place(remote, &metadata, format!("{name}.bias"), &shape[..1])?);
        }
        Ok(places)
    }

    fn is_offline(&self, backbone: Backbone) -> Error {
        Error::Download {
            url: format!("{}/{}", self.endpoint, backbone.repository()),
            reason: "HF_HUB_OFFLINE forbids it; unset it to allow".into(),
        }
    }
}

impl Remote {
    fn failed(&self, reason: String) -> Error {
        Error::Download { url: self.url.clone(), reason }
    }
}

fn place(remote: &Remote, metadata: &Metadata, name: String, expected: &[usize]) -> Result<Place> {
    let file = PathBuf::from(&remote.url);
    let Some(info) = metadata.info(&name) else {
        return Err(Error::WeightMissing { file, tensor: name });
    };
    if info.shape != expected {
        return Err(Error::WeightShape {
            file,
            tensor: name,
            expected: expected.into(),
            got: info.shape.clone(),
        });
    }
    if info.dtype != Dtype::F32 {
        return Err(remote.failed(format!("tensor {name} holds {:?}, not F32", info.dtype)));
    }
    let data = 8 + remote.header_length;
    let (start, end) = info.data_offsets;
    Ok(Place { name, shape: expected.into(), bytes: data + start as u64..data + end as u64 })
}

/// As few byte ranges as hold all places.
fn coalesce(places: &[Place]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = places.iter().map(|place| place.bytes.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut spans: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match spans.last_mut() {
            Some(last) if range.start <= last.end + GAP => last.end = last.end.max(range.end),
            _ => spans.push(range),
        }
    }
    spans
}

fn part_file(file: &Path, revision: &str, start: u64) -> PathBuf {
    file.with_extension(format!("{revision:.8}-{start}.part"))
}

fn is_finite(tensor: &Tensor) -> Result<bool> {
    Ok(tensor.flatten_all()?.to_vec1::<f32>()?.iter().all(|number| number.is_finite()))
}

/// Puts the blob under its revision, as the hub's own programs do.
fn link(repository: &Path, revision: &str, blob: &str) -> Result<PathBuf> {
    let snapshot = repository.join("snapshots").join(revision);
    std::fs::create_dir_all(&snapshot).map_err(Error::io("create", &snapshot))?;
    let file = snapshot.join(FILE);
    let target = Path::new("../../blobs").join(blob);
    if !file.is_file() {
        let _ = std::fs::remove_file(&file);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&target, &file).map_err(Error::io("link", &file))?;
        #[cfg(not(unix))]
        std::fs::copy(snapshot.join(&target), &file).map_err(Error::io("write", &file))?;
    }
    Ok(file)
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let mut draft = DraftFile::new(file)?;
    draft.write(text.as_bytes())?;
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_fetched_together() {
        let place = |bytes: Range<u64>| Place { name: String::new(), shape: vec![], bytes };
        let places = [place(500_000..600_000), place(8..100), place(100..400), place(450..500)];
        assert_eq!(coalesce(&places), [8..500, 500_000..600_000]);
    }
}
