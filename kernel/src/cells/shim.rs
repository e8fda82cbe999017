//! The `cargo` and `rustup` that evcxr and rust-analyzer find: this binary under
//! another name.
//!
//! evcxr asks `rustup which cargo` once and builds every cell with the answer.
//! Where a [`recipe`] holds, that goes to the compiler directly. Else the real
//! cargo is asked, with `--release` and the workspace's profile, because cargo
//! keeps artifacts of different profiles in different folders and never takes
//! one for the other: only so is candle compiled once for the binary and the
//! cells. A `check` becomes a `build` for the same reason: cargo would check
//! every dependency from source first, a minute's work. What `metadata` answers
//! is narrowed to the [`view`].

use super::{
    answers, home, profile, progress::Progress, recipe::Recipe, registry, seed, stamp::Stamp, view, wrapper,
};
use serde_json::json;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The names under which the role is taken.
pub const NAMES: [&str; 2] = ["cargo", "rustup"];
/// Names the folder of the shims: a program found on PATH does not know its own.
pub const BIN: &str = "SEVENLINES_SHIMS";
/// Names the prepared build folder, from which a kernel's own is filled up.
pub const PREPARED: &str = "SEVENLINES_PREPARED";
/// Names the real cargo to the shims.
pub const CARGO: &str = "SEVENLINES_REAL_CARGO";
/// Names the real rustc to the shims.
pub const RUSTC: &str = "SEVENLINES_REAL_RUSTC";
/// Names the real rustup to the shims, if there is one.
pub const RUSTUP: &str = "SEVENLINES_REAL_RUSTUP";

/// Whether this process was started as a shim.
pub fn wanted() -> bool {
    std::env::var_os(CARGO).is_some() && name().is_some_and(|name| NAMES.contains(&name.as_str()))
}

fn name() -> Option<String> {
    let program = std::env::args_os().next()?;
    Some(Path::new(&program).file_name()?.to_str()?.to_owned())
}

/// Plays the role.
pub fn run() -> ! {
    // A kernel that is killed takes the compiler with it.
    // SAFETY: a request about this process alone, which has no memory effects.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if name().as_deref() == Some("rustup") {
        rustup(&args)
    }
    if in_work_folder() {
        restore_lock();
    }
    let verb = args.iter().find(|arg| !arg.to_string_lossy().starts_with('-'));
    match verb.and_then(|verb| verb.to_str()) {
        Some("build" | "check") => build(&args),
        Some("metadata") if in_work_folder() => metadata(&args),
        _ => become_program(cargo().args(&args)),
    }
}

/// Puts the prepared lock back if the library is asked for and the lock knows nothing
/// of it: cargo throws out what a manifest does not need, and evcxr begins without
/// the library. Else it would look for newer versions, and compile them.
fn restore_lock() {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let wanted = read("Cargo.toml").lines().any(|line| line.trim_start().starts_with("sevenlines ="));
    if wanted
        && !read("Cargo.lock").contains("name = \"sevenlines\"")
        && let Some(prepared) = std::env::var_os(PREPARED)
    {
        // Without it cargo makes one of its own, which is slower and no worse.
        let _ = std::fs::copy(Path::new(&prepared).with_file_name("Cargo.lock"), "Cargo.lock");
    }
}

/// Whether it is about a cell; rust-analyzer asks about the standard library too.
fn in_work_folder() -> bool {
    let canonical = |path: PathBuf| path.canonicalize().ok();
    let work = std::env::var_os("EVCXR_TMPDIR").and_then(|dir| canonical(dir.into()));
    work.is_some() && work == canonical(PathBuf::from("."))
}

/// Answers `which`, so that evcxr builds with the shim; hands on all else.
fn rustup(args: &[OsString]) -> ! {
    if let [which, tool] = args
        && which == "which"
    {
        let bin = std::env::var_os(BIN).map(PathBuf::from);
        let path = match tool.to_str() {
            Some("cargo") => bin.map(|bin| bin.join("cargo").into_os_string()),
            Some("rustc") => std::env::var_os(RUSTC),
            _ => None,
        };
        if let Some(path) = path {
            println!("{}", path.to_string_lossy());
            std::process::exit(0);
        }
    }
    // rust-analyzer would install what it misses. Nothing is downloaded unasked.
    let installs = args.first().is_some_and(|verb| verb == "component");
    match std::env::var_os(RUSTUP).filter(|_| !installs) {
        Some(real) => {
            let mut command = Command::new(real);
            home::restore(&mut command);
            become_program(command.args(args))
        }
        None => std::process::exit(1),
    }
}

/// The real cargo.
fn cargo() -> Command {
    let mut command = cargo_of_the_user();
    registry::share_if_chosen(&mut command);
    command
}

fn cargo_of_the_user() -> Command {
    let mut command = Command::new(std::env::var_os(CARGO).unwrap_or_else(|| "cargo".into()));
    home::restore(&mut command);
    command
}

