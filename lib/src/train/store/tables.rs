//! What the store's file holds, in redb's tables: blocks of rows, where each row lies,
//! when each block was last of use, and which file holds which content.

use super::block::{self, Key, Row};
use super::files::Stat;
use crate::data::Content;
use rayon::prelude::*;
use redb::{
    Error, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, WriteTransaction,
};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// A key to its block and place in it.
const ROWS: TableDefinition<Key, (u64, u32)> = TableDefinition::new("rows");
const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// A block to when it was last of use, in seconds since 1970, and the room it takes.
const USES: TableDefinition<u64, (u64, u64)> = TableDefinition::new("uses");
/// A path to what [`Stat::to_bytes`] makes of the file and its content.
const FILES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("files");

/// What one row takes beside its block, and one file: keys, and pages half full.
const ROOM_OF_A_ROW: u64 = 100;
const ROOM_OF_A_FILE: u64 = 300;
/// Above this many files, or one part in so many of all room, their table begins anew:
/// they are only read once more.
const MOST_FILES: u64 = 200_000;
const PART_OF_FILES: u64 = 4;
/// A block's use is noted again only after so many seconds: writing it costs more than
/// knowing it exactly is worth.
const GRAIN: u64 = 3600;

/// What is to be written, all or nothing.
#[derive(Default)]
pub(super) struct Change {
    /// New rows, all equally wide.
    pub(super) rows: Vec<(Key, Row)>,
    /// Files and what [`Stat::to_bytes`] makes of them.
    pub(super) files: Vec<(PathBuf, Vec<u8>)>,
    /// Blocks that were of use.
    pub(super) used: HashSet<u64>,
    /// Keys that led to nothing or to something damaged.
    pub(super) astray: Vec<Key>,
}

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.files.is_empty() && self.used.is_empty() && self.astray.is_empty()
    }
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// One for each key asked for.
    pub(super) rows: Vec<Option<Row>>,
    /// Blocks whose use is worth noting.
    pub(super) used: HashSet<u64>,
    /// As in [`Change`].
    pub(super) astray: Vec<Key>,
}

/// Makes a file's tables.
pub(super) fn create(transaction: &WriteTransaction) -> Result<(), Error> {
    transaction.open_table(ROWS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(USES)?;
    transaction.open_table(FILES)?;
    Ok(())
}

/// How many rows there are.
pub(super) fn count(transaction: &ReadTransaction) -> Result<u64, Error> {
    Ok(transaction.open_table(ROWS)?.len()?)
}

/// How many of these keys have a row.
pub(super) fn count_of(transaction: &ReadTransaction, keys: &[Key]) -> Result<u64, Error> {
    let table = transaction.open_table(ROWS)?;
    let mut count = 0;
    for key in keys {
        count += u64::from(table.get(key)?.is_some());
    }
    Ok(count)
}

/// Whether there is any row between two keys.
pub(super) fn any_between(transaction: &ReadTransaction, (first, last): (Key, Key)) -> Result<bool, Error> {
    Ok(transaction.open_table(ROWS)?.range(first..=last)?.next().transpose()?.is_some())
}

/// The contents of files that are known and still look the same.
pub(super) fn contents(
    transaction: &ReadTransaction,
    files: &[(&Path, Option<Stat>)],
) -> Result<Vec<Option<Content>>, Error> {
    let table = transaction.open_table(FILES)?;
    let content = |(path, stat): &(&Path, Option<Stat>)| -> Result<Option<Content>, Error> {
        let Some(stat) = stat else { return Ok(None) };
        let bytes = table.get(path.as_os_str().as_encoded_bytes())?;
        Ok(bytes.and_then(|bytes| stat.content_in(bytes.value())))
    };
    files.iter().map(content).collect()
}

/// The rows of these keys.
pub(super) fn rows(transaction: &ReadTransaction, keys: &[Key], now: u64) -> Result<Found, Error> {
    let index = transaction.open_table(ROWS)?;
    let uses = transaction.open_table(USES)?;
    let mut wanted: BTreeMap<u64, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, key) in keys.iter().enumerate() {
        if let Some(place) = index.get(key)? {
            let (id, slot) = place.value();
            wanted.entry(id).or_default().push((at, slot as usize));
        }
    }
    let blocks = transaction.open_table(BLOCKS)?;
    let read = |(id, places): (&u64, &Vec<(usize, usize)>)| -> Result<Vec<(usize, Option<Row>)>, Error> {
        let block = blocks.get(id)?;
        let row = |slot, key| block::decode(block.as_ref()?.value(), slot, key);
        Ok(places.iter().map(|&(at, slot)| (at, row(slot, &keys[at]))).collect())
    };
    let read: Vec<_> = wanted.par_iter().map(read).collect::<Result<_, Error>>()?;
    let mut found = Found { rows: vec![None; keys.len()], ..Found::default() };
    for (at, row) in read.into_iter().flatten() {
        match row {
            Some(row) => found.rows[at] = Some(row),
            None => found.astray.push(keys[at]),
        }
    }
    for id in wanted.into_keys() {
        if uses.get(id)?.is_some_and(|entry| entry.value().0.saturating_add(GRAIN) < now) {
            found.used.insert(id);
        }
    }
    Ok(found)
}

