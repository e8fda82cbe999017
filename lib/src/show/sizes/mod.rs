//! Batch sizes side by side: a table and one plot of four panels, live while they
//! are tried.

mod drawing;
mod live;
mod panel;

pub(crate) use live::{SizesDisplay, cell_that_shows};

use super::table::Table;
use super::{escape, figure::Figure, numbers, output};
use crate::Result;

/// What there is to show of one batch size.
pub(crate) struct SizesLine {
    pub(crate) batch_size: usize,
    /// Seconds of an epoch.
    pub(crate) seconds: f64,
    /// Bytes, where the system tells.
    pub(crate) peak_memory: Option<u64>,
    /// After each epoch.
    pub(crate) loss: Vec<f64>,
    pub(crate) val_loss: Vec<f64>,
    /// 0 to 1.
    pub(crate) val_acc: Vec<f64>,
    /// At each update.
    pub(crate) batch_losses: Vec<f64>,
}

/// Batch sizes and what is to be said of them.
pub(crate) struct Sizes {
    pub(crate) lines: Vec<SizesLine>,
    /// Epochs asked for.
    pub(crate) nb_epoch: usize,
    /// A remark below; empty for none.
    pub(crate) note: String,
}

impl Sizes {
    /// One row a size.
    pub(crate) fn table(&self) -> Table {
        let epochs = if self.nb_epoch == 1 { "epoch" } else { "epochs" };
        let updates = format!("updates in {} {epochs}", self.nb_epoch);
        let header = ["batch size", &updates, "an epoch", "peak memory", "loss", "val_loss", "val_acc"];
        let mut table = Table::new(header);
        for line in &self.lines {
            let last = |values: &[f64]| values.last().map_or("-".to_owned(), |value| numbers::short(*value));
            table.push([
                line.batch_size.to_string(),
                line.batch_losses.len().to_string(),
                line.time(),
                line.peak_memory.map_or("-".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000)),
                last(&line.loss),
                last(&line.val_loss),
                line.val_acc.last().map_or("-".to_owned(), |acc| format!("{acc:.4}")),
            ]);
        }
        table
    }

    /// Shows both as a cell's value.
    pub(crate) fn evcxr_display(&self) {
        output::value(&self.html(), &self.text());
    }

    /// The table; and the note.
    pub(crate) fn text(&self) -> String {
        match self.note.is_empty() {
            true => self.table().to_string(),
            false => format!("{}\n{}", self.table(), self.note),
        }
    }

    fn html(&self) -> String {
        let figure = self.figure().map_or(String::new(), |figure| figure.html());
        let note = match self.note.is_empty() {
            true => String::new(),
            false => format!("<p><b>{}</b></p>", escape::html(&self.note)),
        };
        format!("{}{note}{figure}", self.table().html())
    }

    /// The plot.
    pub(crate) fn figure(&self) -> Result<Figure> {
        drawing::figure(self)
    }
}

impl SizesLine {
    fn time(&self) -> String {
        match self.loss.is_empty() {
            true => "-".to_owned(),
            false => time(self.seconds),
        }
    }
}

/// `0.84 ms`, `12.5 ms`, `2.1 s`: finer than other times, since a size's epoch on
/// known features takes little.
fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 0.0995 => format!("{} ms", numbers::short(seconds * 1e3)),
        _ => numbers::elapsed(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sizes(count: usize, epochs: usize) -> Sizes {
        let line = |i: usize| {
            let batch_size = 8 << i;
            let updates = (epochs * 300).div_ceil(batch_size);
            let loss: Vec<f64> =
                (0..epochs).map(|e| 0.5 / ((e + 1) as f64).powi(2) * (i + 1) as f64).collect();
            SizesLine {
                batch_size,
                seconds: 0.004 / (i + 1) as f64,
                peak_memory: Some(512_000_000),
                val_loss: loss.iter().map(|loss| loss * 1.1).collect(),
                val_acc: loss.iter().map(|loss| 1.0 - loss / 20.0).collect(),
                batch_losses: (0..updates).map(|u| 0.7 / (1.0 + u as f64)).collect(),
                loss,
            }
        };
        Sizes { lines: (0..count).map(line).collect(), nb_epoch: epochs, note: String::new() }
    }

    #[test]
    fn the_table_has_a_row_a_size() {
        let mut sizes = sizes(2, 2);
        sizes.lines[1].peak_memory = None;
        assert_eq!(
            sizes.text(),
            "batch size  updates in 2 epochs  an epoch  peak memory   loss  val_loss  val_acc\n\
             ----------  -------------------  --------  -----------  -----  --------  -------\n"
                .to_owned()
                + "         8                   75   4.00 ms       512 MB  0.125     0.138   0.9938\n"
                + "        16                   38   2.00 ms            -  0.250     0.275   0.9875"
        );
        sizes.note = "1 of 3 batch sizes are complete.".to_owned();
        assert!(sizes.text().ends_with("\n1 of 3 batch sizes are complete."));
        assert!(sizes.html().contains("<b>1 of 3 batch sizes are complete.</b>"));
    }

    #[test]
    fn a_size_that_has_only_begun_shows_too() {
        let mut sizes = sizes(2, 3);
        let last = &mut sizes.lines[1];
        (last.loss, last.val_loss, last.val_acc) = (Vec::new(), Vec::new(), Vec::new());
        assert!(sizes.table().to_string().lines().last().is_some_and(|row| row.matches(" -").count() == 4));
        assert!(sizes.html().contains("data:image/svg+xml"));
        sizes.lines.clear();
        assert_eq!(sizes.figure().unwrap_err().name(), "Plot");
        assert!(!sizes.html().contains("<img"));
    }

    #[test]
    fn times_have_three_digits() {
        let times = [0.000_84, 0.012_46, 0.0996, 2.06, 80.4].map(time);
        assert_eq!(times, ["0.840 ms", "12.5 ms", "0.1 s", "2.1 s", "1 min 20 s"]);
    }
}
