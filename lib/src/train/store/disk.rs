//! The store's file: opened for a moment, under a lock, and closed again, so that
//! several kernels share it and it can be cleared at any time.

use super::block::Key;
use super::files::Stat;
use super::lock::{self, Lock};
use super::tables::{self, Change, Found};
use super::trouble::{Trouble, guarded};
use crate::data::Content;
use crate::home;
use redb::{Builder, Database, Error, ReadTransaction, ReadableDatabase};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The file. Another format would have another name.
const NAME: &str = "features-1.redb";
/// A file that is being made.
const NEW: &str = "new.redb";
/// The last file that was damaged.
const DAMAGED: &str = "damaged.redb";
/// redb's page cache: nothing is read twice.
const CACHE: usize = 8 << 20;

/// How long to wait for other processes before going on without the file.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The store's folder, and how much it may take.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    limit: u64,
    patience: Duration,
}

/// What is known of files and rows, before any row is read.
pub(super) struct Known {
    /// One for each file asked for.
    pub(super) contents: Vec<Option<Content>>,
    /// Whether there is any row between the keys asked for.
    pub(super) any: bool,
}

impl Disk {
    pub(super) fn new(folder: PathBuf, limit: u64) -> Disk {
        Disk { folder, limit, patience: PATIENCE }
    }

