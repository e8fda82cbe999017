//! The kernelspec: the folder by which Jupyter knows the kernel.

use super::cost::Cost;
use super::shared;
use super::step::Step;
use crate::error::{Error, Result};
use crate::report::Progress;
use crate::{paths, programs, python};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const LOGO: [(&str, &[u8]); 3] = [
    ("logo-32x32.png", include_bytes!("../../logo/logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("../../logo/logo-64x64.png")),
    ("logo-svg.svg", include_bytes!("../../logo/logo-svg.svg")),
];

/// In which Jupyter the kernel is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The virtual environment that the setup makes.
    Environment,
    /// The user's own folder.
    User,
    /// The active conda environment, or the prefix of `python3`.
    SysPrefix,
}

impl Place {
    /// Jupyter's data folder there; the kernelspecs lie below it.
    pub fn data(self) -> Result<PathBuf> {
        match self {
            Place::Environment => Ok(paths::environment()?.join("share/jupyter")),
            Place::User => paths::jupyter_user_data(),
            Place::SysPrefix => Ok(sys_prefix()?.join("share/jupyter")),
        }
    }
}

fn sys_prefix() -> Result<PathBuf> {
    if let Some(conda) = paths::set("CONDA_PREFIX") {
        return Ok(conda);
    }
    let mut python = python::command(Path::new("python3"));
    programs::ask(python.args(["-I", "-c", "import sys; print(sys.prefix)"]))
        .filter(|prefix| !prefix.is_empty())
        .map(PathBuf::from)
        .ok_or_else(|| {
            Error::Invalid(
                "--sys-prefix needs an active conda environment or a `python3` on the search path; \
                 activate one, or use --user"
                    .into(),
            )
        })
}

/// The step that registers one kernel.
pub struct Kernelspec {
    name: &'static str,
    title: &'static str,
    command: &'static str,
    place: Place,
    /// Whether it names what is prepared here to all users.
    shared: bool,
}

impl Kernelspec {
    /// Our own kernel.
    pub fn own(place: Place) -> Kernelspec {
        Kernelspec { name: "sevenlines", title: "Rust (sevenlines)", command: "kernel", place, shared: false }
    }

    /// The same, naming what is prepared for all users.
    pub fn shared(self, shared: bool) -> Kernelspec {
        Kernelspec { shared, ..self }
    }

    /// evcxr_jupyter's kernel.
    pub fn stock(place: Place) -> Kernelspec {
        Kernelspec {
            name: "evcxr_jupyter",
            title: "Rust (evcxr_jupyter)",
            command: "stock-kernel",
            place,
            shared: false,
        }
    }

    /// The folder of the kernelspec.
    pub fn folder(&self) -> Result<PathBuf> {
        Ok(self.place.data()?.join("kernels").join(self.name))
    }

    fn json(&self, binary: &Path, variables: &BTreeMap<&str, String>) -> Value {
        let mut spec = json!({
            "argv": [binary, self.command, "--control_file", "{connection_file}"],
            "display_name": self.title,
            "language": "rust",
            "interrupt_mode": "message",
        });
        if !variables.is_empty() {
            spec["env"] = json!(variables);
        }
        spec
    }

    fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let variables = if self.shared { shared::variables()? } else { BTreeMap::new() };
        let text = format!("{:#}\n", self.json(&paths::binary()?, &variables));
        let mut files: Vec<_> = LOGO.iter().map(|(name, content)| (*name, content.to_vec())).collect();
        // Last, since Jupyter takes a folder with this file for a kernel.
        files.push(("kernel.json", text.into_bytes()));
        Ok(files)
    }
}

impl Step for Kernelspec {
    fn name(&self) -> &str {
        match self.command {
            "kernel" => "the kernel \"Rust (sevenlines)\"",
            _ => "the kernel \"Rust (evcxr_jupyter)\"",
        }
    }

    fn id(&self) -> String {
        format!("kernel-{}", self.name)
    }

    fn cost(&self) -> Cost {
        Cost::FILES
    }

    fn present(&self) -> Option<String> {
        let folder = self.folder().ok()?;
        let same = |(name, content): &(&str, Vec<u8>)| {
            std::fs::read(folder.join(name)).is_ok_and(|there| there == *content)
        };
        self.files().ok()?.iter().all(same).then(|| folder.display().to_string())
    }

    fn make(&self, _: Progress) -> Result<String> {
        let folder = self.folder()?;
        for (name, content) in self.files()? {
            paths::write(&folder.join(name), &content)?;
        }
        Ok(folder.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jupyter_finds_all_it_asks_of_a_kernelspec() {
        let none = BTreeMap::new();
        let spec = Kernelspec::own(Place::User).json(Path::new("/bin/sevenlines"), &none);
        assert_eq!(spec["argv"], json!(["/bin/sevenlines", "kernel", "--control_file", "{connection_file}"]));
        assert_eq!(spec["interrupt_mode"], "message");
        assert_eq!(spec["language"], "rust");
        assert!(spec.get("env").is_none());
        let stock = Kernelspec::stock(Place::User).json(Path::new("/bin/sevenlines"), &none);
        assert_eq!(stock["argv"][1], "stock-kernel");
        assert_ne!(spec["display_name"], stock["display_name"]);
    }

    #[test]
    fn the_logo_is_a_picture_of_its_size() {
        for (name, content) in &LOGO[..2] {
            assert_eq!(&content[..8], b"\x89PNG\r\n\x1a\n", "{name}");
            let width = u32::from_be_bytes([content[16], content[17], content[18], content[19]]);
            assert!(name.contains(&format!("{width}x{width}")), "{name} is {width} wide");
        }
        assert!(String::from_utf8_lossy(LOGO[2].1).contains("<svg"));
    }
}
