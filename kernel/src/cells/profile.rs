//! The one profile in which the workspace and the cells are compiled.
//!
//! Cargo takes an artifact as fresh only if profile, target, features, flags and
//! the profile's folder agree. The workspace's `[profile.release]` is written in
//! its Cargo.toml; a cell's manifest is evcxr's and has only `[profile.dev]`, so
//! the shim builds cells with `--release` and these variables.

/// The settings, as the variables by which cargo overrides a manifest. Equal to
/// the workspace's `[profile.release]` (a test compares them).
pub const SETTINGS: [(&str, &str); 10] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
    ("CARGO_PROFILE_RELEASE_RPATH", "true"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_PANIC", "unwind"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
];

/// Takes precedence over the `RUSTFLAGS` that evcxr sets; empty as in the
/// workspace, since cargo compiles everything anew when flags differ.
pub const FLAGS: (&str, &str) = ("CARGO_ENCODED_RUSTFLAGS", "");

/// Makes `command` build in this profile, and through the compiler wrapper.
pub fn apply(command: &mut std::process::Command, wrapper: &std::path::Path) {
    command
        .envs(SETTINGS)
        .env(FLAGS.0, FLAGS.1)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_INCREMENTAL")
        .env("RUSTC_WRAPPER", wrapper)
        .env(super::wrapper::ROLE, "1");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[profile.release]` of the workspace's Cargo.toml, as variables.
    fn workspace() -> Vec<(String, String)> {
        let manifest = std::fs::read_to_string(crate::cells::repository().join("Cargo.toml")).unwrap();
        let section = manifest.split("[profile.release]").nth(1).expect("a release profile");
        let lines = section.lines().skip(1).take_while(|line| !line.starts_with('['));
        let pairs = lines.filter_map(|line| line.split_once('='));
        pairs
            .map(|(name, value)| {
                let name = name.trim().to_uppercase().replace('-', "_");
                (format!("CARGO_PROFILE_RELEASE_{name}"), value.trim().trim_matches('"').to_owned())
            })
            .collect()
    }

    #[test]
    fn is_the_workspace_profile() {
        let mut here: Vec<_> = SETTINGS.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let mut there = workspace();
        here.sort();
        there.sort();
        assert_eq!(here, there);
    }
}
