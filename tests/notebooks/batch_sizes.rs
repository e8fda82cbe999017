//! `batch_sizes.ipynb`.

use crate::harness::*;
use serde_json::Value;
use std::path::PathBuf;

fn batch_sizes() -> PathBuf {
    notebook("batch_sizes.ipynb")
}

/// What the executed notebook on batch sizes must have: for each size a row that agrees
/// with arithmetic, and the plots.
#[track_caller]
fn compares_batch_sizes(notebook: &Notebook) {
    is_executed(notebook);
    let cells = notebook.code();
    let shown = |cell: &Value, mime: &str| -> Vec<String> {
        outputs(cell).iter().map(|output| joined(&output["data"][mime])).collect()
    };
    let first = cells.iter().position(|cell| cell["id"] == "try").expect("the cell that tries them");
    let tables = shown(cells[first], "text/plain");
    let table = tables.iter().find(|text| text.starts_with("batch size")).expect("the table of sizes");
    let rows: Vec<Vec<&str>> =
        table.lines().skip(2).map(|row| row.split_whitespace().collect::<Vec<_>>()).collect();
    let sizes = [8, 16, 32, 64, 128];
    assert_eq!(rows.len(), sizes.len(), "{table}");
    for (row, size) in rows.iter().zip(sizes) {
        assert_eq!(row[..2], [size.to_string(), (5 * 300usize.div_ceil(size)).to_string()], "{table}");
        let val_acc: f64 = row.last().and_then(|text| text.parse().ok()).expect("a val_acc");
        assert!((0.5..=1.0).contains(&val_acc), "{table}");
    }
    let plots: Vec<usize> = cells
        .iter()
        .map(|cell| shown(cell, "text/html").concat().matches("data:image/svg+xml").count())
        .collect();
    assert_eq!(plots[first], 1, "the first cell has one plot, not {}", plots[first]);
    assert_eq!(plots.iter().sum::<usize>(), 5, "plots in the cells: {plots:?}");
}

#[test]
fn batch_sizes_runs_on_the_drawn_sample() {
    let (executed, page) = execute(&batch_sizes(), "batch_sizes", &[]);
    compares_batch_sizes(&executed);
    assert_eq!(Notebook::read(&batch_sizes()).sources(), executed.sources());
    stands_alone(&page);
}

#[test]
fn the_committed_batch_sizes_are_executed_and_say_nothing_of_the_machine() {
    compares_batch_sizes(&committed(&batch_sizes()));
}
