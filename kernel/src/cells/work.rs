//! A kernel's own work folder: a private copy of the prepared build, in which
//! evcxr writes and compiles cells.

use super::{Prepared, home, seed, toolchain::Toolchain};
use crate::error::{Error, Result};
use crate::paths;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

/// The folder; dropping it removes it. evcxr and cargo work in `cell` below it, of
/// which rust-analyzer reads all; what is not for its eyes lies beside that.
#[derive(Debug)]
pub struct Work {
    dir: PathBuf,
    cell: PathBuf,
    prepared: PathBuf,
}

impl Work {
    /// Makes one from the prepared build, and removes those of kernels that are
    /// no longer alive.
    pub fn create(prepared: &Prepared) -> Result<Work> {
        let all = folder();
        paths::create_private(&all)?;
        remove_stale(&all);
        let id = uuid::Uuid::new_v4().simple().to_string();
        let dir = all.join(format!("{}-{}", std::process::id(), &id[..8]));
        fs::DirBuilder::new().mode(0o700).create(&dir).map_err(Error::io("create", &dir))?;
        let work = Work { cell: dir.join("cell"), prepared: prepared.target(), dir };
        seed::artifacts(&work.prepared, &work.cell.join("target"))?;
        work.copy_lock(prepared)?;
        prepared.quicken(&work.cell)?;
        work.shims()?;
        Ok(work)
    }

    /// evcxr's folder.
    pub fn path(&self) -> &Path {
        &self.cell
    }

    /// The folder around it.
    pub fn outer(&self) -> &Path {
        &self.dir
    }

    /// Copies the prepared Cargo.lock.
    fn copy_lock(&self, prepared: &Prepared) -> Result<()> {
        let (from, to) = (prepared.lock(), self.cell.join("Cargo.lock"));
        fs::copy(&from, &to).map_err(Error::io("copy", &from))?;
        Ok(())
    }

    /// The cargo home that rust-analyzer sees.
    fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// Where the shims lie that stand for cargo and rustup.
    fn bin(&self) -> PathBuf {
        self.home().join("bin")
    }

    /// This process's PATH with the shims before everything else.
    pub fn path_with_shims(&self) -> std::ffi::OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(self.bin()).chain(std::env::split_paths(&path));
        std::env::join_paths(dirs).unwrap_or(path)
    }

    fn shims(&self) -> Result<()> {
        home::create(&self.home())?;
        let bin = self.bin();
        fs::create_dir_all(&bin).map_err(Error::io("create", &bin))?;
        let exe = std::env::current_exe().map_err(Error::io("find", "this program"))?;
        for name in super::shim::NAMES {
            let link = bin.join(name);
            symlink(&exe, &link).map_err(Error::io("link", &link))?;
        }
        Ok(())
    }

    /// The variables that tell the shims which tools are real.
    pub fn variables(&self, toolchain: &Toolchain) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut variables = vec![
            (super::shim::PREPARED, self.prepared.clone().into_os_string()),
            (super::shim::BIN, self.bin().into_os_string()),
            (super::shim::CARGO, toolchain.cargo.clone().into_os_string()),
            (super::shim::RUSTC, toolchain.rustc.clone().into_os_string()),
        ];
        variables.extend(home::variables(&self.home()));
        if let Some(rustup) = &toolchain.rustup {
            variables.push((super::shim::RUSTUP, rustup.clone().into_os_string()));
        }
        variables
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Of all kernels.
fn folder() -> PathBuf {
    sevenlines::home::dir().join("kernels")
}

/// A folder for this process's sockets, which nobody else can reach; it is there
/// before the rest, and removed with it or by the next kernel.
pub fn sockets() -> Result<PathBuf> {
    let all = folder();
    paths::create_private(&all)?;
    let dir = all.join(format!("{SOCKETS}{}", std::process::id()));
    // Of an earlier process with this number.
    let _ = fs::remove_dir_all(&dir);
    fs::DirBuilder::new().mode(0o700).create(&dir).map_err(Error::io("create", &dir))?;
    Ok(dir)
}

/// What the names of those folders begin with; the process's number follows.
const SOCKETS: &str = "sockets-";

/// Removes the folders of processes that are gone.
fn remove_stale(all: &Path) {
    let Ok(entries) = fs::read_dir(all) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.trim_start_matches(SOCKETS).split('-').next());
        if let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok())
            && !Path::new("/proc").join(pid.to_string()).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

// Small notes between the kernel and the shims, as files in evcxr's folder.
const INTERRUPTED: &str = "interrupted";
const RENEWED: &str = "renewed";
const FORMATTED: &str = "formatted";
const SHARES: &str = "shares-crates";

/// Whether stop was pressed for the cell that is being compiled in `work`.
pub fn interrupted(work: &Path) -> bool {
    work.join(INTERRUPTED).exists()
}

/// Notes, or forgets, that stop was pressed.
pub fn set_interrupted(work: &Path, yes: bool) {
    set(work, INTERRUPTED, yes);
}

/// Whether the library was compiled anew after the cells' process had loaded it:
/// another crate asked for other features, or its sources changed. What is
/// compiled now fits a new process only.
pub fn renewed(work: &Path) -> bool {
    work.join(RENEWED).exists()
}

/// Notes, or forgets, that it was.
pub fn set_renewed(work: &Path, yes: bool) {
    set(work, RENEWED, yes);
}

/// Whether the user has chosen how values are shown (evcxr's `:fmt`, `:types`).
pub fn formatted(work: &Path) -> bool {
    work.join(FORMATTED).exists()
}

/// Notes that they have.
pub fn set_formatted(work: &Path) {
    set(work, FORMATTED, true);
}

/// Whether the crates of this notebook are all among those that all users share.
pub fn shares_crates(work: &Path) -> bool {
    work.join(SHARES).exists()
}

/// Notes that they are, or not.
pub fn set_shares_crates(work: &Path, yes: bool) {
    set(work, SHARES, yes);
}

fn set(work: &Path, note: &str, yes: bool) {
    let note = work.join(note);
    let _ = if yes { fs::write(&note, "") } else { fs::remove_file(&note) };
}
