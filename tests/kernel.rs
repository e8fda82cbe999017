//! The kernel over Jupyter's protocol: runs the Python tests of `tests/kernel/`
//! against the built binary. Those that time something run one after the other, so
//! that it is not disturbed.
//!
//! `sevenlines setup` runs first, so these tests may be the first thing that is
//! ever run in a clone. `SEVENLINES_PYTHON` names another Python with
//! `jupyter_client` in it than that of the virtual environment.

#[path = "support/python.rs"]
mod python;

use sevenlines::Vgg16;
use sevenlines::candle_core::{DType, Device, Tensor};
use std::io::{Read, Seek, Write};
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

const FOLDER: &str = "tests/kernel";

static TURN: RwLock<()> = RwLock::new(());

/// The stock kernel too, before the first test.
fn set_up() {
    python::set_up_with(&["--stock"]);
}

/// Waits until no other test runs.
fn turn_alone() -> RwLockWriteGuard<'static, ()> {
    let turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
    set_up();
    turn
}

/// Waits until no test runs that must run alone.
fn turn_beside() -> RwLockReadGuard<'static, ()> {
    let turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
    set_up();
    turn
}

/// One of the Python files, as `arguments` say.
fn python_file(arguments: &[&str]) -> Command {
    let mut command = python::python(FOLDER);
    command.args(arguments);
    command
}

fn unittest(file: &str) -> [&str; 4] {
    ["-m", "unittest", "-v", file]
}

/// Runs a file's tests while no others run: they time something, or change what all
/// kernels share.
fn run_alone(file: &str) {
    let _turn = turn_alone();
    python::run(FOLDER, file, &[]);
}

/// Runs a file's tests, perhaps beside another file's; what they print comes in one
/// piece.
fn run_beside(arguments: &[&str]) {
    let _turn = turn_beside();
    // A file: a pipe would stay open as long as anything lives that a test started.
    let mut text = tempfile::tempfile().expect("a file");
    let writer = || Stdio::from(text.try_clone().expect("the file twice"));
    let status = python_file(arguments).stdout(writer()).stderr(writer()).status().expect("Python starts");
    let mut said = Vec::new();
    text.rewind().and_then(|()| text.read_to_end(&mut said)).expect("what the tests print");
    std::io::stdout().write_all(&said).expect("standard output");
    assert!(status.success(), "{FOLDER}: {arguments:?} failed");
}

/// Pictures a second through the body in this process: the best of five rounds.
fn body_speed() -> f64 {
    let vgg = Vgg16::new().expect("weights are set up");
    let images = Tensor::zeros((8, 3, 224, 224), DType::F32, &Device::Cpu).expect("a tensor");
    let best = (0..5)
        .map(|_| {
            let start = Instant::now();
            vgg.pool5(&images).expect("the body runs");
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    8.0 / best
}

/// The same in a cell.
fn speed_in_a_cell() -> f64 {
    let said = python_file(&["speed.py"]).stderr(Stdio::inherit()).output().expect("Python runs");
    assert!(said.status.success(), "tests/kernel/speed.py failed");
    String::from_utf8_lossy(&said.stdout).trim().parse().expect("speed.py prints a number")
}

/// How much of the cores is left for one who wants them all: less than 1 where the machine
/// has more to do than it has cores.
fn share_of_the_machine() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = told.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0);
    (cores / f64::max(cores, load)).max(0.25)
}

/// Tests that time something, or change what all kernels share.
mod alone {
    use super::{body_speed, run_alone, share_of_the_machine, speed_in_a_cell, turn_alone};

    #[test]
    fn stopping() {
        run_alone("test_stop");
    }

    #[test]
    fn flood() {
        run_alone("test_flood");
    }

    #[test]
    fn latency() {
        run_alone("test_latency");
    }

    #[test]
    fn building() {
        run_alone("test_build");
    }

    /// A cell must be compiled as well as a program: the goal is 10 %, and as much again
    /// is left for what else the machine does meanwhile.
    #[test]
    fn a_cell_computes_as_fast_as_a_program() {
        let _turn = turn_alone();
        let (mut cell, mut program) = (0f64, body_speed());
        // The best of several turns, where one alone says otherwise: the machine may have
        // done something else meanwhile.
        for turn in 1..=4 {
            cell = cell.max(speed_in_a_cell());
            program = program.max(body_speed());
            let ratio = cell / program;
            println!(
                "images/s of the body: {cell:.2} in a cell, {program:.2} in a program, ratio {ratio:.3}"
            );
            let share = share_of_the_machine();
            if (0.8 * share..1.25 / share).contains(&ratio) {
                return;
            }
            assert!(turn < 4, "{cell:.2} images/s in a cell, {program:.2} in a program");
        }
    }

    /// `tests/reliability/run.py` runs these longer.
    mod reliability {
        use super::run_alone;

        #[test]
        fn a_thousand_cells() {
            run_alone("test_thousand");
        }

        #[test]
        fn stops_at_random_moments() {
            run_alone("test_stops");
        }

        #[test]
        fn attack() {
            run_alone("test_attack");
        }

        #[test]
        fn private() {
            run_alone("test_private");
        }
    }
}

/// Tests that run two at a time.
mod beside {
    use super::{run_beside, unittest};

    #[test]
    fn cells() {
        run_beside(&unittest("test_cells"));
    }

    #[test]
    fn errors() {
        run_beside(&unittest("test_errors"));
    }

    #[test]
    fn crashes() {
        run_beside(&unittest("test_crash"));
    }

    #[test]
    fn protocol() {
        run_beside(&unittest("test_protocol"));
    }

    #[test]
    fn conformance() {
        run_beside(&unittest("test_conformance"));
    }

    #[test]
    fn clients() {
        run_beside(&unittest("test_clients"));
    }

    #[test]
    fn inference() {
        run_beside(&unittest("test_inference"));
    }

    #[test]
    fn lesson() {
        run_beside(&unittest("test_lesson"));
    }

    #[test]
    fn asking() {
        run_beside(&unittest("test_asking"));
    }

    #[test]
    fn showing() {
        run_beside(&unittest("test_show"));
    }

    #[test]
    fn trying_batch_sizes() {
        run_beside(&unittest("test_batch_sizes"));
    }

    #[test]
    fn bad_input() {
        run_beside(&unittest("test_input"));
    }

    #[test]
    fn stock_kernel() {
        run_beside(&unittest("test_stock"));
    }

    #[test]
    fn help_and_commands() {
        run_beside(&unittest("test_help"));
    }

    #[test]
    fn asking_the_user() {
        run_beside(&unittest("test_stdin"));
    }

    #[test]
    fn life_and_death() {
        run_beside(&unittest("test_life"));
    }

    /// Peak memory of the cells' process must not grow with the batch size.
    #[test]
    fn memory_is_bounded() {
        run_beside(&["memory.py"]);
    }

    /// `tests/reliability/run.py` runs these longer.
    mod reliability {
        use super::{run_beside, unittest};

        #[test]
        fn large_outputs() {
            run_beside(&unittest("test_output"));
        }

        #[test]
        fn forging() {
            run_beside(&unittest("test_forging"));
        }
    }
}
