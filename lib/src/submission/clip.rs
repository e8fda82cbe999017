//! Log-loss by how far the probabilities are clipped.

use crate::learner::Probs;
use crate::metrics::log_loss;
use crate::show::{Figure, Table, bar_chart};
use crate::utils::do_clip;
use crate::{Error, Result};

/// The log-loss on pictures of known `labels` as the probabilities are, and clipped by
/// [`do_clip`] to at most each of `clips`: which of them a submission should use. Take
/// `probs` of validation pictures, and `labels` from [`Batches::labels`](crate::data::Batches::labels).
///
/// Log-loss punishes a confident mistake without mercy: a probability of 0 for what turns
/// out to be true costs 15.9 by [`log_loss`], and 34.5 by Kaggle's.
///
/// # Errors
/// Not one label for each of at least one picture; a clip that [`do_clip`] refuses.
///
/// ```
/// use sevenlines::{learner::Probs, submission::clip_losses};
/// let rows = vec![vec![1.0, 0.0], vec![0.1, 0.9], vec![1.0, 0.0]];
/// let probs = Probs { classes: vec!["cats".into(), "dogs".into()], rows };
/// // The last is a dog, and the network was sure of a cat.
/// let losses = clip_losses(&probs, &[0, 1, 1], &[0.99, 0.95, 0.9])?;
/// assert_eq!(losses.best(), Some(0.9));
/// assert!(losses.unclipped > 5.0 && losses.clips[2].log_loss < 1.0);
/// # Ok::<(), sevenlines::Error>(())
/// ```
pub fn clip_losses(probs: &Probs, labels: &[u32], clips: &[f32]) -> Result<ClipLosses> {
    if probs.is_empty() || probs.len() != labels.len() {
        let (rows, labels) = (probs.len(), labels.len());
        return Err(Error::Invalid(format!(
            "{labels} labels are not of {rows} pictures; take vgg.probs(&val_batches)? and val_batches.labels()"
        )));
    }
    let clipped =
        |&clip: &f32| do_clip(probs, clip).map(|probs| ClipLoss { clip, log_loss: log_loss(&probs, labels) });
    let clips = clips.iter().map(clipped).collect::<Result<_>>()?;
    Ok(ClipLosses { unclipped: log_loss(probs, labels), clips })
}

/// The log-loss by clip: what [`clip_losses`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipLosses {
    /// Mean cross-entropy in nats of the probabilities as they are.
    pub unclipped: f32,
    /// The same for each clip, in the order asked for.
    pub clips: Vec<ClipLoss>,
}

/// The log-loss of probabilities clipped to at most `clip`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipLoss {
    /// The largest probability that is left, below 1.
    pub clip: f32,
    /// Mean cross-entropy, in nats.
    pub log_loss: f32,
}

impl ClipLosses {
    /// The clip with the least log-loss; none if not clipping is as good.
    pub fn best(&self) -> Option<f32> {
        let best = self.clips.iter().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss))?;
        (best.log_loss < self.unclipped).then_some(best.clip)
    }

    /// The log-loss of each as a bar.
    ///
    /// # Errors
    /// [`Error::Plot`] if it cannot be drawn.
    pub fn plot(&self) -> Result<Figure> {
        let (names, losses): (Vec<String>, Vec<f64>) = self.rows().into_iter().unzip();
        bar_chart(&names, &losses, "Log-loss (nats) by clip")
    }

    fn rows(&self) -> Vec<(String, f64)> {
        let first = ("not clipped".to_owned(), f64::from(self.unclipped));
        let clips = self.clips.iter().map(|at| (format!("at most {}", at.clip), f64::from(at.log_loss)));
        std::iter::once(first).chain(clips).collect()
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["probabilities", "log-loss", ""]);
        let best = self.best().map_or("not clipped".to_owned(), |clip| format!("at most {clip}"));
        for (name, loss) in self.rows() {
            let mark = if name == best { "best" } else { "" };
            table.push([name, format!("{loss:.4}"), mark.to_owned()]);
        }
        table
    }

    /// Shows itself as a cell's value: a table.
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }
}

impl std::fmt::Display for ClipLosses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.table().fmt(f)
    }
}
