//! How much room there is for more cells, and a word to the user long before there
//! is none.
//!
//! The code of each cell stays mapped in the cells' process, since values and
//! threads may refer to it, and a system gives a process only so many maps. At that
//! limit a cell cannot be loaded, nor much else be done, and the process would end
//! with all variables.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

/// A note comes when so many percent of the maps are used.
const STEPS: [usize; 3] = [50, 75, 90];
/// With fewer maps left no cell is begun. Loading one takes five or six; the rest is
/// for the threads and the large values of what runs.
const LEAST: usize = 200;
/// A cell's need is told from so many of the last cells.
const LOOKED_BACK: usize = 15;
/// A note comes when the folder that cells are compiled in has fewer bytes left...
const LEAST_DISK: u64 = 300 << 20;
/// ... or the machine less than this part of its memory.
const LEAST_MEMORY: u64 = 20;

/// What was seen of the cells' process so far.
#[derive(Debug, Default)]
pub struct Room {
    process: u32,
    maps: usize,
    /// How many maps each of the last cells has added.
    added: VecDeque<usize>,
    /// How many of the [`STEPS`] the user knows of.
    told: usize,
    told_of_disk: bool,
    told_of_memory: bool,
}

/// The maps of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Maps {
    used: usize,
    most: usize,
}

impl Maps {
    /// `None` where the system does not say.
    fn of(process: u32) -> Option<Maps> {
        let most = fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()?;
        let listed = fs::read(format!("/proc/{process}/maps")).ok()?;
        Some(Maps { used: listed.iter().filter(|byte| **byte == b'\n').count(), most })
    }

    fn left(self) -> usize {
        self.most.saturating_sub(self.used)
    }
}

impl Room {
    /// Before a cell: why it cannot run, if it cannot.
    pub fn refusal(process: u32) -> Option<String> {
        Maps::of(process).and_then(refusal)
    }

    /// After a cell: what the user should know of now, each once. `work` is where
    /// cells are compiled.
    pub fn look(&mut self, process: u32, work: &Path) -> Vec<String> {
        let maps = Maps::of(process).and_then(|maps| self.maps(process, maps));
        let disk = disk(work).and_then(|left| {
            let text = format!(
                "only {} MB are left on the disk where cells are compiled ({}): make room there, or the next cell cannot be compiled",
                left >> 20,
                work.display()
            );
            once(left < LEAST_DISK, &mut self.told_of_disk, text)
        });
        let memory = memory().and_then(|(left, all)| {
            let text = format!(
                "only {} of {} MB of memory are left; save what you need (`vgg.save_weights(…)?`), and use `:restart` \
                 to begin with less, or end what else runs",
                left >> 20,
                all >> 20
            );
            once(left < all / LEAST_MEMORY, &mut self.told_of_memory, text)
        });
        [maps, disk, memory].into_iter().flatten().map(|text| format!("note: {text}\n")).collect()
    }

    fn maps(&mut self, process: u32, maps: Maps) -> Option<String> {
        if process != self.process {
            *self = Room { process, maps: maps.used, ..Room::default() };
        }
        let added = maps.used.saturating_sub(self.maps);
        self.maps = maps.used;
        if added > 0 {
            self.added.push_back(added);
            self.added.drain(..self.added.len().saturating_sub(LOOKED_BACK));
        }
        let reached = STEPS.iter().filter(|step| maps.used * 100 >= maps.most * **step).count();
        let news = reached > self.told;
        self.told = reached;
        news.then(|| warning(maps, self.usual()))
    }

    /// What a cell adds by being loaded: a few that map more for themselves do not count.
    fn usual(&self) -> usize {
        let mut added: Vec<usize> = self.added.iter().copied().collect();
        added.sort_unstable();
        added.get(added.len() / 4).copied().unwrap_or(1)
    }
}

/// The text, the first time that something holds since it last did not.
fn once(holds: bool, told: &mut bool, text: String) -> Option<String> {
    let news = holds && !*told;
    *told = holds;
    news.then_some(text)
}

fn warning(maps: Maps, usual: usize) -> String {
    format!(
        "{} of the {} memory maps that the system gives a process are used; each cell keeps about {usual}, so some {} more \
         cells fit. Save what you need (`vgg.save_weights(…)?`) and use `:restart` before they run out; a loop within one \
         cell needs no more than one cell does",
        maps.used,
        maps.most,
        maps.left().saturating_sub(LEAST) / usual
    )
}

fn refusal(maps: Maps) -> Option<String> {
    (maps.left() < LEAST).then(|| {
        format!(
            "the cells' process uses {} of the {} memory maps that the system gives it, too many to load another cell; \
             all variables are kept\n\
             To go on with them, raise the limit with `sudo sysctl -w vm.max_map_count={}` and run this cell again. \
             `:restart` begins with a new process, without them.",
            maps.used,
            maps.most,
            maps.most * 2
        )
    })
}

/// The bytes that are free for this user on the disk of a folder.
fn disk(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut about = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends in NUL, and the system fills `about` if it answers 0.
    let about = unsafe {
        match libc::statvfs(path.as_ptr(), about.as_mut_ptr()) {
            0 => about.assume_init(),
            _ => return None,
        }
    };
    // The types of these fields differ between systems.
    #[allow(clippy::unnecessary_cast)]
    Some(about.f_bavail as u64 * about.f_frsize as u64)
}

/// The bytes of memory that can still be had, and all there are.
fn memory() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    Some((field("MemAvailable:")?, field("MemTotal:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(used: usize) -> Maps {
        Maps { used, most: 1000 }
    }

    #[test]
    fn each_step_is_told_of_once_for_each_process() {
        let mut room = Room::default();
        let mut told = |process, count| room.maps(process, used(count));
        assert_eq!(told(7, 480), None);
        assert_eq!(told(7, 485), None);
        assert_eq!(told(7, 490), None);
        let text = told(7, 505).expect("half of it");
        assert!(text.contains("505 of the 1000") && text.contains("about 5, so some 59 more"), "{text}");
        assert_eq!(told(7, 510), None);
        assert!(told(7, 950).expect("both steps at once").contains("950 of"));
        assert_eq!(told(7, 955), None);
        assert_eq!(told(8, 100), None);
        assert!(told(8, 500).is_some());
        // Maps were given back, and are used again.
        assert_eq!(told(8, 400), None);
        assert!(told(8, 600).is_some());
    }

    #[test]
    fn no_cell_is_begun_at_the_limit() {
        assert_eq!(refusal(used(800)), None);
        let text = refusal(used(801)).expect("refused");
        assert!(text.contains("801 of the 1000") && text.contains("max_map_count=2000"), "{text}");
        assert!(refusal(used(1001)).is_some());
    }

    #[test]
    fn the_system_says_how_much_there_is() {
        let maps = Maps::of(std::process::id()).expect("maps");
        assert!(maps.used > 10 && maps.left() > 1000, "{maps:?}");
        assert!(disk(Path::new("/")).is_some_and(|bytes| bytes > 0));
        assert_eq!(disk(Path::new("/nowhere/at/all")), None);
        assert!(memory().is_some_and(|(left, all)| 0 < left && left < all));
    }

    #[test]
    fn what_is_low_is_told_of_once_until_it_is_not() {
        let mut told = false;
        let mut says = |holds| once(holds, &mut told, "low".into()).is_some();
        assert_eq!(
            [says(false), says(true), says(true), says(false), says(true)],
            [false, true, false, false, true]
        );
    }
}
