//! The kernel over Jupyter's protocol: runs the Python tests of `tests/kernel/`
//! against the built binary, one file after the other, so that what they time is
//! not disturbed.
//!
//! `sevenlines setup` runs first, so these tests may be the first thing that is
//! ever run in a clone. `SEVENLINES_PYTHON` names another Python with
//! `jupyter_client` in it than that of the virtual environment.

use sevenlines::Vgg16;
use sevenlines::candle_core::{DType, Device, Tensor};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_sevenlines");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

fn environment() -> PathBuf {
    std::env::var_os("SEVENLINES_VENV").map_or_else(|| repository().join(".venv"), PathBuf::from)
}

fn python() -> PathBuf {
    let named = std::env::var_os("SEVENLINES_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| environment().join("bin/python"));
    assert!(python.is_file(), "there is no Python at {}", python.display());
    python
}

/// Waits for its turn, and sets up what is missing before the first one.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static SETUP: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    SETUP.call_once(|| {
        let arguments = ["setup", "--stock", "--tests"];
        let status = Command::new(BINARY).args(arguments).status().expect("the binary starts");
        assert!(status.success(), "`sevenlines {}` failed", arguments.join(" "));
    });
    turn
}

/// Starts one of the Python files as `arguments` say, and waits for its end.
fn start(arguments: &[&str], out: Stdio) -> Output {
    let child = Command::new(python())
        .args(arguments)
        .current_dir(repository().join("tests/kernel"))
        .env("SEVENLINES_BINARY", BINARY)
        .env("SEVENLINES_TEST_FOLDER", env!("CARGO_TARGET_TMPDIR"))
        .stdout(out)
        .spawn()
        .expect("Python starts");
    child.wait_with_output().expect("Python ends")
}

/// Runs a file's tests; their output is this test's.
fn run(file: &str) {
    let _turn = turn();
    let status = start(&["-m", "unittest", "-v", file], Stdio::inherit()).status;
    assert!(status.success(), "tests/kernel/{file}.py failed");
}

#[test]
fn cells() {
    run("test_cells");
}

#[test]
fn stopping() {
    run("test_stop");
}

#[test]
fn stopping_fifty_times() {
    run("test_fifty");
}

#[test]
fn errors() {
    run("test_errors");
}

#[test]
fn crashes() {
    run("test_crash");
}

#[test]
fn protocol() {
    run("test_protocol");
}

#[test]
fn conformance() {
    run("test_conformance");
}

#[test]
fn clients() {
    run("test_clients");
}

#[test]
fn flood() {
    run("test_flood");
}

#[test]
fn latency() {
    run("test_latency");
}

#[test]
fn inference() {
    run("test_inference");
}

#[test]
fn building() {
    run("test_build");
}

#[test]
fn lesson() {
    run("test_lesson");
}

#[test]
fn asking() {
    run("test_asking");
}

#[test]
fn showing() {
    run("test_show");
}

#[test]
fn trying_batch_sizes() {
    run("test_batch_sizes");
}

#[test]
fn bad_input() {
    run("test_input");
}

#[test]
fn stock_kernel() {
    run("test_stock");
}

#[test]
fn help_and_commands() {
    run("test_help");
}

#[test]
fn asking_the_user() {
    run("test_stdin");
}

#[test]
fn life_and_death() {
    run("test_life");
}

/// Tests that `tests/reliability/run.py` runs longer.
mod reliability {
    use super::run;

    #[test]
    fn a_thousand_cells() {
        run("test_thousand");
    }

    #[test]
    fn large_outputs() {
        run("test_output");
    }

    #[test]
    fn attack() {
        run("test_attack");
    }

    #[test]
    fn forging() {
        run("test_forging");
    }

    #[test]
    fn private() {
        run("test_private");
    }
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

/// A cell must be compiled as well as a program: the goal is 10 %, and as much again
/// is left for what else the machine does meanwhile.
#[test]
fn a_cell_computes_as_fast_as_a_program() {
    let _turn = turn();
    let before = body_speed();
    let said = start(&["speed.py"], Stdio::piped());
    assert!(said.status.success(), "tests/kernel/speed.py failed");
    let cell: f64 = String::from_utf8_lossy(&said.stdout).trim().parse().expect("speed.py prints a number");
    let program = before.max(body_speed());
    let ratio = cell / program;
    println!("images/s of the body: {cell:.2} in a cell, {program:.2} in a program, ratio {ratio:.3}");
    assert!((0.8..1.25).contains(&ratio), "{cell:.2} images/s in a cell, {program:.2} in a program");
}

/// Peak memory of the cells' process must not grow with the batch size.
#[test]
fn memory_is_bounded() {
    let _turn = turn();
    assert!(start(&["memory.py"], Stdio::inherit()).status.success(), "tests/kernel/memory.py failed");
}
