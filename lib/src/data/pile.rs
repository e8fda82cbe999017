//! A pile of pictures as it comes: a folder, a zip, a zip that is far away.

use super::files::link_or_copy;
use super::folder::{is_picture, pictures_below};
use crate::{Error, Result};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// No picture of these sets is larger.
pub(super) const LARGEST: u64 = 64 << 20;
/// What a zip file in a zip file may become, whatever it is packed to.
const SMALL: u64 = 16 << 20;

pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// Where pictures lie, and what each is called there.
pub(crate) struct Pile {
    /// Names with their folders, `/` between.
    pub(super) names: Vec<String>,
    /// All sizes together, packed.
    pub(super) bytes: u64,
    source: PathBuf,
    place: Place,
}

enum Place {
    Folder(Vec<PathBuf>),
    Zip { archive: Box<ZipArchive<Box<dyn ReadSeek>>>, entries: Vec<usize> },
}

impl Pile {
    /// The pictures below a folder.
    pub(super) fn folder(folder: &Path) -> Result<Pile> {
        let files = pictures_below(folder)?;
        let name =
            |file: &PathBuf| file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        let names = files.iter().map(name).collect();
        Ok(Pile { names, bytes, source: folder.into(), place: Place::Folder(files) })
    }

    /// The pictures in a zip file; `source` names it in messages.
    pub(crate) fn zip(source: &Path, reader: impl Read + Seek + Send + 'static) -> Result<Pile> {
        let reader: Box<dyn ReadSeek> = Box::new(reader);
        let archive = ZipArchive::new(reader).map_err(|e| broken_zip(source, e))?;
        let mut pile = Pile {
            names: Vec::new(),
            bytes: 0,
            source: source.into(),
            place: Place::Zip { archive: Box::new(archive), entries: Vec::new() },
        };
        let Place::Zip { archive, entries } = &mut pile.place else { return Ok(pile) };
        for index in 0..archive.len() {
            let name = archive.name_for_index(index).and_then(std::result::Result::ok).unwrap_or_default();
            if is_picture(Path::new(&*name)) {
                pile.bytes += archive.by_index_data(index).map_or(0, |entry| entry.compressed_size());
                pile.names.push(name.replace('\\', "/"));
                entries.push(index);
            }
        }
        Ok(pile)
    }

    /// Opens a zip file of this machine.
    pub(super) fn zip_file(file: &Path) -> Result<Pile> {
        let reader = std::fs::File::open(file).map_err(Error::io("read", file))?;
        Pile::zip(file, std::io::BufReader::new(reader))
    }

    /// A picture's bytes, or why it has none. The outer error ends the sorting.
    pub(super) fn read(&mut self, picture: usize) -> Result<std::result::Result<Vec<u8>, String>> {
        let mut bytes = Vec::new();
        let read = match &mut self.place {
            Place::Folder(files) => std::fs::File::open(&files[picture])
                .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
                .map_err(zip::result::ZipError::Io),
            Place::Zip { archive, entries } => archive
                .by_index(entries[picture])
                .and_then(|entry| Ok(entry.take(LARGEST + 1).read_to_end(&mut bytes)?)),
        };
        match read {
            Ok(length) if length as u64 > LARGEST => Ok(Err(format!("larger than {} MB", LARGEST >> 20))),
            Ok(0) => Ok(Err("empty".into())),
            Ok(_) => Ok(Ok(bytes)),
            Err(error) => match ours(error) {
                Ok(error) => Err(error),
                Err(error) => Ok(Err(error.to_string())),
            },
        }
    }

    /// Puts a picture at `to`: a file by a link, an entry by its bytes.
    pub(super) fn place(&self, picture: usize, bytes: &[u8], to: &Path) -> Result<()> {
        match &self.place {
            Place::Folder(files) => link_or_copy(&files[picture], to),
            Place::Zip { .. } => std::fs::write(to, bytes).map_err(Error::io("write", to)),
        }
    }

    /// The zip files inside, Kaggle's train.zip and test1.zip, unpacked to `folder`.
    pub(super) fn unpack_inner_zips(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let Place::Zip { archive, .. } = &mut self.place else { return Ok(Vec::new()) };
        let mut unpacked = Vec::new();
        for index in 0..archive.len() {
            let name = archive.name_for_index(index).and_then(std::result::Result::ok);
            let name = name.unwrap_or_default().into_owned();
            if Path::new(&name).extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("zip")) {
                continue;
            }
            let file = folder.join(format!("{index}.zip"));
            let mut to = std::fs::File::create(&file).map_err(Error::io("write", &file))?;
            let entry = archive.by_index(index).map_err(|e| broken_zip(&self.source, e))?;
            // What is packed already does not become much smaller when it is packed again.
            let most = SMALL + 10 * entry.compressed_size();
            let mut entry = entry.take(most + 1);
            let mut piece = vec![0; 1 << 20];
            loop {
                // Apart, so that a full disk is not taken for a broken zip.
                match entry.read(&mut piece).map_err(|e| broken_zip(&self.source, e.into()))? {
                    0 => break,
                    read => to.write_all(&piece[..read]).map_err(Error::io("write", &file))?,
                }
            }
            if entry.limit() == 0 {
                let reason = format!("its {name} becomes larger than a zip file in a zip file can");
                let hint = "download it again".to_owned();
                return Err(Error::Corrupt { path: self.source.clone(), reason, hint });
            }
            unpacked.push(file);
        }
        Ok(unpacked)
    }
}

fn broken_zip(source: &Path, error: zip::result::ZipError) -> Error {
    ours(error).unwrap_or_else(|error| Error::Corrupt {
        path: source.into(),
        reason: format!("it cannot be read as a zip file ({error})"),
        hint: "download it again".into(),
    })
}

/// The library's own error inside an I/O error: a zip far away that is not
/// reached any more, or the user's stop.
fn ours(error: zip::result::ZipError) -> std::result::Result<Error, zip::result::ZipError> {
    match error {
        zip::result::ZipError::Io(error) => error.downcast::<Error>().map_err(zip::result::ZipError::Io),
        other => Err(other),
    }
}
