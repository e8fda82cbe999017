//! What a competition asks for: the probabilities of a test folder's pictures as a CSV
//! file ([`Submission`]), and how far to clip them first ([`clip_losses`]).

mod clip;
mod file;
mod id;

pub use clip::{ClipLoss, ClipLosses, clip_losses};

use crate::data::Batches;
use crate::learner::Probs;
use crate::metrics::log_loss;
use crate::show::Table;
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

/// Rows shown of a long table.
const SHOWN: usize = 8;
/// What rounding may put a probability above 1 by.
const ROUNDING: f32 = 1e-5;

/// Ids and probabilities, in the form that Kaggle takes: one row a picture, under a
/// header, sorted by id.
///
/// The id is the number that is the file's name (`test/123.jpg` is 123), sorted as a
/// number; another name stays as it is and comes after the numbers.
///
/// ```no_run
/// use sevenlines::prelude::*;
/// # let mut vgg = Vgg16::new()?;
/// let (batches, probs) = vgg.test("data/test", 64)?;
/// let submission = Submission::new(&batches, &do_clip(&probs, 0.98)?, "dogs")?;
/// submission.write("submission.csv")?;
/// assert_eq!(Submission::read("submission.csv")?, submission);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Submission {
    columns: Vec<String>,
    rows: Vec<SubmissionRow>,
}

/// One picture of a [`Submission`].
#[derive(Clone, Debug, PartialEq)]
pub struct SubmissionRow {
    /// The picture's number or name.
    pub id: String,
    /// One probability a column, 0 to 1.
    pub probs: Vec<f32>,
}

impl Submission {
    /// `id,label`, where the label is the probability of `class`: what Kaggle's Dogs vs.
    /// Cats Redux asks for, with `"dogs"`. `batches` and `probs` are what
    /// [`Learner::test`](crate::Learner::test) returns.
    ///
    /// # Errors
    /// A class that the probabilities are not of; else as [`Submission::all_classes`].
    pub fn new(batches: &Batches, probs: &Probs, class: &str) -> Result<Submission> {
        let Some(column) = probs.classes.iter().position(|name| name == class) else {
            let classes = probs.classes.join(", ");
            return Err(Error::Invalid(format!("there is no class {class:?} among {classes}")));
        };
        let row = |row: &Vec<f32>| row.get(column).copied().into_iter().collect();
        Submission::of(batches, vec!["label".to_owned()], probs.rows.iter().map(row).collect())
    }

    /// `id` and a column for each class, with its name: for more classes than two.
    ///
    /// # Errors
    /// [`Error::Invalid`], naming the file, if two pictures have the same id, or one a
    /// probability that is none; if there is not one row for each picture.
    pub fn all_classes(batches: &Batches, probs: &Probs) -> Result<Submission> {
        Submission::of(batches, probs.classes.clone(), probs.rows.clone())
    }

    fn of(batches: &Batches, columns: Vec<String>, rows: Vec<Vec<f32>>) -> Result<Submission> {
        if rows.len() != batches.len() {
            return Err(Error::Invalid(format!(
                "{} rows of probabilities are not of these {} pictures; take both from vgg.test(path, batch_size)",
                rows.len(),
                batches.len()
            )));
        }
        let mut found: Vec<(id::Id, &Path, Vec<f32>)> = Vec::with_capacity(rows.len());
        for (item, probs) in batches.items().iter().zip(rows) {
            found.push((id::Id::of(&item.path), &item.path, probs.into_iter().map(rounded).collect()));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let files: Vec<&Path> = found.iter().map(|(_, file, _)| *file).collect();
        let rows = found.into_iter().map(|(id, _, probs)| SubmissionRow { id: id.text(), probs }).collect();
        let submission = Submission { columns, rows };
        match submission.fault() {
            None => Ok(submission),
            Some(Fault { row, what, first: None }) => {
                Err(Error::Invalid(format!("{}: {what}", files[row].display())))
            }
            Some(Fault { row, what, first: Some(first) }) => Err(Error::Invalid(format!(
                "{}: {what}, and so has {}; rename one",
                files[row].display(),
                files[first].display()
            ))),
        }
    }

    /// The header without `id`: `label`, or the classes.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, sorted by id if they were made here, else as the file has them.
    pub fn rows(&self) -> &[SubmissionRow] {
        &self.rows
    }

    /// The number of pictures.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it to a temporary file, reads that back, compares, and only then puts it
    /// in `path`'s place.
    ///
    /// # Errors
    /// [`Error::Io`]; nothing half-written takes the place of what was there.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(self, path.as_ref())
    }

