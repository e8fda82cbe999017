//! What a model gets right and wrong, looked at: [`Interpretation`], and heat maps of
//! where in a picture it sees a class.
//!
//! fast.ai's lesson looks at a few pictures that were named correctly, a few that were
//! not, the most and the least confident of each class, and the confusion matrix. All
//! of it follows from the probabilities, so it is computed once and asked many times.

mod choose;
mod grad_cam;
mod grids;

pub use grad_cam::GradCam;

use crate::data::Batches;
use crate::learner::{Learner, Probs};
use crate::metrics::{self, ClassMetrics};
use crate::show::{self, Figure, Table};
use crate::train::argmax;
use crate::{Count, Error, Result};
use std::path::PathBuf;

/// What a model says of a set of pictures, beside what they are.
///
/// ```no_run
/// use sevenlines::prelude::*;
/// # fn main() -> Result<(), Error> {
/// # let mut vgg = Vgg16::new()?;
/// # let val_batches = vgg.get_batches("data/valid", 128)?;
/// let interp = Interpretation::from(&mut vgg, &val_batches)?;
/// println!("{interp}");
/// interp.incorrect_at_random(4)?.show();
/// interp.most_confused(1)?.show();
/// interp.confusion_matrix()?.show();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Interpretation {
    batches: Batches,
    probs: Probs,
    labels: Vec<u32>,
    predicted: Vec<usize>,
    files: Vec<PathBuf>,
}

impl Interpretation {
    /// Asks the model for the probabilities of all pictures of `batches`; features
    /// already computed are used.
    ///
    /// # Errors
    /// [`Error::NotFinetuned`] before `finetune`; [`Error::ClassMismatch`] for pictures
    /// of other classes, or of none; and as [`Learner::probs`].
    pub fn from(vgg: &mut Learner, batches: &Batches) -> Result<Self> {
        vgg.check_classes("given", batches)?;
        Self::from_probs(batches, vgg.probs(batches)?)
    }

    /// From probabilities computed before, or by another way: a row for each of
    /// [`Batches::items`], in that order.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are more or fewer rows than pictures, or other
    /// classes.
    pub fn from_probs(batches: &Batches, probs: Probs) -> Result<Self> {
        let classes = batches.classes();
        let fit = probs.len() == batches.len() && probs.classes == classes;
        if !fit || probs.rows.iter().any(|row| row.len() != classes.len()) {
            return Err(Error::Invalid(
                "these probabilities are not of these batches; take both from vgg.probs(&batches)".to_owned(),
            ));
        }
        Ok(Self {
            labels: batches.labels(),
            predicted: probs.rows.iter().map(|row| argmax(row)).collect(),
            files: batches.items().iter().map(|item| item.path.clone()).collect(),
            batches: batches.clone(),
            probs,
        })
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The class names.
    pub fn classes(&self) -> &[String] {
        &self.probs.classes
    }

    /// The probabilities, a row for each picture.
    pub fn probs(&self) -> &Probs {
        &self.probs
    }

    /// What the pictures are: indices into [`Interpretation::classes`].
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// What the model says they are: indices into [`Interpretation::classes`].
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// The pictures' files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The share of pictures that were named correctly, 0 to 1.
    pub fn accuracy(&self) -> f32 {
        metrics::accuracy(&self.probs, &self.labels)
    }

    /// The mean of the pictures' losses, see [`log_loss`](metrics::log_loss).
    pub fn loss(&self) -> f32 {
        metrics::log_loss(&self.probs, &self.labels)
    }

    /// The loss of each picture: minus the logarithm of its own class's probability.
    pub fn losses(&self) -> Vec<f32> {
        self.probs.rows.iter().zip(&self.labels).map(|(row, &label)| metrics::loss(row, label)).collect()
    }

    /// How well each class is told from the others, for a program; see
    /// [`Interpretation::per_class`] for a notebook.
    pub fn class_metrics(&self) -> Vec<ClassMetrics> {
        metrics::per_class(&self.probs, &self.labels)
    }

    /// Precision, recall, F1 and number of pictures of each class.
    pub fn per_class(&self) -> Table {
        let mut table = Table::new(["class", "precision", "recall", "f1", "pictures"]);
        for class in self.class_metrics() {
            let share = |value: f32| format!("{value:.3}");
            let figures = [class.precision, class.recall, class.f1].map(share);
            let support = class.support.to_string();
            table.push(std::iter::once(class.class).chain(figures).chain([support]));
        }
        table
    }

    /// The pairs of classes that were mistaken at least `min_count` times, most often
    /// first: what the pictures are, what they were taken for, how many.
    ///
    /// # Errors
    /// `min_count` below 1.
    pub fn most_confused(&self, min_count: impl Count) -> Result<Table> {
        Ok(self.confused(min_count.at_least_one("min_count")?))
    }

    fn confused(&self, min_count: usize) -> Table {
        let counts = self.counts();
        let pairs = (0..counts.len()).flat_map(|a| (0..counts.len()).map(move |p| (a, p)));
        let mut pairs: Vec<(usize, usize)> =
            pairs.filter(|&(a, p)| a != p && counts[a][p] >= min_count).collect();
        pairs.sort_by_key(|&(a, p)| std::cmp::Reverse(counts[a][p]));
        let none = match self.wrong().len() {
            0 => "no picture was wrong".to_owned(),
            _ => format!("no class was taken for another {min_count} times or more"),
        };
        let mut table = Table::new(["actual", "predicted", "pictures"]).or_say(none);
        for (actual, predicted) in pairs {
            let count = counts[actual][predicted].to_string();
            table.push([self.classes()[actual].clone(), self.classes()[predicted].clone(), count]);
        }
        table
    }

    /// Counts of actual class (rows) by predicted class (columns).
    pub fn counts(&self) -> Vec<Vec<usize>> {
        metrics::confusion_counts(&self.probs, &self.labels)
    }

    /// How many pictures of each class (a row) were taken for each class (a column).
    ///
    /// # Errors
    /// [`Error::Plot`] if it cannot be drawn.
    pub fn confusion_matrix(&self) -> Result<Figure> {
        show::confusion_matrix(&self.counts(), self.classes(), false)
    }

    /// [`Interpretation::confusion_matrix`] as shares of each row: of a class's
    /// pictures, the part that was taken for each class.
    ///
    /// # Errors
    /// [`Error::Plot`] if it cannot be drawn.
    pub fn confusion_matrix_normalised(&self) -> Result<Figure> {
        show::confusion_matrix(&self.counts(), self.classes(), true)
    }

    /// Shows itself as a cell's value: accuracy, loss, and a row for each class.
    pub fn evcxr_display(&self) {
        let line = format!("<div style=\"margin:3px\">{}</div>", self.line());
        show::value(&(line + &self.per_class().html()), &self.to_string());
    }

    fn line(&self) -> String {
        let (wrong, loss) = (self.wrong().len(), self.loss());
        let right = self.len() - wrong;
        format!("{right} pictures right, {wrong} wrong - acc: {:.4} - loss: {loss:.4}", self.accuracy())
    }
}

impl std::fmt::Display for Interpretation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}", self.line(), self.per_class())
    }
}

impl std::fmt::Debug for Interpretation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
