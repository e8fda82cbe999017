//! Microsoft's archive of Kaggle's 25,000 cats and dogs: all of it, or a sample by
//! byte ranges.

use super::download::Download;
use super::http::{Client, Limits};
use super::remote_file::RemoteFile;
use super::{Progress, lock};
use crate::data::Pile;
use crate::data::sorting::{self, Report, SortOptions};
use crate::{Error, Result, home};
use std::path::{Path, PathBuf};

const BASE: &str = "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F";
const FILE: &str = "kagglecatsanddogs_5340.zip";

/// The archive: where it is, how long to wait for it, where it is gathered.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The folder's address; `SEVENLINES_ARCHIVE_URL` names another.
    pub base: String,
    /// How long to wait.
    pub limits: Limits,
    /// Where the whole archive lies while it is fetched and sorted.
    pub folder: PathBuf,
}

impl Archive {
    /// Microsoft's, unless the environment names another.
    pub fn from_env() -> Archive {
        let base = std::env::var("SEVENLINES_ARCHIVE_URL").ok().filter(|base| !base.is_empty());
        let base = base.unwrap_or_else(|| BASE.into()).trim_end_matches('/').to_string();
        Archive { base, limits: Limits::default(), folder: home::data() }
    }

    /// Fetches pictures and sorts them into `folder`, as
    /// [`sort_kaggle`](sorting::sort_kaggle) does: with `per_class` in the options
    /// so many of each class, picture by picture out of the far zip; else all, 790
    /// MB in one file first, which a broken download goes on with. Pictures that
    /// cannot be read are replaced by others and named in the report. `fetched`
    /// gets bytes, `sorted` pictures.
    ///
    /// # Errors
    /// [`Error::Download`]; [`Error::Corrupt`] if the archive is damaged.
    pub fn fetch(
        &self,
        folder: &Path,
        options: SortOptions,
        fetched: Progress,
        sorted: Progress,
    ) -> Result<Report> {
        lock::alone(folder, |_| {
            let url = self.url();
            match (sorting::sorted_before(&url, folder, options), options.per_class) {
                (Some(report), _) => {
                    // Left by a process that was killed after it had sorted them.
                    let _ = std::fs::remove_file(self.folder.join(FILE));
                    Ok(report)
                }
                (None, Some(_)) => {
                    let far = RemoteFile::open(Client::new(self.limits), &url)?;
                    let pile = Pile::zip(Path::new(&url), far)?;
                    sorting::sort(vec![pile], &url, folder, options, sorted)
                }
                (None, None) => lock::alone(&self.folder.join(FILE), |_| {
                    let zip = self.whole(fetched)?;
                    let report = sorting::sort(vec![open(&zip)?], &url, folder, options, sorted)?;
                    std::fs::remove_file(&zip).map_err(Error::io("remove", zip))?;
                    Ok(report)
                }),
            }
        })
    }

    fn url(&self) -> String {
        format!("{}/{FILE}", self.base)
    }

    fn whole(&self, progress: Progress) -> Result<PathBuf> {
        let zip = self.folder.join(FILE);
        if zip.is_file() {
            return Ok(zip);
        }
        let url = self.url();
        let part = self.folder.join(format!("{FILE}.part"));
        let download = Download { url: &url, token: None, span: None, length: None, part: &part };
        download.run(&Client::new(self.limits), progress)?;
        download.finish(&zip, None)?;
        Ok(zip)
    }
}

/// Opens the fetched archive; what is none makes way for another download.
fn open(zip: &Path) -> Result<Pile> {
    let near = std::fs::File::open(zip).map_err(Error::io("read", zip))?;
    let pile = Pile::zip(zip, std::io::BufReader::new(near));
    if let Err(Error::Corrupt { .. }) = &pile {
        std::fs::remove_file(zip).map_err(Error::io("remove", zip))?;
    }
    pile
}
