//! Five kinds of animals, for lessons on more than two classes.

use super::dogs_vs_cats::{DRAWN_SEED, named_folder};
use super::drawn::write_five_kinds;
use crate::show::Progress;
use crate::{Result, home};
use std::path::PathBuf;

/// A folder of five kinds of animals that the library draws: 60 pictures of each in
/// `train`, 20 in `valid`, in `birds`, `cats`, `dogs`, `horses` and `rabbits`. The
/// first call draws them, which takes some seconds; they are kept, and are the same
/// for everybody. A folder that `SEVENLINES_DATA` names goes first, as for
/// [`dogs_vs_cats`](super::dogs_vs_cats).
///
/// Prints one line that says which.
///
/// ```no_run
/// use sevenlines::prelude::*;
/// # fn main() -> Result<(), Error> {
/// let path = five_kinds()?;
/// let mut vgg = Vgg16::new()?;
/// let batches = vgg.get_batches(path.join("train"), 64)?;
/// assert_eq!(batches.classes().len(), 5);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Missing`](crate::Error::Missing) if `SEVENLINES_DATA` names no such folder;
/// what [`write_five_kinds`] says if the pictures cannot be written.
pub fn five_kinds() -> Result<PathBuf> {
    if let Some(path) = named_folder()? {
        println!("Pictures of SEVENLINES_DATA: {}", home::shown(&path));
        return Ok(path);
    }
    let path = home::find("data/five-kinds");
    let mut progress = None;
    write_five_kinds(&path, DRAWN_SEED, &mut |done, all| {
        let bar = progress
            .get_or_insert_with(|| Progress::new("Drawing five kinds of animals", all).unit("pictures"));
        bar.set(done);
    })?;
    if let Some(progress) = progress {
        progress.finish("");
    }
    println!("Drawn animals of five kinds, not photographs: {}", home::shown(&path));
    Ok(path)
}