/// Writes `change`, and takes out what was longest of no use until all fits into `limit`
/// bytes.
pub(super) fn apply(
    transaction: &WriteTransaction,
    change: &Change,
    limit: u64,
    now: u64,
) -> Result<(), Error> {
    let mut tables = Tables {
        rows: transaction.open_table(ROWS)?,
        blocks: transaction.open_table(BLOCKS)?,
        uses: transaction.open_table(USES)?,
    };
    for key in &change.astray {
        tables.rows.remove(key)?;
    }
    for id in &change.used {
        let room = tables.uses.get(id)?.map(|entry| entry.value().1);
        if let Some(room) = room {
            tables.uses.insert(id, (now, room))?;
        }
    }
    tables.add(&change.rows, now)?;
    let most = MOST_FILES.min(limit / PART_OF_FILES / ROOM_OF_A_FILE);
    let files = write_files(transaction, &change.files, most)?;
    tables.make_room(limit.saturating_sub(files * ROOM_OF_A_FILE))
}

struct Tables<'t> {
    rows: Table<'t, Key, (u64, u32)>,
    blocks: Table<'t, u64, &'static [u8]>,
    uses: Table<'t, u64, (u64, u64)>,
}

impl Tables<'_> {
    fn add(&mut self, rows: &[(Key, Row)], now: u64) -> Result<(), Error> {
        let mut fresh = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            // Another process may have been quicker.
            if self.rows.get(key)?.is_none() {
                fresh.push((*key, row.clone()));
            }
        }
        let first = self.blocks.last()?.map_or(0, |(id, _)| id.value() + 1);
        let width = rows.first().map_or(0, |(_, row)| row.len());
        for (id, part) in (first..).zip(fresh.chunks(block::rows_in_a_block(width))) {
            let block = block::encode(part);
            self.blocks.insert(id, block.as_slice())?;
            self.uses.insert(id, (now, room(block.len(), part.len())))?;
            for (slot, (key, _)) in part.iter().enumerate() {
                self.rows.insert(key, (id, slot as u32))?;
            }
        }
        Ok(())
    }

    fn make_room(&mut self, limit: u64) -> Result<(), Error> {
        let mut blocks = Vec::new();
        for entry in self.uses.iter()? {
            let (id, entry) = entry?;
            let (used, room) = entry.value();
            blocks.push((used, id.value(), room));
        }
        let mut total: u64 = blocks.iter().map(|(_, _, room)| room).sum();
        blocks.sort_unstable();
        for (_, id, room) in blocks {
            if total <= limit {
                break;
            }
            self.remove(id)?;
            total -= room;
        }
        Ok(())
    }

    /// Takes out a block and all that leads to it.
    fn remove(&mut self, id: u64) -> Result<(), Error> {
        self.uses.remove(id)?;
        let keys = self.blocks.remove(id)?.map(|block| block::keys(block.value())).unwrap_or_default();
        for key in keys {
            let leads_here = self.rows.get(key)?.is_some_and(|place| place.value().0 == id);
            if leads_here {
                self.rows.remove(key)?;
            }
        }
        Ok(())
    }
}

/// Returns how many files are known then.
fn write_files(
    transaction: &WriteTransaction,
    files: &[(PathBuf, Vec<u8>)],
    most: u64,
) -> Result<u64, Error> {
    let full = transaction.open_table(FILES)?.len()? + files.len() as u64 > most;
    if full {
        transaction.delete_table(FILES)?;
    }
    let mut table = transaction.open_table(FILES)?;
    for (path, bytes) in files.iter().take(most as usize) {
        table.insert(path.as_os_str().as_encoded_bytes(), bytes.as_slice())?;
    }
    Ok(table.len()?)
}

/// The most room that a row of `width` numbers and its file take: alone in a block.
pub(super) fn most_room_of_a_row(width: usize) -> u64 {
    room(block::size_of_rows(1, width), 1) + ROOM_OF_A_FILE
}

/// The room that a block takes in the file: pages are powers of two.
fn room(bytes: usize, rows: usize) -> u64 {
    (bytes as u64 + 512).next_power_of_two().max(4096) + rows as u64 * ROOM_OF_A_ROW
}
