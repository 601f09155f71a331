//! docs/terminal.md and docs/testing.md: each command prints what stands there. `UPDATE_PAGE=1 cargo test` writes a page
//! anew after a change that is meant. Times and durations are those of the page, as no run repeats them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};

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

type Addresses = Vec<(&'static str, String)>;

/// A shell in which a script finds the program and the secret.
fn shell(script: &str, folder: &Path, addresses: &Addresses) -> Command {
    let mut script = script.to_owned();
    addresses.iter().for_each(|(shown, real)| script = script.replace(shown, real));
    let program = Path::new(env!("CARGO_BIN_EXE_hubspot-signature")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(folder).env("PATH", path).env("HUBSPOT_CLIENT_SECRET", SECRET);
    for variable in ["HUBSPOT_ENDPOINT", "HUBSPOT_PUBLIC_URL", "HUBSPOT_PREVIOUS_SECRET", "CLICOLOR_FORCE"] {
        shell.env_remove(variable);
    }
    shell
}

/// Runs them in one shell, so that `echo $?` tells of the command before it.
fn run_again(runs: &[Run], folder: &Path, addresses: &Addresses) -> String {
    let mut script = "exec 2>&1; status=0\n".to_owned();
    for (command, _) in runs {
        writeln!(script, "(exit $status); {command}\nstatus=$?; printf '\\036'").unwrap();
    }
    let output = shell(&script, folder, addresses).output().expect("sh runs");
    let printed = as_shown(String::from_utf8(output.stdout).unwrap(), addresses);
    let mut printed = printed.split('\u{1e}');
    let mut block = String::new();
    for (command, _) in runs {
        write!(block, "$ {command}\n{}", printed.next().expect("the shell got there")).unwrap();
    }
    block
}

fn as_shown(mut printed: String, addresses: &Addresses) -> String {
    addresses.iter().for_each(|(shown, real)| printed = printed.replace(real, shown));
    // A timestamp, the time and the name of a capture, a duration, one on a busy machine.
    for (shape, shown) in [
        ("\"1767323045678\"", "\"1767323045678\""),
        ("03:04:05.678Z", "03:04:05.678Z"),
        ("20260102T030405.678Z", "20260102T030405.678Z"),
        (" 12 ms", " 12 ms"),
        (" 1.2 s ", " 12 ms "),
    ] {
        printed = replace(&printed, shape, shown);
    }
    printed
}

/// Puts `shown` in the place of each text that is `shape` but for its digits.
fn replace(text: &str, shape: &str, shown: &str) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = without(rest, shape) {
            replaced += shown;
            rest = after;
        } else {
            replaced.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    replaced
}

/// The text after a beginning that is `shape` but for its digits. A duration has any number of them.
fn without<'a>(mut text: &'a str, mut shape: &str) -> Option<&'a str> {
    let is_duration = shape.starts_with(' ');
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    while let Some(wanted) = shape.chars().next() {
        if wanted.is_ascii_digit() {
            let (has, wants) = (digits(text), digits(shape));
            if has == 0 || !is_duration && has != wants {
                return None;
            }
            (text, shape) = (&text[has..], &shape[wants..]);
        } else {
            text = text.strip_prefix(wanted)?;
            shape = &shape[wanted.len_utf8()..];
        }
    }
    Some(text)
}

/// `listen` in a terminal of its own, while the commands of the other blocks run.
struct Listen {
    child: Child,
    block: String,
    output: std::path::PathBuf,
}

impl Listen {
    fn start(command: &str, folder: &Path, addresses: &mut Addresses) -> Self {
        let output = folder.join("listen.txt");
        let file = fs::File::create(&output).unwrap();
        let script = format!("exec {command} --bind 127.0.0.1:0");
        let mut shell = shell(&script, folder, addresses);
        let child = shell.stdout(file.try_clone().unwrap()).stderr(file).spawn().expect("sh runs");
        let until = Instant::now() + Duration::from_secs(20);
        let address = loop {
            let said = fs::read_to_string(&output).unwrap();
            if let Some((_, rest)) = said.split_once("listening on http://") {
                if let Some((address, _)) = rest.split_once(' ') {
                    break address.to_owned();
                }
            }
            assert!(Instant::now() < until, "{said}");
            thread::sleep(Duration::from_millis(10));
        };
        addresses.push(("127.0.0.1:4646", address));
        Self { child, block: format!("$ {command}\n"), output }
    }

    /// Ends it with Ctrl-C, and returns all that stands in its terminal.
    fn end(mut self, addresses: &Addresses) -> String {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success() && self.child.wait().unwrap().success());
        self.block + &as_shown(fs::read_to_string(self.output).unwrap(), addresses)
    }
}

#[test]
fn pages_show_what_is_printed() {
    assert!(shows_what_is_printed("terminal.md") > 10);
    assert_eq!(shows_what_is_printed("testing.md"), 2);
}

/// Returns how many commands the page has.
fn shows_what_is_printed(page_name: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs").join(page_name);
    let page = fs::read_to_string(&path).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(page_name);
    fs::create_dir_all(folder.join("examples/captures")).unwrap();
    for (name, capture) in [("workflow", WORKFLOW), ("workflow-tampered", TAMPERED), ("v3", V3)] {
        fs::write(folder.join(format!("examples/captures/{name}.http")), capture).unwrap();
    }
    let _ = fs::remove_dir_all(folder.join("captures"));
    let (v3, v2) = (Server::start(careful(Version::V3)), Server::start(careful(Version::V2)));
    // Builds the URL from what it sees behind the tunnel.
    let (verifier, url) = (Verifier::new(SECRET, Version::V3).unwrap(), PublicUrl::server("http://hooks.example.com"));
    let url = url.unwrap();
    let wrong = Server::start(move |request| match verifier.verify_request(&url, request, UnixTime::now()) {
        Ok(_) => 200,
        Err(_) => 401,
    });
    let mut addresses = vec![
        ("http://127.0.0.1:3000", v3.url("")),
        ("http://127.0.0.1:3001", wrong.url("")),
        ("http://127.0.0.1:3002", v2.url("")),
    ];

    const LISTEN: &str = "\0";
    let mut now = String::new();
    let mut parts = page.split("```console\n");
    now += parts.next().unwrap();
    let mut count = 0;
    let mut listen = None;
    for part in parts {
        let (block, after) = part.split_once("```\n").expect("a block ends");
        let runs = runs(block);
        count += runs.len();
        let block = match runs.as_slice() {
            [(command, _)] if command.starts_with("hubspot-signature listen") => {
                listen = Some(Listen::start(command, &folder, &mut addresses));
                LISTEN.into()
            }
            runs => run_again(runs, &folder, &addresses),
        };
        write!(now, "```console\n{block}```\n{after}").unwrap();
    }
    let now = listen.map_or(now.clone(), |listen| now.replace(LISTEN, &listen.end(&addresses)));
    if std::env::var_os("UPDATE_PAGE").is_some() {
        fs::write(path, &now).unwrap();
        return count;
    }
    for (line, (stands, printed)) in page.lines().zip(now.lines()).enumerate() {
        assert_eq!(stands, printed, "line {} of docs/{page_name}; UPDATE_PAGE=1 writes it anew", line + 1);
    }
    assert_eq!(page.len(), now.len());
    count
}
