//! docs/terminal.md: each command on it prints what stands there. `UPDATE_PAGE=1 cargo test` writes the page anew after a
//! change that is meant.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use hubspot_signature::Version;

use crate::program::*;
use crate::server::{Server, careful};

/// A command with its lines, and what it printed.
type Run = (String, String);

/// The commands of a block. One goes on after a line that ends in a backslash or a pipe.
fn runs(block: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        match (runs.last_mut(), line.strip_prefix("$ ")) {
            (Some((command, _)), None) if goes_on => *command += &format!("\n{line}"),
            (Some((_, printed)), None) => *printed += &format!("{line}\n"),
            (_, Some(command)) => runs.push((command.into(), String::new())),
            (None, None) => panic!("a block begins with a command: {line}"),
        }
        goes_on = (goes_on || line.starts_with("$ ")) && line.ends_with(['\\', '|']);
    }
    runs
}

/// Runs them in one shell, so that `echo $?` tells of the command before it.
fn run_again(runs: &[Run], folder: &Path, addresses: &[(&str, String)]) -> String {
    let mut script = String::new();
    for (command, _) in runs {
        writeln!(script, "(exit $status); {command}\nstatus=$?; printf '\\036'").unwrap();
    }
    addresses.iter().for_each(|(shown, real)| script = script.replace(shown, real));
    let program = Path::new(env!("CARGO_BIN_EXE_hubspot-signature")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1; status=0\n{script}")).current_dir(folder);
    shell.env("PATH", path).env("HUBSPOT_CLIENT_SECRET", SECRET);
    for variable in ["HUBSPOT_ENDPOINT", "HUBSPOT_PUBLIC_URL", "HUBSPOT_PREVIOUS_SECRET", "CLICOLOR_FORCE"] {
        shell.env_remove(variable);
    }
    let mut printed = String::from_utf8(shell.output().expect("sh runs").stdout).unwrap();
    addresses.iter().for_each(|(shown, real)| printed = printed.replace(real, shown));
    let mut printed = printed.split('\u{1e}');
    let mut block = String::new();
    for (command, _) in runs {
        write!(block, "$ {command}\n{}", printed.next().expect("the shell got there")).unwrap();
    }
    block
}

#[test]
fn the_page_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/terminal.md")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terminal");
    fs::create_dir_all(folder.join("examples/captures")).unwrap();
    for (name, capture) in [("workflow", WORKFLOW), ("workflow-tampered", TAMPERED), ("v3", V3)] {
        fs::write(folder.join(format!("examples/captures/{name}.http")), capture).unwrap();
    }
    let (v3, v2) = (Server::start(careful(Version::V3)), Server::start(careful(Version::V2)));
    let addresses = [("http://127.0.0.1:3000", v3.url("")), ("http://127.0.0.1:3002", v2.url(""))];

    let mut now = String::new();
    let mut parts = page.split("```console\n");
    now += parts.next().unwrap();
    let mut count = 0;
    for part in parts {
        let (block, after) = part.split_once("```\n").expect("a block ends");
        let runs = runs(block);
        count += runs.len();
        let block = run_again(&runs, &folder, &addresses);
        write!(now, "```console\n{block}```\n{after}").unwrap();
    }
    assert!(count > 10, "{count}");
    if std::env::var_os("UPDATE_PAGE").is_some() {
        fs::write(root.join("docs/terminal.md"), &now).unwrap();
        return;
    }
    for (line, (stands, printed)) in page.lines().zip(now.lines()).enumerate() {
        assert_eq!(stands, printed, "line {} of docs/terminal.md; UPDATE_PAGE=1 writes it anew", line + 1);
    }
    assert_eq!(page.len(), now.len());
}
