//! Stop: politely first, by force when it is pressed again.

use super::processes;
use crate::cells::work;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pressed again within this time, stop ends the cells' process.
pub const AGAIN: Duration = Duration::from_secs(5);

/// What became of the cell that stop was pressed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pressed {
    /// Not pressed.
    #[default]
    Not,
    /// Asked to stop.
    Once,
    /// Its process was ended.
    Killed,
}

#[derive(Debug, Default)]
struct State {
    /// The cells' process, once evcxr is there; evcxr puts the next one in the
    /// same place.
    process: Option<Arc<Mutex<Child>>>,
    /// The kernel's work folder.
    work: Option<PathBuf>,
    /// The number of the cell that runs; `None` between cells.
    cell: Option<u64>,
    cells: u64,
    last: Option<Instant>,
    pressed: Pressed,
}

/// The stop button.
#[derive(Debug, Default)]
pub struct Interrupt(Mutex<State>);

impl Interrupt {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work folder is there.
    pub fn set_work(&self, work: &Path) {
        self.state().work = Some(work.to_owned());
    }

    /// evcxr is there.
    pub fn connect(&self, process: Arc<Mutex<Child>>) {
        self.state().process = Some(process);
    }

    /// A cell begins.
    pub fn begin(&self) {
        let mut state = self.state();
        state.cells += 1;
        state.cell = Some(state.cells);
        state.last = None;
        state.pressed = Pressed::Not;
        if let Some(work) = &state.work {
            work::set_interrupted(work, false);
        }
    }

    /// The cell has ended; says whether stop was pressed.
    pub fn end(&self) -> Pressed {
        let mut state = self.state();
        state.cell = None;
        if let Some(work) = &state.work {
            work::set_interrupted(work, false);
        }
        state.pressed
    }

    /// Stop is pressed. Returns the number of the cell that was asked to stop, for
    /// [`Interrupt::still_runs`].
    pub fn press(&self) -> Option<u64> {
        let mut state = self.state();
        let (cell, process) = (state.cell?, state.process.clone()?);
        let again = state.last.is_some_and(|last| last.elapsed() < AGAIN);
        state.last = Some(Instant::now());
        state.pressed = if again { Pressed::Killed } else { Pressed::Once };
        // The note stops a compilation that has not begun yet.
        if let Some(work) = &state.work {
            work::set_interrupted(work, true);
        }
        drop(state);
        let process = process.lock().unwrap_or_else(PoisonError::into_inner).id();
        end_compilers(process);
        processes::signal(process, if again { libc::SIGKILL } else { libc::SIGINT });
        (!again).then_some(cell)
    }

    /// Whether that cell still runs.
    pub fn still_runs(&self, cell: u64) -> bool {
        let state = self.state();
        state.cell == Some(cell) && state.pressed == Pressed::Once
    }

    /// Ends every process of the kernel and removes its work folder.
    pub fn end_all(&self) {
        let work = self.state().work.take();
        // Twice: a cell that is cut off makes evcxr start a new process.
        for _ in 0..2 {
            for pid in processes::descendants(std::process::id()) {
                processes::signal(pid, libc::SIGKILL);
            }
            processes::reap(Duration::from_millis(200));
            if let Some(work) = &work {
                let _ = std::fs::remove_dir_all(work);
            }
        }
    }
}

/// Ends cargo and rustc: every process of the kernel but the cells' own.
fn end_compilers(cells: u32) {
    let theirs = processes::descendants(cells);
    for pid in processes::descendants(std::process::id()) {
        if pid != cells && !theirs.contains(&pid) {
            processes::signal(pid, libc::SIGKILL);
        }
    }
}
