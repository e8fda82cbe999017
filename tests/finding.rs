//! Which weights and which pictures are taken, by environment and folders. Each
//! question is asked in a process of its own, whose environment the test sets.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs `child` with this environment alone, in `folder`, and returns what it
/// printed of use.
fn ask(folder: &Path, environment: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env_clear().current_dir(folder);
    command.env("HOME", folder.join("user"));
    for (name, value) in environment {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    // None of the files is real, so the error names the one that was taken.
    println!("weights: {}", sevenlines::weights::Weights::find().unwrap_err());
    match sevenlines::data::dogs_vs_cats() {
        Ok(path) => println!("pictures: {}", path.display()),
        Err(error) => println!("pictures: {error}"),
    }
}

fn junk(file: PathBuf) -> PathBuf {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "no weights").unwrap();
    file
}

#[test]
fn the_best_weights_of_this_machine_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("user/.cache");
    let takes = |environment: &[(&str, &Path)], file: &Path| {
        let text = ask(folder.path(), environment);
        assert!(text.contains(&format!("weights: {} is damaged", file.display())), "{text}");
    };
    let text = ask(folder.path(), &[]);
    let installed = cache.join("sevenlines/weights");
    assert!(text.contains(&format!("no VGG16 weights found in {}", installed.display())), "{text}");

    takes(&[], &junk(installed.join("vgg16-conv.safetensors")));
    let snapshots = "models--timm--vgg16.tv_in1k/snapshots";
    takes(&[], &junk(cache.join("huggingface/hub").join(snapshots).join("1f/model.safetensors")));
    let main = cache.join("huggingface/hub/models--timm--vgg16.tv_in1k/refs/main");
    std::fs::create_dir_all(main.parent().unwrap()).unwrap();
    std::fs::write(main, "2e\n").unwrap();
    takes(&[], &junk(cache.join("huggingface/hub").join(snapshots).join("2e/model.safetensors")));
    let home = folder.path().join("hf");
    takes(&[("HF_HOME", &home)], &junk(home.join("hub").join(snapshots).join("3d/model.safetensors")));
    takes(&[("HF_HUB_CACHE", &home)], &junk(home.join(snapshots).join("4c/model.safetensors")));
    takes(&[], &junk(installed.join("vgg16.safetensors")));
    let named = junk(folder.path().join("mine.pth"));
    takes(&[("SEVENLINES_WEIGHTS", &named)], &named);

    let gone = folder.path().join("gone.pth");
    let text = ask(folder.path(), &[("SEVENLINES_WEIGHTS", &gone)]);
    assert!(text.contains("gone.pth does not exist; SEVENLINES_WEIGHTS must name a weights file"), "{text}");
}

fn divided(folder: PathBuf) -> PathBuf {
    std::fs::create_dir_all(folder.join("train")).unwrap();
    std::fs::create_dir_all(folder.join("valid")).unwrap();
    folder
}

#[test]
fn the_pictures_are_chosen_in_order_and_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("user/.cache/sevenlines/data");
    let takes = |environment: &[(&str, &Path)], kind: &str, path: &Path| {
        let text = ask(folder.path(), environment);
        let user = folder.path().join("user");
        let shown = path.strip_prefix(user).map_or(path.to_owned(), |inside| Path::new("~").join(inside));
        assert!(text.contains(&format!("{kind}: {}\n", shown.display())), "{text}");
        assert!(text.contains(&format!("pictures: {}\n", path.display())), "{text}");
    };
    let drawn = divided(data.join("drawn"));
    takes(&[], "Drawn cats and dogs, not photographs (`sevenlines data dogs-vs-cats` fetches those)", &drawn);
    takes(&[], "Photographs of cats and dogs", &divided(data.join("dogs-vs-cats")));
    divided(folder.path().join("data/dogscats"));
    takes(&[], "Pictures beside the notebook", Path::new("data/dogscats"));
    let named = divided(folder.path().join("named"));
    takes(&[("SEVENLINES_DATA", &named)], "Pictures of SEVENLINES_DATA", &named);
    let text = ask(folder.path(), &[("SEVENLINES_DATA", &data)]);
    assert!(text.contains("SEVENLINES_DATA must name a folder with train and valid"), "{text}");
}
