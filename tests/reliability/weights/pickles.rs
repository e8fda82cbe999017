//! `.pth` files are pickles, and a pickle is a program: none is run, and none fills the
//! memory. That they are programs is shown with Python, where it is.

use crate::support::counts::record;
use crate::support::tiny::TINY;
use sevenlines::weights::Weights;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a `.pth` from before PyTorch 1.6 begins with: the magic number, and two more
/// pickles.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";
/// Where a test in a process of its own finds its files.
const FOLDER: &str = "SEVENLINES_TEST_PICKLES";

/// As pickles at protocol 2 have it.
fn text(text: &str) -> Vec<u8> {
    [b"X", &u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
}

/// Pickles that run a command when they are loaded, each by other opcodes.
fn programs(command: &str) -> Vec<(&'static str, Vec<u8>)> {
    let text = text(command);
    let global = b"\x80\x02cos\nsystem\n".as_slice();
    let short = |text: &str| [&[0x8c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let call = [b"cos\nsystem\n", &text[..], b"\x85R"].concat();
    let layer = self::text("features.0.weight");
    vec![
        ("GLOBAL and REDUCE", [global, &text, b"\x85R."].concat()),
        ("as text", format!("cos\nsystem\n(S'{command}'\ntR.").into_bytes()),
        ("INST", format!("(S'{command}'\nios\nsystem\n.").into_bytes()),
        ("OBJ", [b"\x80\x02(cos\nsystem\n", &text[..], b"o."].concat()),
        (
            "STACK_GLOBAL",
            [b"\x80\x04", &short("os")[..], &short("system"), b"\x93", &text, b"\x85R."].concat(),
        ),
        ("in a state dict", [b"\x80\x02}", &layer[..], &call, b"s."].concat()),
        (
            "under state_dict",
            [b"\x80\x02}", &self::text("state_dict")[..], b"}", &layer, &call, b"ss."].concat(),
        ),
        ("before BUILD", [b"\x80\x02ctypes\nSimpleNamespace\n)R}", &layer[..], &call, b"sb."].concat()),
        ("as a storage's name", [b"\x80\x02}", &layer[..], &call, b"0", &layer, b"s."].concat()),
    ]
}

/// Pickles that ask for more than there is.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let mut doubling = b"\x80\x02]".to_vec();
    for id in 0..60u8 {
        doubling.extend([b'q', id, b'h', id, b'h', id, 0x86]);
    }
    let lists = [vec![b']'; 200_000], vec![b'a'; 199_999], vec![b'.']].concat();
    vec![
        ("doubling", [&doubling[..], b"."].concat()),
        ("nested tuples", [vec![b'N'], vec![0x85; 1_000_000], vec![b'.']].concat()),
        ("nested lists", lists),
        ("nested calls", [b"\x80\x02cos\nsystem\n".to_vec(), b")R".repeat(500_000), b".".to_vec()].concat()),
        ("BINUNICODE of 4 GB", b"\x80\x02X\xff\xff\xff\xff.".to_vec()),
        ("BINUNICODE8", b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.".to_vec()),
        ("BINBYTES8", b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.".to_vec()),
        ("BYTEARRAY8", b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f.".to_vec()),
        ("LONG4", b"\x80\x02\x8b\xff\xff\xff\x7f.".to_vec()),
        ("LONG1 of 255 bytes", [b"\x80\x02\x8a\xff".to_vec(), vec![1; 255], vec![b'.']].concat()),
        ("FRAME", b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.".to_vec()),
        ("marks alone", [vec![b'('; 3_000_000], vec![b'.']].concat()),
        ("no end", vec![b'N'; 5_000_000]),
        ("pops of nothing", b"\x80\x02tsRb.".to_vec()),
    ]
}

/// A zip file as PyTorch writes it, with this pickle; `packed` as it does not.
fn zipped(file: &Path, pickle: &[u8], packed: bool) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(file).unwrap());
    let method = if packed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    zip.start_file("archive/data.pkl", options).unwrap();
    zip.write_all(pickle).unwrap();
    zip.finish().unwrap();
}

/// The pickle in every wrapping in which a weights file may hold it.
fn wrapped(folder: &Path, number: usize, pickle: &[u8]) -> Vec<PathBuf> {
    let file = |kind: &str| folder.join(format!("{number}-{kind}.pth"));
    std::fs::write(file("legacy"), [LEGACY, pickle].concat()).unwrap();
    std::fs::write(file("bare"), pickle).unwrap();
    zipped(&file("zip"), pickle, false);
    zipped(&file("packed"), pickle, true);
    ["legacy", "bare", "zip", "packed"].map(file).to_vec()
}

/// Loads the pickle as a program of Python's would; whether there is a Python.
fn python(file: &Path) -> bool {
    let load = "import pickle, sys\ntry:\n  pickle.load(open(sys.argv[1], 'rb'))\nexcept Exception as e:\n  print(e)";
    Command::new("python3").args(["-c", load]).arg(file).output().is_ok_and(|output| output.status.success())
}

#[test]
fn no_pickle_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, pythons] = ["by-us", "by-python"].map(|name| folder.path().join(name));
    let command = |mark: &Path| format!("echo run > {}", mark.display());
    let (mut lost, mut count, mut live) = (Vec::new(), 0, 0);
    let programs = programs(&command(&ours)).into_iter().zip(self::programs(&command(&pythons)));
    for (number, ((what, program), (_, twin))) in programs.enumerate() {
        let file = folder.path().join("twin");
        std::fs::write(&file, twin).unwrap();
        if python(&file) {
            assert!(pythons.exists(), "{what}: Python runs nothing of it, so that it proves nothing");
            std::fs::remove_file(&pythons).unwrap();
            live += 1;
        }
        for file in wrapped(folder.path(), number, &program) {
            count += 1;
            let opened = Weights::open_as(&file, TINY);
            if ours.exists() {
                lost.push(format!("{what}: {} was run", file.display()));
                std::fs::remove_file(&ours).unwrap();
            }
            match opened {
                Err(error) if error.to_string().contains(&*file.to_string_lossy()) => (),
                other => lost.push(format!("{what}: {other:?}")),
            }
        }
    }
    let figures = match live {
        0 => "python3 is not there to show that they are programs".to_owned(),
        live => format!("{live} pickles in 4 wrappings; each ran its command in python3"),
    };
    record("weights: pickles that run a command", count, &lost, &figures);
}

#[test]
fn no_pickle_fills_the_memory_or_the_stack() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (number, (_, bomb)) in bombs().into_iter().enumerate() {
        files.extend(wrapped(folder.path(), number, &bomb));
    }
    let began = Instant::now();
    // 2 GB of addresses are what a process that opens weights needs anyway, and no more.
    let mut child = Command::new("sh");
    child.args([
        "-c",
        "ulimit -v 2000000; exec \"$0\" --exact --ignored --nocapture weights::pickles::opens_each",
    ]);
    let child = child.arg(std::env::current_exe().unwrap()).env(FOLDER, folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&child.stdout).into_owned();
    let mut lost: Vec<String> = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !told.contains(&format!("refused {name}")) {
            lost.push(format!(
                "{name} ({})",
                bombs()[name.split('-').next().unwrap().parse::<usize>().unwrap()].0
            ));
        }
    }
    if !child.status.success() {
        lost.push(format!("{}: {told}{}", child.status, String::from_utf8_lossy(&child.stderr)));
    }
    let slowest = told.lines().filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    let slowest = slowest.fold(0.0, f64::max);
    let figures =
        format!("slowest {slowest:.2} s, in 2 GB of addresses; all {:.1} s", began.elapsed().as_secs_f64());
    record("weights: pickles that ask for gigabytes or a deep stack", files.len(), &lost, &figures);
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn opens_each() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let began = Instant::now();
        let error = Weights::open_as(&file, TINY).expect_err("it is refused").to_string();
        assert!(error.contains(&*file.to_string_lossy()) && error.len() < 1000, "{error}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(10), "{} took {took:?}", file.display());
        println!("refused {} in {:.3}", file.file_name().unwrap().to_string_lossy(), took.as_secs_f64());
    }
}
