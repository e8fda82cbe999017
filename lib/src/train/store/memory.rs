//! One model's features in memory, and their way from and to the disk.

use super::block::{Key, Row};
use super::disk::{Disk, Known};
use super::files::{self, Files, Stat};
use super::recipe::Recipe;
use super::say_once;
use super::tables::Change;
use super::trouble::Trouble;
use crate::backbone::Backbone;
use crate::data::{Batches, Content, Resize};
use crate::train::Features;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Features are written at most every so often while the body runs.
const PAUSE: Duration = Duration::from_secs(3);
/// Writing may take one part in so many of the time.
const SHARE: u32 = 200;
/// How long a model that goes out of scope waits for other processes.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Memory {
    weights: PathBuf,
    /// The weights file when it was opened: another that has taken its name since is
    /// not what the body computes with.
    opened: Option<Stat>,
    features: Features,
    arithmetic: String,
    rows: HashMap<(Resize, Content), Row>,
    files: Files,
    disk: Option<Disk>,
    recipes: HashMap<Resize, Recipe>,
    writable: bool,
    /// Why some features are in memory alone.
    lost: Option<String>,
    pending: Change,
    /// When pending features are written next.
    next: Instant,
}

impl Memory {
    pub(super) fn new(weights: &Path, features: Features, arithmetic: &str, disk: Option<Disk>) -> Memory {
        Memory {
            weights: absolute(weights),
            opened: Stat::of(weights),
            features,
            arithmetic: arithmetic.to_owned(),
            rows: HashMap::new(),
            files: Files::default(),
            disk,
            recipes: HashMap::new(),
            writable: true,
            lost: None,
            pending: Change::default(),
            next: Instant::now() + PAUSE,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many numbers each picture's features are.
    pub(super) fn width(&self) -> usize {
        self.features.width()
    }

    /// Where features are kept beside the memory, if anywhere.
    pub(super) fn disk(&mut self) -> Option<&mut Disk> {
        self.disk.as_mut()
    }

    /// Who looks at the pictures.
    pub(super) fn backbone(&self) -> Backbone {
        self.features.backbone()
    }

    pub(super) fn lookup(&mut self, batches: &Batches) -> Vec<Option<Row>> {
        let began = Instant::now();
        let resize = batches.options().resize;
        let paths: Vec<PathBuf> = batches.items().iter().map(|item| absolute(&item.path)).collect();
        let mut contents = self.files.look(&paths);
        if contents.contains(&None) {
            self.find_contents(&paths, resize, &mut contents);
        }
        let here = |content: &Option<Content>| self.rows.get(&(resize, (*content)?)).cloned();
        let mut rows: Vec<Option<Row>> = contents.iter().map(here).collect();
        let from_disk = self.read_missing(resize, &contents, &mut rows);
        if from_disk > 0 {
            println!("{}", told(from_disk, rows.len(), began.elapsed()));
        }
        rows
    }

    pub(super) fn put(&mut self, batches: &Batches, index: usize, content: Content, row: Row) {
        let resize = batches.options().resize;
        if self.rows.insert((resize, content), row.clone()).is_none()
            && let Some(recipe) = self.recipe(resize)
        {
            self.pending.rows.push((recipe.key(&content), row));
        }
        self.learn(&absolute(&batches.items()[index].path), content);
        if Instant::now() >= self.next {
            // Another kernel that writes now is not waited for.
            self.write(Duration::ZERO);
        }
    }

    /// Writes what is pending. What cannot be written for now stays pending.
    pub(super) fn flush(&mut self, wait: Duration) {
        match self.write(wait) {
            Some(Trouble::Busy) => {
                say_once("Another program is using the stored features; new ones are in memory for now.");
            }
            // It was moved aside: now there is room for a new one.
            Some(Trouble::Damaged(_)) => drop(self.write(wait)),
            _ => (),
        }
    }

    /// Writes what is pending, waiting for others as long as the disk is to. Why not all
    /// that was ever to be written is on disk, if it is not.
    pub(super) fn save(&mut self) -> Option<String> {
        let wait = self.disk.as_ref().map_or(Duration::ZERO, Disk::patience);
        let trouble = match self.write(wait) {
            Some(Trouble::Damaged(_)) => self.write(wait),
            trouble => trouble,
        };
        match trouble {
            Some(Trouble::Busy) => Some("another program does not let go of them".to_owned()),
            Some(Trouble::Damaged(reason)) => Some(reason),
            _ => self.lost.clone(),
        }
    }

    /// How many pictures of `batches` have features on disk.
    pub(super) fn count_on_disk(&mut self, batches: &Batches) -> Result<u64, Trouble> {
        let resize = batches.options().resize;
        let (Some(recipe), Some(disk)) = (self.recipe(resize), self.disk.clone()) else { return Ok(0) };
        let paths: Vec<PathBuf> = batches.items().iter().map(|item| absolute(&item.path)).collect();
        let known = self.files.look(&paths);
        let content = |(path, known): (&PathBuf, Option<Content>)| known.or_else(|| files::hash_file(path));
        let contents = paths.iter().zip(known).filter_map(content);
        let keys: Vec<Key> = contents.map(|content| recipe.key(&content)).collect();
        disk.count_of(&keys)
    }

    /// The contents of files that are not known in memory: as the disk knows them, else
    /// by reading each. Where no features are to be found by them, nothing is read.
    fn find_contents(&mut self, paths: &[PathBuf], resize: Resize, contents: &mut [Option<Content>]) {
        let recipe = self.recipe(resize);
        let unknown: Vec<usize> = (0..paths.len()).filter(|&at| contents[at].is_none()).collect();
        let asked: Vec<(&Path, Option<Stat>)> =
            unknown.iter().map(|&at| (paths[at].as_path(), self.files.stat(&paths[at]))).collect();
        let known = match (recipe, self.disk.clone()) {
            (Some(recipe), Some(disk)) => self.heed(disk.look_up(&asked, Some(recipe.keys()))),
            _ => None,
        };
        let Known { contents: found, any } = known.unwrap_or(Known { contents: Vec::new(), any: false });
        for (&at, content) in unknown.iter().zip(found) {
            contents[at] = content.filter(|content| self.files.learn(&paths[at], *content).is_some());
        }
        if any || self.rows.keys().any(|(kept, _)| *kept == resize) {
            let unread: Vec<usize> = unknown.into_iter().filter(|&at| contents[at].is_none()).collect();
            let read = files::hash(&unread.iter().map(|&at| &paths[at]).collect::<Vec<_>>());
            for (at, content) in unread.into_iter().zip(read) {
                contents[at] = content;
                content.inspect(|content| self.learn(&paths[at], *content));
            }
        }
    }

    /// Completes `rows` from the disk. Returns how many came from there.
    fn read_missing(
        &mut self,
        resize: Resize,
        contents: &[Option<Content>],
        rows: &mut [Option<Row>],
    ) -> usize {
        let missing: Vec<(usize, Content)> = (0..rows.len())
            .filter(|&at| rows[at].is_none())
            .filter_map(|at| Some((at, contents[at]?)))
            .collect();
        if missing.is_empty() {
            return 0;
        }
        let (Some(recipe), Some(disk)) = (self.recipe(resize), self.disk.clone()) else { return 0 };
        let keys: Vec<Key> = missing.iter().map(|(_, content)| recipe.key(content)).collect();
        let Some(found) = self.heed(disk.rows(&keys)) else { return 0 };
        self.pending.used.extend(found.used);
        self.pending.astray.extend(found.astray);
        let mut count = 0;
        for ((at, content), row) in missing.into_iter().zip(found.rows) {
            if let Some(row) = row.filter(|row| row.len() == self.features.width()) {
                self.rows.insert((resize, content), row.clone());
                rows[at] = Some(row);
                count += 1;
            }
        }
        count
    }

    /// By what features are found on disk; none if there is no disk.
    fn recipe(&mut self, resize: Resize) -> Option<Recipe> {
        let disk = self.disk.clone()?;
        if let Some(recipe) = self.recipes.get(&resize) {
            return Some(*recipe);
        }
        let Some(weights) = self.weights_content(&disk) else {
            self.give_up("the weights file has changed since it was opened");
            return None;
        };
        let recipe = Recipe::new(&weights, resize, self.features, &self.arithmetic);
        self.recipes.insert(resize, recipe);
        Some(recipe)
    }

    /// What the weights file holds, if it is still the one that was opened.
    fn weights_content(&mut self, disk: &Disk) -> Option<Content> {
        let path = self.weights.clone();
        let mut content = self.files.look(std::slice::from_ref(&path)).pop()?;
        if content.is_none() {
            let known = self.heed(disk.look_up(&[(&path, self.files.stat(&path))], None));
            content = known.and_then(|known| known.contents.into_iter().next().flatten());
        }
        if content.is_none() {
            content = files::hash_file(&path);
            content.inspect(|content| self.learn(&path, *content));
        }
        (Stat::of(&path) == self.opened && self.opened.is_some()).then_some(content?)
    }

    /// Remembers the content of a file that was read since it was looked at.
    fn learn(&mut self, path: &Path, content: Content) {
        if let Some(stat) = self.files.learn(path, content)
            && self.disk.is_some()
        {
            self.pending.files.push((path.to_owned(), stat.to_bytes(&content)));
        }
    }

    fn write(&mut self, wait: Duration) -> Option<Trouble> {
        let disk = self.disk.clone().filter(|_| self.writable && !self.pending.is_empty())?;
        let began = Instant::now();
        let outcome = disk.write(&self.pending, wait);
        self.next = Instant::now() + PAUSE.max(SHARE * began.elapsed());
        match &outcome {
            Ok(()) => self.pending = Change::default(),
            // What is on disk can be read nevertheless.
            Err(Trouble::Unavailable(reason)) => {
                say_once(&format!("New features are kept in memory only: {reason}."));
                self.lost = Some(reason.clone());
                self.writable = false;
                self.pending = Change::default();
            }
            Err(trouble) => self.tell(trouble),
        }
        outcome.err()
    }

    /// The outcome, its trouble told.
    fn heed<T>(&mut self, outcome: Result<T, Trouble>) -> Option<T> {
        outcome.inspect_err(|trouble| self.tell(trouble)).ok()
    }

    fn tell(&mut self, trouble: &Trouble) {
        match trouble {
            Trouble::Busy => (),
            Trouble::Damaged(reason) => {
                println!("The stored features cannot be read ({reason}). They are computed anew.");
            }
            Trouble::Unavailable(reason) => self.give_up(reason),
            Trouble::Unfinished => self.give_up("the file is not in order"),
        }
    }

    /// Goes on in memory alone.
    fn give_up(&mut self, reason: &str) {
        say_once(&format!("Features are kept in memory only: {reason}."));
        self.lost = Some(reason.to_owned());
        self.disk = None;
        self.pending = Change::default();
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.write(LAST_PATIENCE);
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn told(found: usize, of: usize, time: Duration) -> String {
    let images = match found == of {
        true => format!("{of} images"),
        false => format!("{found} of {of} images"),
    };
    format!("{images}: features from the store ({:.2} s)", time.as_secs_f64())
}