    /// Reads such a file, from here or elsewhere.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Corrupt`] naming the file and the line: another
    /// header than `id` and one or more columns, a row of another length, a value that is
    /// not between 0 and 1, an id that was there before, no rows.
    pub fn read(path: impl AsRef<Path>) -> Result<Submission> {
        file::read(path.as_ref())
    }

    /// Whether there is one row for each picture of `batches`, and no other.
    ///
    /// # Errors
    /// [`Error::Invalid`] that says how many there are, with one that lacks and one that
    /// is too much.
    pub fn check(&self, batches: &Batches) -> Result<()> {
        let ids: HashMap<String, &Path> =
            batches.items().iter().map(|item| (id::Id::of(&item.path).text(), item.path.as_path())).collect();
        let mut of: HashMap<&str, &Path> = ids.iter().map(|(id, file)| (id.as_str(), *file)).collect();
        let foreign = self.rows.iter().find(|row| of.remove(row.id.as_str()).is_none());
        let lacks = of.iter().min().map(|(id, file)| format!("; {id} ({}) lacks", file.display()));
        let foreign = foreign.map(|row| format!("; there is no picture {}", row.id));
        if lacks.is_none() && foreign.is_none() && self.len() == batches.len() {
            return Ok(());
        }
        let (rows, pictures) = (self.len(), batches.len());
        let (lacks, foreign) = (lacks.unwrap_or_default(), foreign.unwrap_or_default());
        Err(Error::Invalid(format!("the submission has {rows} rows for {pictures} pictures{lacks}{foreign}")))
    }

    /// The log-loss in nats against the truth, `labels`: one a row, the index of the column
    /// whose class it is, or of a lone column 1 for its class and 0 for any other. What a
    /// competition computes when the file arrives; like [`log_loss`],
    /// it counts a probability below 1.2e-7 as that.
    ///
    /// # Errors
    /// Not one label for each row.
    pub fn score(&self, labels: &[u32]) -> Result<f32> {
        if labels.len() != self.len() {
            let (labels, rows) = (labels.len(), self.len());
            return Err(Error::Invalid(format!("{labels} labels are not of a submission of {rows} rows")));
        }
        let lone = self.columns.len() == 1;
        let row = |row: &SubmissionRow| match lone {
            true => row.probs.iter().flat_map(|prob| [1.0 - prob, *prob]).collect(),
            false => row.probs.clone(),
        };
        let probs = Probs { classes: self.columns.clone(), rows: self.rows.iter().map(row).collect() };
        Ok(log_loss(&probs, labels))
    }

    /// The first row that is not as it must be.
    fn fault(&self) -> Option<Fault> {
        let mut rows: HashMap<&str, usize> = HashMap::with_capacity(self.rows.len());
        self.rows.iter().enumerate().find_map(|(row, SubmissionRow { id, probs })| {
            let first = rows.insert(id, row);
            let (got, needed) = (probs.len(), self.columns.len());
            let value = probs.iter().find(|value| !(0.0..=1.0).contains(*value));
            let what = match (first, value) {
                (Some(_), _) => format!("it has the id {id}"),
                (None, Some(value)) => format!("{value} is no probability between 0 and 1"),
                (None, None) if got != needed => format!("it has {got} values for {needed} columns"),
                _ => return None,
            };
            Some(Fault { row, what, first })
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new(std::iter::once("id").chain(self.columns.iter().map(String::as_str)));
        for row in self.rows.iter().take(SHOWN) {
            let probs = row.probs.iter().map(|prob| format!("{prob:.4}"));
            table.push(std::iter::once(row.id.clone()).chain(probs));
        }
        table
    }

    /// Shows itself as a cell's value: the first rows.
    pub fn evcxr_display(&self) {
        println!("{self}");
        self.table().evcxr_display();
    }
}

/// What is wrong with a row, and the earlier one that it repeats.
struct Fault {
    row: usize,
    what: String,
    first: Option<usize>,
}

fn rounded(prob: f32) -> f32 {
    match prob > 1.0 && prob <= 1.0 + ROUNDING {
        true => 1.0,
        false => prob,
    }
}

impl std::fmt::Display for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.len() == 1 { "row" } else { "rows" };
        write!(f, "submission of {} {plural}: id,{}", self.len(), self.columns.join(","))
    }
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
