//! The output: colour only where it can be seen, no control characters of others, and no error for a closed pipe.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::Failure;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Standard output. A reader that closes it early (`| head`) has seen enough: the rest counts as written, and the
/// exit status still tells the outcome.
pub(crate) struct Out(AutoStream<io::Stdout>);

impl Out {
    /// `NO_COLOR`, `CLICOLOR_FORCE` and the like are honoured.
    pub(crate) fn stdout() -> Self {
        Self(anstream::stdout())
    }

    /// Bytes as they are, whatever they are: without a terminal, `write` leaves out what one would obey.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.flush()?;
        Ok(unless_closed(io::stdout().write_all(bytes), ())?)
    }

    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.flush()?)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(self.0.flush(), ())
    }
}

fn unless_closed<T>(result: io::Result<T>, instead: T) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(instead),
        result => result,
    }
}

/// One line on standard error, if there still is one.
pub(crate) fn error(message: &str) {
    let _ = writeln!(anstream::stderr(), "{BAD}error:{BAD:#} {}", visible(message));
}

/// As [`error`], for what is worth knowing but stops nothing.
pub(crate) fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "{STRONG}note:{STRONG:#} {}", visible(message));
}

pub(crate) fn bytes_of_body(body: &[u8]) -> String {
    match body.len() {
        1 => "1 byte of body".into(),
        length => format!("{length} bytes of body"),
    }
}

/// The library's advice in the words of this program: it names functions where there are options here.
pub(crate) fn in_options(advice: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        (
            "pass the time at which you received it as now",
            "give `verify` or `explain` the time at which you received it as --at",
        ),
        ("pass that time to `diagnose` or `verify`", "give that time to `verify` or `explain` as --at"),
        ("with `endpoint` set to the URL", "with --endpoint set to the URL"),
        // Here `now` is this machine's clock or --at, which takes no seconds.
        ("clock, and that `now` is in milliseconds", "clock"),
        ("put the layer outside it", "verify outside it"),
        ("use PublicUrl::server", "use PublicUrl::server (here --public-url)"),
        ("Lower the minimum only if", "Lower the minimum (here --minimum-version) only if"),
    ];
    WORDS.iter().fold(advice.to_owned(), |advice, (library, here)| advice.replace(library, here))
}

/// Others' text without what a terminal would obey or a reader not see; line feeds and tabs stay.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && !['\n', '\t'].contains(&c) {
            let _ = write!(shown, "{}", c.escape_unicode()); // a String takes all
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The same of JSON as text, where such a character can only stand in a string.
pub(crate) fn visible_json(json: &Value) -> String {
    let mut shown = String::new();
    for c in format!("{json:#}").chars() {
        if is_hidden(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Control characters, and what turns or hides text: bidirectional controls, separators, characters without width.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_printed() {
        let hidden = "\0\r\u{1b}\u{7f}\u{9b}\u{61c}\u{200e}\u{2028}\u{202e}\u{2066}\u{feff}\u{e0041}";
        let (text, json) = (visible(hidden), visible_json(&Value::from(hidden)));
        assert!(text.is_ascii() && json.is_ascii(), "{text} {json}");
        assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), hidden);
        assert_eq!(visible("Grüße\n\t\u{1b}[2J"), "Grüße\n\t\\u{1b}[2J");
    }
}