fn build(args: &[OsString]) -> ! {
    if super::work::interrupted(Path::new(".")) {
        // Stop was pressed while evcxr was still inferring types.
        std::process::exit(130);
    }
    if super::work::renewed(Path::new(".")) {
        renewed()
    }
    if let Some(recipe) = Recipe::find(Path::new(".")) {
        let (command, arguments) = recipe.command();
        wrapper::compile(command, &arguments)
    }
    if let Some(prepared) = std::env::var_os(PREPARED)
        && let Err(error) = seed::whole(Path::new(&prepared), Path::new("target"))
    {
        // Cargo compiles what it misses.
        eprintln!("{error}");
    }
    let mut command = cargo();
    for arg in args {
        match arg == OsStr::new("build") || arg == OsStr::new("check") {
            true => command.args(["build", "--release"]),
            false => command.arg(arg),
        };
    }
    if let Ok(exe) = std::env::current_exe() {
        profile::apply(&mut command, &exe);
    }
    // The stock kernel would not know what to do about it.
    let library = wrapper::rewrites().then(|| library(args)).flatten().map(Stamp::of);
    let begun = Recipe::begin();
    let code = run_cargo(command.stderr(Stdio::piped()));
    Recipe::complete(begun);
    if code == 0 && library.is_some_and(|library| !library.is_current()) {
        super::work::set_renewed(Path::new("."), true);
        renewed()
    }
    std::process::exit(code)
}

/// The library that the cells' process has loaded, if it has.
fn library(args: &[OsString]) -> Option<PathBuf> {
    let target = args.iter().skip_while(|arg| *arg != "--target").nth(1)?;
    let name = format!("{}sevenlines{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Some(Path::new("target").join(target).join("release/deps").join(name)).filter(|file| file.is_file())
}

/// Has evcxr not load the cell; the kernel, which knows better, starts a new
/// process and does not show this.
fn renewed() -> ! {
    let text = "the library was compiled anew";
    let message = json!({ "message": text, "level": "error", "spans": [], "children": [], "code": null, "rendered": text });
    println!("{}", json!({ "reason": "compiler-message", "message": message }));
    std::process::exit(101)
}

/// Runs it, and tells the notebook what it compiles.
fn run_cargo(command: &mut Command) -> i32 {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return not_started(command, &error),
    };
    let mut progress = Progress::default();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n').map_while(std::io::Result::ok) {
            progress.line(&String::from_utf8_lossy(&line));
            let mut out = std::io::stderr().lock();
            // evcxr is gone if it does not read.
            let _ = out.write_all(&line).and_then(|()| out.write_all(b"\n"));
        }
    }
    let code = child.wait().ok().and_then(|status| status.code()).unwrap_or(101);
    progress.end(code == 0);
    code
}

fn metadata(args: &[OsString]) -> ! {
    if is_trial() {
        trial(args)
    }
    let without = args.iter().any(|arg| arg == "--no-deps");
    let kept = answers::find();
    let answer = match kept {
        Some(answer) if without => Some(view::without_dependencies(answer)),
        Some(answer) => Some(answer),
        None if without => become_program(cargo().args(args)),
        None => {
            let mut command = cargo();
            match command.args(args).stderr(Stdio::inherit()).output() {
                Ok(output) if output.status.success() => answers::keep(&output.stdout),
                Ok(output) => std::process::exit(output.status.code().unwrap_or(101)),
                Err(error) => std::process::exit(not_started(&command, &error)),
            }
        }
    };
    match answer {
        Some(answer) => println!("{answer}"),
        None => become_program(cargo().args(args)),
    }
    std::process::exit(0)
}

/// Whether evcxr asks about the one dependency that a `:dep` names, in a manifest
/// that it puts in the place of the cell's for that.
fn is_trial() -> bool {
    std::fs::read_to_string("Cargo.toml").is_ok_and(|text| text.contains(answers::TRIAL))
}

/// Asks cargo in a folder of its own: in the cell's, it would throw all that the
/// library needs out of the lock, and look for newer versions afterwards.
fn trial(args: &[OsString]) -> ! {
    if answers::find().is_some() {
        println!("{{}}");
        std::process::exit(0)
    }
    let folder = Path::new("trial");
    let copied = std::fs::create_dir_all(folder).and_then(|()| {
        for file in ["Cargo.toml", "Cargo.lock"] {
            std::fs::copy(file, folder.join(file))?;
        }
        std::fs::write(folder.join("lib.rs"), "")
    });
    if let Err(error) = copied {
        eprintln!("could not try the dependency: {error}");
        std::process::exit(101)
    }
    let manifest = ["--manifest-path", "trial/Cargo.toml"];
    let Some(shared) = registry::shared() else { become_program(cargo().args(args).args(manifest)) };
    let mut command = cargo_of_the_user();
    registry::share(&mut command, &shared);
    if let Ok(output) = command.args(args).args(manifest).output()
        && output.status.success()
    {
        super::work::set_shares_crates(Path::new("."), true);
        hand_on(&output)
    }
    let mut command = cargo_of_the_user();
    match command.args(args).args(manifest).output() {
        Ok(output) => {
            if output.status.success() {
                super::work::set_shares_crates(Path::new("."), false);
            }
            hand_on(&output)
        }
        Err(error) => std::process::exit(not_started(&command, &error)),
    }
}

/// Says what a program has said, and ends as it did.
fn hand_on(output: &std::process::Output) -> ! {
    let _ = std::io::stdout().write_all(&output.stdout);
    let _ = std::io::stderr().write_all(&output.stderr);
    std::process::exit(output.status.code().unwrap_or(101))
}

/// Replaces this process.
pub fn become_program(command: &mut Command) -> ! {
    let error = command.exec();
    std::process::exit(not_started(command, &error))
}

fn not_started(command: &Command, error: &std::io::Error) -> i32 {
    eprintln!("could not start {}: {error}", command.get_program().to_string_lossy());
    127
}
