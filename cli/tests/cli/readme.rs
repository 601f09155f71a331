//! The session of the README is what the program prints.

use crate::program::run;

const README: &str = include_str!("../../../README.md");

#[test]
fn session() {
    let (_, block) = README.split_once("```console\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (command, shown) = block.split_once('\n').unwrap();
    let arguments: Vec<&str> = command.strip_prefix("$ hubspot-signature ").unwrap().split(' ').collect();
    // The tests run in `cli/`, a reader in the repository.
    let arguments: Vec<String> = arguments
        .iter()
        .map(|argument| argument.replace("examples/", concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/")))
        .collect();
    let printed = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"").stdout;

    let mut rest = printed.as_str();
    for passage in shown.split("[…]").map(str::trim) {
        let at = rest.find(passage).unwrap_or_else(|| panic!("{passage:?} is not in {printed}"));
        rest = &rest[at + passage.len()..];
    }
    assert!(block.lines().count() <= 6, "{block}");
}
