//! What rust-analyzer is told of a cell's dependencies.
//!
//! It asks `cargo metadata` and then reads every package named there: 159 of them,
//! 74 MB, for the library alone, ten seconds at each start. To infer the type of a
//! cell's variables a few are enough. This answers with those few, in which the
//! others are missing as if they were not installed; rustc, which compiles the
//! cell, knows nothing of it. Where a type lies in a hidden package, the kernel
//! asks rustc for it ([`crate::kernel`]'s `infer`).

use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// What the library shows of itself: the packages whose types a cell handles.
const SHOWN: [&str; 5] = ["sevenlines", "candle-core", "candle-nn", "image", "plotters"];
/// Kinds of targets that others can name.
const LIBRARIES: [&str; 4] = ["lib", "rlib", "dylib", "cdylib"];

/// Narrows the answer of `cargo metadata`: the library's packages of [`SHOWN`], and
/// all that the cell's other dependencies need.
pub fn narrow(mut metadata: Value) -> Value {
    let kept = kept(&metadata);
    let keeps = |id: &Value| id.as_str().is_some_and(|id| kept.contains(id));
    if let Some(packages) = metadata["packages"].as_array_mut() {
        packages.retain(|package| keeps(&package["id"]));
        for package in packages {
            if let Some(targets) = package["targets"].as_array_mut() {
                targets.retain(is_library);
            }
        }
    }
    if let Some(nodes) = metadata["resolve"]["nodes"].as_array_mut() {
        nodes.retain(|node| keeps(&node["id"]));
        for node in nodes {
            if let Some(deps) = node["deps"].as_array_mut() {
                deps.retain(|dep| keeps(&dep["pkg"]));
            }
            if let Some(dependencies) = node["dependencies"].as_array_mut() {
                dependencies.retain(&keeps);
            }
        }
    }
    metadata
}

/// The answer to `cargo metadata --no-deps`: the cell's own package.
pub fn without_dependencies(mut metadata: Value) -> Value {
    let members = metadata["workspace_members"].clone();
    let is_member = |package: &Value| members.as_array().is_some_and(|all| all.contains(&package["id"]));
    if let Some(packages) = metadata["packages"].as_array_mut() {
        packages.retain(is_member);
    }
    metadata["resolve"] = Value::Null;
    metadata
}

/// The answer for a cell without any dependency, as far as rust-analyzer reads it.
pub fn bare(metadata: &Value) -> Value {
    let mut bare = without_dependencies(metadata.clone());
    let members: Vec<Value> = bare["workspace_members"].as_array().cloned().unwrap_or_default();
    let nodes = members.iter().map(|id| json!({ "id": id, "deps": [], "dependencies": [], "features": [] }));
    bare["resolve"] = json!({ "nodes": nodes.collect::<Vec<_>>(), "root": members.first() });
    if let Some(packages) = bare["packages"].as_array_mut() {
        for package in packages {
            package["dependencies"] = json!([]);
        }
    }
    bare
}

fn is_library(target: &Value) -> bool {
    target["kind"].as_array().is_some_and(|kinds| {
        kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| LIBRARIES.contains(&kind)))
    })
}

fn kept(metadata: &Value) -> HashSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let names: HashMap<String, String> =
        packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let libraries: HashSet<String> = packages
        .iter()
        .filter(|package| list(&package["targets"]).iter().any(is_library))
        .map(|package| text(&package["id"]))
        .collect();
    let nodes: HashMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| (text(&node["id"]), list(&node["deps"]).iter().map(|dep| text(&dep["pkg"])).collect()))
        .collect();
    let shown = |id: &String| names.get(id).is_some_and(|name| SHOWN.contains(&name.as_str()));

    let mut next: Vec<String> = list(&metadata["workspace_members"]).iter().map(text).collect();
    let mut kept: HashSet<String> = HashSet::new();
    while let Some(id) = next.pop() {
        let below = nodes.get(&id).into_iter().flatten();
        // The library's own dependencies are hidden, others' are not.
        let below = below.filter(|dep| libraries.contains(*dep) && (!shown(&id) || shown(dep)));
        let below: Vec<String> = below.cloned().collect();
        if kept.insert(id) {
            next.extend(below);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packages by name, with what they depend on.
    fn metadata(packages: &[(&str, &[&str])]) -> Value {
        let kind = |name: &str| if name.ends_with("-macro") { "proc-macro" } else { "lib" };
        let package = |name: &str| {
            json!({ "id": name, "name": name, "targets": [
                { "kind": [kind(name)] }, { "kind": ["test"] }, { "kind": ["custom-build"] },
            ] })
        };
        let node = |name: &str, deps: &[&str]| {
            let pkgs: Vec<Value> = deps.iter().map(|dep| json!({ "pkg": dep })).collect();
            json!({ "id": name, "deps": pkgs, "dependencies": deps, "features": ["f"] })
        };
        json!({
            "packages": packages.iter().map(|(name, _)| package(name)).collect::<Vec<_>>(),
            "resolve": { "nodes": packages.iter().map(|(name, deps)| node(name, deps)).collect::<Vec<_>>() },
            "workspace_members": ["ctx"],
        })
    }

    fn names(metadata: &Value) -> Vec<&str> {
        metadata["packages"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn the_library_is_shown_without_what_is_below_it() {
        let all = metadata(&[
            ("ctx", &["sevenlines"]),
            ("sevenlines", &["candle-core", "rayon"]),
            ("candle-core", &["gemm", "rayon"]),
            ("gemm", &[]),
            ("rayon", &[]),
        ]);
        let narrow = narrow(all.clone());
        assert_eq!(names(&narrow), ["ctx", "sevenlines", "candle-core"]);
        let nodes = narrow["resolve"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 3);
        assert_eq!(nodes[1]["deps"], json!([{ "pkg": "candle-core" }]));
        assert_eq!(nodes[1]["dependencies"], json!(["candle-core"]));
        assert_eq!(nodes[1]["features"], json!(["f"]));
        assert_eq!(narrow["packages"][0]["targets"], json!([{ "kind": ["lib"] }]));
        assert_eq!(names(&without_dependencies(all.clone())), ["ctx"]);
        assert_eq!(names(&bare(&all)), ["ctx"]);
    }

    #[test]
    fn a_dependency_of_the_cell_is_shown_whole() {
        let all = metadata(&[
            ("ctx", &["sevenlines", "regex"]),
            ("sevenlines", &["rayon", "a-macro"]),
            ("regex", &["memchr", "a-macro"]),
            ("memchr", &[]),
            ("rayon", &[]),
            ("a-macro", &["syn"]),
            ("syn", &[]),
        ]);
        assert_eq!(names(&narrow(all)), ["ctx", "sevenlines", "regex", "memchr"]);
    }
}
