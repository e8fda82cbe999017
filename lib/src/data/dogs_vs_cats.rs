//! Which pictures lesson 1 uses.

use crate::{Error, Result, home};
use std::path::{Path, PathBuf};

/// The environment variable that names a folder with `train` and `valid`.
const VARIABLE: &str = "SEVENLINES_DATA";

/// The seed of the drawn sample: the same pictures for everybody.
pub const DRAWN_SEED: u64 = 2017;

/// The folder of cats and dogs for lesson 1, with `train/{cats,dogs}` and
/// `valid/{cats,dogs}` in it: the first there is of
///
/// 1. the folder that `SEVENLINES_DATA` names;
/// 2. `data/dogscats` beside the notebook;
/// 3. photographs that `sevenlines data` prepared;
/// 4. the drawn sample: pictures that the library draws itself, so that the lesson
///    runs anywhere.
///
/// Prints one line that says which.
///
/// # Errors
/// [`Error::Missing`] if `SEVENLINES_DATA` names no such folder; what drawing the
/// sample says if it cannot be written.
pub fn dogs_vs_cats() -> Result<PathBuf> {
    let (path, kind) = choose()?;
    println!("{kind}: {}", home::shown(&path));
    Ok(path)
}

fn choose() -> Result<(PathBuf, &'static str)> {
    if let Some(path) = named_folder()? {
        return Ok((path, "Pictures of SEVENLINES_DATA"));
    }
    let beside = Path::new("data").join("dogscats");
    if is_divided(&beside) {
        return Ok((beside, "Pictures beside the notebook"));
    }
    let prepared = home::find("data/dogs-vs-cats");
    if is_divided(&prepared) {
        return Ok((prepared, "Photographs of cats and dogs"));
    }
    let drawn = home::find("data/drawn");
    if !is_divided(&drawn) {
        super::drawn::write_sample(&drawn, DRAWN_SEED, &mut |_, _| ())?;
    }
    Ok((drawn, "Drawn cats and dogs, not photographs (`sevenlines data dogs-vs-cats` fetches those)"))
}

/// The folder with `train` and `valid` that `SEVENLINES_DATA` names, if it is set.
pub(super) fn named_folder() -> Result<Option<PathBuf>> {
    let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) else { return Ok(None) };
    let path = PathBuf::from(named);
    match is_divided(&path) {
        true => Ok(Some(path)),
        false => Err(Error::Missing {
            path: path.join("train"),
            hint: format!(
                "{VARIABLE} must name a folder with train and valid in it; \
                 split_folder(dir, 0.2, 0) makes one of a folder of classes"
            ),
        }),
    }
}

fn is_divided(folder: &Path) -> bool {
    folder.join("train").is_dir() && folder.join("valid").is_dir()
}