    /// Waits so long for other processes from now on.
    pub(super) fn wait_for(&mut self, patience: Duration) {
        self.patience = patience;
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// How many pictures' features, of so many numbers each, have room in any case.
    pub(super) fn capacity(&self, width: usize) -> u64 {
        self.usable() / tables::most_room_of_a_row(width)
    }

    /// The limit under which so many pictures' features have room in any case.
    pub(super) fn limit_for(pictures: u64, width: usize) -> u64 {
        (pictures * tables::most_room_of_a_row(width)).div_ceil(7) * 8
    }

    /// redb's file needs some room of its own.
    fn usable(&self) -> u64 {
        self.limit / 8 * 7
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is known of `files`, and whether there is a row between `keys`.
    pub(super) fn look_up(
        &self,
        files: &[(&Path, Option<Stat>)],
        keys: Option<(Key, Key)>,
    ) -> Result<Known, Trouble> {
        let known = self.read(&|transaction| {
            let any = keys.map_or(Ok(false), |keys| tables::any_between(transaction, keys))?;
            Ok(Known { contents: tables::contents(transaction, files)?, any })
        })?;
        Ok(known.unwrap_or(Known { contents: vec![None; files.len()], any: false }))
    }

    /// The rows of these keys.
    pub(super) fn rows(&self, keys: &[Key]) -> Result<Found, Trouble> {
        let found = self.read(&|transaction| tables::rows(transaction, keys, now()))?;
        Ok(found.unwrap_or(Found { rows: vec![None; keys.len()], ..Found::default() }))
    }

    /// How many of these keys have a row.
    pub(super) fn count_of(&self, keys: &[Key]) -> Result<u64, Trouble> {
        Ok(self.read(&|transaction| tables::count_of(transaction, keys))?.unwrap_or(0))
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> Result<u64, Trouble> {
        Ok(self.read(&tables::count)?.unwrap_or(0))
    }

    /// The room that the folder takes, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|about| room(&about)).sum()
    }

    /// Writes `change`, waiting at most so long for others.
    pub(super) fn write(&self, change: &Change, wait: Duration) -> Result<(), Trouble> {
        // What it holds tells of the user's pictures.
        crate::home::create_private(&self.folder).map_err(|error| Trouble::io(&self.folder, &error))?;
        let lock = Lock::exclusive(&self.folder, wait)?;
        guarded(&self.folder, || Ok(self.write_locked(change)?))
            .map_err(|trouble| self.set_aside(trouble, &lock))
    }

    /// Removes everything.
    pub(super) fn clear(&self) -> Result<(), Trouble> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        let _lock = Lock::exclusive(&self.folder, 2 * PATIENCE)?;
        let entries = std::fs::read_dir(&self.folder).map_err(|e| Trouble::io(&self.folder, &e))?;
        for file in entries.flatten().map(|entry| entry.path()) {
            if !file.ends_with(lock::NAME) {
                std::fs::remove_file(&file).map_err(|error| Trouble::io(&file, &error))?;
            }
        }
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Nothing if there is no file.
    fn read<T>(&self, work: &dyn Fn(&ReadTransaction) -> Result<T, Error>) -> Result<Option<T>, Trouble> {
        match self.read_once(work) {
            Err(Trouble::Unfinished) => {
                self.finish()?;
                self.read_once(work)
            }
            outcome => outcome,
        }
    }

    fn read_once<T>(
        &self,
        work: &dyn Fn(&ReadTransaction) -> Result<T, Error>,
    ) -> Result<Option<T>, Trouble> {
        if !self.file().exists() {
            return Ok(None);
        }
        let lock = Lock::shared(&self.folder, self.patience)?;
        // Cleared meanwhile, perhaps.
        let Some(file) = Stat::of(&self.file()) else { return Ok(None) };
        let outcome = guarded(&self.folder, || Ok(self.read_locked(work)?));
        drop(lock);
        match outcome {
            Err(trouble @ Trouble::Damaged(_)) => {
                let lock = Lock::exclusive(&self.folder, self.patience)?;
                match Stat::of(&self.file()) == Some(file) {
                    true => Err(self.set_aside(trouble, &lock)),
                    // Another process found the same, and was quicker.
                    false => Ok(None),
                }
            }
            outcome => outcome.map(Some),
        }
    }

    fn read_locked<T>(&self, work: &dyn Fn(&ReadTransaction) -> Result<T, Error>) -> Result<T, Error> {
        let database = Builder::new().set_cache_size(CACHE).open_read_only(self.file())?;
        work(&database.begin_read()?)
    }

    /// Puts in order what a killed process left.
    fn finish(&self) -> Result<(), Trouble> {
        let lock = Lock::exclusive(&self.folder, self.patience)?;
        let outcome = guarded(&self.folder, || Ok(self.open()?.close().map_err(Error::from)?));
        outcome.map_err(|trouble| self.set_aside(trouble, &lock))
    }

    fn write_locked(&self, change: &Change) -> Result<(), Error> {
        if !self.file().exists() {
            self.create()?;
        }
        let database = self.open()?;
        let mut transaction = database.begin_write()?;
        // A process that is killed costs the next one nothing.
        transaction.set_quick_repair(true);
        tables::apply(&transaction, change, self.usable(), now())?;
        transaction.commit()?;
        Ok(database.close()?)
    }

    fn open(&self) -> Result<Database, Error> {
        Ok(Builder::new().set_cache_size(CACHE).open(self.file())?)
    }

    /// An empty file, under another name until it is whole.
    fn create(&self) -> Result<(), Error> {
        let new = self.folder.join(NEW);
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => (),
        }
        let database = Builder::new().create(&new)?;
        let transaction = database.begin_write()?;
        tables::create(&transaction)?;
        transaction.commit()?;
        database.close()?;
        Ok(std::fs::rename(&new, self.file())?)
    }

    /// Moves the file aside if it is damaged, and says where to.
    fn set_aside(&self, trouble: Trouble, _alone: &Lock) -> Trouble {
        let Trouble::Damaged(reason) = trouble else { return trouble };
        let aside = self.folder.join(DAMAGED);
        match std::fs::rename(self.file(), &aside) {
            Ok(()) => Trouble::Damaged(format!("{reason}; it was moved to {}", home::shown(&aside))),
            Err(error) => Trouble::io(&aside, &error),
        }
    }
}

/// redb's file has holes: what it takes on the disk is less than its length.
#[cfg(unix)]
fn room(about: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(about) * 512
}

#[cfg(not(unix))]
fn room(about: &std::fs::Metadata) -> u64 {
    about.len()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
