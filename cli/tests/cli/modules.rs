//! The program's modules do not use each other in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Each module, and those that it names in `crate::…`.
fn modules(folder: &Path, parent: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let name = if parent.is_empty() { stem.to_owned() } else { format!("{parent}::{stem}") };
        if path.is_dir() {
            modules(&path, &name, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "main" {
            let name = name.strip_suffix("::mod").map_or(name.clone(), str::to_owned);
            let text = fs::read_to_string(&path).unwrap();
            let grouped = text.lines().filter_map(|line| line.strip_prefix("use crate::{")?.strip_suffix("};"));
            let named = grouped.flat_map(|names| names.split(", ")).map(str::to_owned);
            let paths = text.split("crate::").skip(1).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_lowercase() && !"_:".contains(c)).unwrap_or(rest.len());
                rest[..end].trim_end_matches(':').to_owned()
            });
            // What is declared in a module is part of it.
            let children = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
            let children = children.map(|child| format!("{name}::{child}"));
            found.insert(name.clone(), paths.chain(named).chain(children).collect());
        }
    }
}

#[test]
fn modules_do_not_use_each_other_in_circles() {
    let mut uses = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut uses);
    let names: BTreeSet<_> = uses.keys().cloned().collect();
    assert!(
        names.len() > 15 && uses["send"].contains("check") && uses["capture"].contains("capture::har"),
        "{uses:#?}"
    );
    // Whatever uses nothing that is left goes; what stays is a circle.
    loop {
        let before = uses.len();
        let left: BTreeSet<_> = uses.keys().cloned().collect();
        uses.retain(|_, used| used.iter().any(|module| left.contains(module)));
        if uses.len() == before {
            break;
        }
    }
    assert!(uses.is_empty(), "{uses:#?}");
}
