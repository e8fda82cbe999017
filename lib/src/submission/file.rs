//! A submission's file: comma-separated values, as RFC 4180 has them.

use super::{Fault, Submission, SubmissionRow};
use crate::disk::DraftFile;
use crate::{Error, Result};
use std::path::Path;

pub(super) fn write(submission: &Submission, path: &Path) -> Result<()> {
    let bytes = table(submission).map_err(Error::io("write", path))?;
    let mut draft = DraftFile::new(path)?;
    draft.write(&bytes)?;
    if read(draft.part())? != *submission {
        let reason = "what was written does not read back the same".to_owned();
        return Err(corrupt(path, reason));
    }
    draft.finish()
}

fn table(submission: &Submission) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("id").chain(submission.columns.iter().map(String::as_str)))?;
    for row in &submission.rows {
        // As many digits as it takes to read the same number back.
        let probs = row.probs.iter().map(f32::to_string);
        writer.write_record(std::iter::once(row.id.clone()).chain(probs))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

pub(super) fn read(path: &Path) -> Result<Submission> {
    if !path.is_file() {
        let hint = "Submission::write makes one".to_owned();
        return Err(Error::Missing { path: path.to_owned(), hint });
    }
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    parse(&bytes).map_err(|reason| corrupt(path, reason))
}

fn corrupt(path: &Path, reason: String) -> Error {
    let hint = "write it again with Submission::write, or mend that line".to_owned();
    Error::Corrupt { path: path.to_owned(), reason, hint }
}

/// The submission, or the line that is wrong and why.
fn parse(bytes: &[u8]) -> std::result::Result<Submission, String> {
    // Rows of another length are told of below, by their line.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut records = reader.records();
    let header = match records.next() {
        Some(header) => header.map_err(|error| error.to_string())?,
        None => return Err("it is empty".to_owned()),
    };
    let mut names = header.iter();
    let columns = match names.next() {
        Some("id") => names.map(str::to_owned).collect::<Vec<String>>(),
        other => return Err(format!("line 1 begins with {:?} and not with id", other.unwrap_or_default())),
    };
    if columns.is_empty() {
        return Err("line 1 has no column after id".to_owned());
    }
    let mut submission = Submission { columns, rows: Vec::new() };
    let mut places = Vec::new();
    for record in records {
        let record = record.map_err(|error| error.to_string())?;
        let place = record.position().map_or(0, csv::Position::byte) as usize;
        submission
            .rows
            .push(row(&record).map_err(|reason| format!("line {}: {reason}", line(bytes, place)))?);
        places.push(place);
    }
    let line = |row: usize| line(bytes, places[row]);
    if submission.rows.is_empty() {
        return Err("it has no rows".to_owned());
    }
    match submission.fault() {
        None => Ok(submission),
        Some(Fault { row, what, first: None }) => Err(format!("line {}: {what}", line(row))),
        Some(Fault { row, what, first: Some(first) }) => {
            Err(format!("line {}: {what}, as line {} has", line(row), line(first)))
        }
    }
}

/// The line, from 1, of the record that begins at `place`, or after empty lines there.
fn line(bytes: &[u8], place: usize) -> usize {
    let (before, rest) = bytes.split_at(place.min(bytes.len()));
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    1 + before.iter().chain(empty).filter(|byte| **byte == b'\n').count()
}

fn row(record: &csv::StringRecord) -> std::result::Result<SubmissionRow, String> {
    let mut fields = record.iter();
    let id = fields.next().filter(|id| !id.is_empty()).ok_or("it has no id")?.to_owned();
    let number = |field: &str| field.trim().parse().map_err(|_| format!("{field:?} is no number"));
    let probs = fields.map(number).collect::<std::result::Result<Vec<f32>, String>>()?;
    Ok(SubmissionRow { id, probs })
}
