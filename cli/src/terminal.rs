//! What is printed: colour only where it can be seen, no control characters of others, and no fuss about a closed pipe.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use crate::Failure;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Standard output. Whoever closes it early (`| head`) has seen enough: what they did not read counts as written, and the
/// exit status still tells the outcome.
pub(crate) struct Out(AutoStream<io::Stdout>);

impl Out {
    /// `NO_COLOR`, `CLICOLOR_FORCE` and the like are honoured.
    pub(crate) fn stdout() -> Self {
        Self(anstream::stdout())
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

/// Others' text without what a terminal would obey: control characters other than line feeds and tabs are escaped.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() => {
                let _ = write!(shown, "{}", c.escape_default()); // a String takes all
            }
            c => shown.push(c),
        }
    }
    shown
}
