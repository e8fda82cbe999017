//! Stop: politely at first, by force only once the user has been told what it costs.
//!
//! The first press ends compilers and asks the cells' process to stop; the library's
//! long work listens, and nothing is lost. A cell that still runs two seconds later
//! does not listen: a note says so, and only a press after that note ends the
//! process, with all variables. So a double click, or an impatient finger while a
//! batch is finished, never costs anything.

use super::processes;
use crate::cells::work;
use crate::child::COMMANDS;
use sevenlines::interrupt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A cell that runs on for this many checks after stop was pressed does not listen.
const CHECKS: u32 = 10;
/// The time between two checks.
const PAUSE: Duration = Duration::from_millis(200);
const WARNING: &str = "stop was asked for, but the cell does not listen; press stop again to end its process \
(all variables are then lost)\n";
/// A slow machine may see the warning beside a cell that does listen.
const AFTER_ALL: &str = "the cell has ended by itself after all, and nothing is lost\n";

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
    /// evcxr is being started, and what it needs perhaps compiled.
    starting: bool,
    /// The number of the cell that runs; `None` between cells.
    cell: Option<u64>,
    cells: u64,
    pressed: Pressed,
    /// The user knows that the next press ends the process.
    warned: bool,
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

    /// evcxr is to be started: stop ends what that takes.
    pub fn starts(&self) {
        let mut state = self.state();
        interrupt::clear();
        state.starting = true;
    }

    /// It is there, or not to be had; says whether stop was pressed and nothing ended by it.
    pub fn started(&self) -> bool {
        let mut state = self.state();
        state.starting = false;
        interrupt::check_interrupt().is_err()
    }

    /// A cell begins.
    pub fn begin(&self) {
        let mut state = self.state();
        state.cells += 1;
        state.cell = Some(state.cells);
        state.pressed = Pressed::Not;
        state.warned = false;
        if let Some(work) = &state.work {
            work::set_interrupted(work, false);
        }
    }

    /// The cell has ended; says whether stop was pressed. `note` takes the warning back,
    /// if there was one.
    pub fn end(&self, note: impl FnOnce(&str)) -> Pressed {
        let mut state = self.state();
        state.cell = None;
        if let Some(work) = &state.work {
            work::set_interrupted(work, false);
        }
        let (pressed, warned) = (state.pressed, state.warned);
        drop(state);
        if pressed == Pressed::Once && warned {
            note(AFTER_ALL);
        }
        pressed
    }

    /// Stop is pressed. `note` shows a text with the cell.
    pub fn press(self: &Arc<Self>, note: impl FnOnce(&str) + Send + 'static) {
        // Locked to the end: what is meant for this cell must not hit the next one.
        let mut state = self.state();
        if state.starting {
            return interrupt::request();
        }
        let (Some(cell), Some(process)) = (state.cell, state.process.clone()) else { return };
        let process = id(&process);
        if state.warned && computes(process) {
            state.pressed = Pressed::Killed;
            return processes::signal(process, libc::SIGKILL);
        }
        let first = state.pressed == Pressed::Not;
        state.pressed = Pressed::Once;
        // The note stops a compilation that has not begun yet.
        if let Some(work) = &state.work {
            work::set_interrupted(work, true);
        }
        end_compilers(process);
        processes::signal(process, libc::SIGINT);
        drop(state);
        if first {
            let this = self.clone();
            std::thread::spawn(move || this.watch(cell, note));
        }
    }

    /// Waits for the end of a cell that was asked to stop; warns the user if it
    /// goes on.
    fn watch(&self, cell: u64, note: impl FnOnce(&str)) {
        let mut checks = 0;
        while checks < CHECKS {
            std::thread::sleep(PAUSE);
            let state = self.state();
            let (true, Some(process)) = (state.cell == Some(cell), &state.process) else { return };
            // evcxr may still be inferring types; it stops by itself.
            checks = if computes(id(process)) { checks + 1 } else { 0 };
        }
        // Locked while it is shown: it belongs to this cell, and may have to be taken back.
        let mut state = self.state();
        if state.cell == Some(cell) {
            note(WARNING);
            state.warned = true;
        }
    }

    /// Ends every process of the kernel and removes its work folder.
    pub fn end_all(&self) {
        let work = self.state().work.take();
        // What lies around evcxr's folder goes with it.
        let work = work.as_deref().and_then(Path::parent);
        // Twice: a cell that is cut off makes evcxr start a new process.
        for _ in 0..2 {
            for pid in processes::descendants(std::process::id()) {
                processes::signal(pid, libc::SIGKILL);
            }
            processes::reap(Duration::from_millis(200));
            if let Some(work) = work {
                let _ = std::fs::remove_dir_all(work);
            }
        }
    }
}

fn id(process: &Mutex<Child>) -> u32 {
    process.lock().unwrap_or_else(PoisonError::into_inner).id()
}

/// Whether the cells' process runs a cell, rather than waiting for evcxr's next
/// command.
fn computes(process: u32) -> bool {
    // Where the system does not say, stop must still work.
    std::fs::read_to_string(format!("/proc/{process}/syscall"))
        .map_or(true, |call| !call.starts_with(&format!("{} {COMMANDS:#x} ", libc::SYS_read)))
}

/// Ends cargo and rustc: every process of the kernel but the cells' own. A compiler left
/// behind would write its result over the next cell's.
fn end_compilers(cells: u32) {
    let others = || {
        let theirs = processes::descendants(cells);
        let all = processes::descendants(std::process::id()).into_iter();
        all.filter(|pid| *pid != cells && !theirs.contains(pid)).collect()
    };
    processes::halt(others).into_iter().for_each(|pid| processes::signal(pid, libc::SIGKILL));
}
