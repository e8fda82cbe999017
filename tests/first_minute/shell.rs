//! Completions in a real bash, and manual pages as `man` shows them.

use crate::outcome::Outcome;
use crate::place::BINARY;
use std::path::Path;
use std::process::Command;

fn sevenlines(arguments: &[&str]) -> Outcome {
    Outcome::of(Command::new(BINARY).args(arguments))
}

/// What bash offers for a line's last word, once it has read our script.
fn bash_offers(script: &Path, words: &[&str]) -> Vec<String> {
    let (command, last) = (words[0], words[words.len() - 1]);
    let before = words[words.len() - 2];
    let line = format!(
        "source \"$0\"; COMP_WORDS=({}); COMP_CWORD={}; \
         $(complete -p {command} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {command} '{last}' '{before}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1
    );
    let mut bash = Command::new("bash");
    let outcome = Outcome::of(bash.args(["--norc", "--noprofile", "-c", &line]).arg(script)).ends(0);
    assert_eq!(outcome.err, "");
    outcome.out.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("sevenlines.bash");
    std::fs::write(&script, sevenlines(&["completions", "bash"]).ends(0).out).expect("it is written");
    assert_eq!(bash_offers(&script, &["sevenlines", "se"]), ["setup"]);
    assert_eq!(bash_offers(&script, &["sevenlines", "setup", "--off"]), ["--offline"]);
    assert_eq!(bash_offers(&script, &["sevenlines", "data", "dogs"]), ["dogs-vs-cats"]);
    assert!(bash_offers(&script, &["sevenlines", "doctor", "--"]).contains(&"--json".to_owned()));
}

#[test]
fn other_shells_have_a_script_with_every_command() {
    let help = sevenlines(&["--help"]).ends(0).out;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands.map_while(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 8, "{help}");
    for (shell, checker) in
        [("zsh", Some("zsh")), ("fish", Some("fish")), ("elvish", None), ("powershell", None)]
    {
        let script = sevenlines(&["completions", shell]).ends(0).out;
        for command in &commands {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
        // With the shell itself, where it is here.
        let Some(checker) = checker else { continue };
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &script).expect("it is written");
        match Command::new(checker).arg("-n").arg(file.path()).status() {
            Ok(status) => assert!(status.success(), "{shell} does not read its script"),
            Err(_) => println!("SKIPPED: {shell} itself is not here to read its script"),
        }
    }
    sevenlines(&["completions", "csh"]).ends(2);
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = folder.path().join("man1");
    let wrote = sevenlines(&["man", dir.to_str().expect("UTF-8")]).ends(0);
    let pages: Vec<_> = std::fs::read_dir(&dir).expect("pages").flatten().map(|page| page.path()).collect();
    assert!(wrote.out.contains(&format!("wrote {} pages", pages.len())), "{}", wrote.out);
    let help = sevenlines(&["--help"]).ends(0).out;
    for command in ["setup", "run", "lab", "doctor", "data", "features", "bench", "data-kaggle"] {
        assert!(dir.join(format!("sevenlines-{command}.1")).is_file(), "no page of {command}");
        assert!(help.contains(command.split('-').next().unwrap_or_default()), "{help}");
    }
    assert_eq!(
        std::fs::read_to_string(dir.join("sevenlines.1")).expect("a page"),
        sevenlines(&["man"]).ends(0).out.trim_end()
    );
    let can_show = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !can_show("man") || !can_show("groff") {
        return println!("SKIPPED each_command_has_a_manual_page, as `man` shows it: no man and groff here");
    }
    for page in &pages {
        let mut man = Command::new("man");
        let shown = Outcome::of(
            man.args(["--warnings", "-l"]).arg(page).env("MANPAGER", "cat").env("LC_ALL", "C.UTF-8"),
        );
        let shown = shown.ends(0);
        assert_eq!(shown.err, "", "{}", page.display());
        assert!(shown.out.contains("NAME") && shown.out.contains("SYNOPSIS"), "{}", shown.out);
    }
    let main =
        Outcome::of(Command::new("man").arg("-l").arg(dir.join("sevenlines.1")).env("MANPAGER", "cat"))
            .ends(0);
    for words in ["Exit codes", "130", "sevenlines-setup(1)"] {
        assert!(main.out.contains(words), "no {words} in {}", main.out);
    }
}
