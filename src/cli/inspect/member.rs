//! One member's bytes, on standard output.

use crate::cli::exit::{CliError, Exit};
use crate::cli::output::plain;
use crate::cli::unjudged::{Source, lacking};
use evidence::bundle::{Contents, MANIFEST, Member};
use std::io::{self, IsTerminal as _, Read, Write};

/// Prints a member while it is read, and compares it with its listed digest.
pub(super) fn print(source: &Source, path: &str) -> Result<Exit, CliError> {
    let mut contents = Contents::open(source.open()?).map_err(|error| source.error(&error))?;
    let is_listed = path == MANIFEST
        || (contents.manifest().files.iter()).any(|file| file.path.as_str() == path);
    if !is_listed {
        return Err(lacking("member", path));
    }
    loop {
        let next = contents.next_member();
        let next = next.map_err(|error| source.archive_error(&error))?;
        let Some(member) = next else {
            let message = format!("{path} is listed in the bundle's manifest and not there");
            return Err(CliError::new(Exit::Refused, message));
        };
        if member.path.as_str() == path {
            return copy(&mut contents, &member, source);
        }
    }
}

fn copy(
    contents: &mut Contents<Box<dyn Read>>,
    member: &Member,
    source: &Source,
) -> Result<Exit, CliError> {
    let before = contents.defects().len();
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    let mut out = Out::new(member.path.as_str(), stdout.lock(), is_terminal);
    let read = contents.read(member, &mut |piece| out.take(piece));
    out.finish()?;
    read.map_err(|error| source.archive_error(&error))?;
    match contents.defects().get(before) {
        None => Ok(Exit::Verified),
        Some(defect) => {
            let message = format!("{} is not what the bundle's manifest lists", member.path);
            let error = CliError::new(Exit::Refused, message);
            Err(error
                .detail(&*defect.problem.message)
                .hint("do not use what was printed; `evidence verify` judges the bundle"))
        }
    }
}

/// Where the bytes go. To a terminal goes only text, its control characters made visible.
struct Out<'m, W> {
    path: &'m str,
    to: W,
    is_terminal: bool,
    /// The beginning of a letter that goes on in the next piece.
    rest: Vec<u8>,
    failed: Option<CliError>,
    is_closed: bool,
}

impl<'m, W: Write> Out<'m, W> {
    fn new(path: &'m str, to: W, is_terminal: bool) -> Self {
        Self {
            path,
            to,
            is_terminal,
            rest: Vec::new(),
            failed: None,
            is_closed: false,
        }
    }

    fn take(&mut self, piece: &[u8]) {
        if self.failed.is_some() || self.is_closed {
            return;
        }
        if !self.is_terminal {
            let written = self.to.write_all(piece);
            return self.wrote(written);
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(piece);
        match as_text(&bytes) {
            Some((text, rest)) => {
                self.rest = rest.to_vec();
                let written = self.to.write_all(plain(text).as_bytes());
                self.wrote(written);
            }
            None => self.failed = Some(binary(self.path)),
        }
    }

    fn wrote(&mut self, written: io::Result<()>) {
        match written {
            Ok(()) => {}
            // Whoever closed the pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_closed = true,
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                self.failed = Some(CliError::unreachable(message));
            }
        }
    }

    fn finish(mut self) -> Result<(), CliError> {
        let flushed = self.to.flush();
        self.wrote(flushed);
        if !self.rest.is_empty() {
            self.failed.get_or_insert_with(|| binary(self.path));
        }
        self.failed.map_or(Ok(()), Err)
    }
}

/// The text, and the beginning of a letter after it; none for what is no text.
fn as_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    if bytes.contains(&0) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some((text, &[])),
        // Cut within a letter, not wrong.
        Err(error) if error.error_len().is_none() => {
            let (text, rest) = bytes.split_at_checked(error.valid_up_to())?;
            Some((std::str::from_utf8(text).ok()?, rest))
        }
        Err(_) => None,
    }
}

fn binary(path: &str) -> CliError {
    CliError::usage(format!("{path} is no text, and would steer the terminal"))
        .hint("write it to a file: … > FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_with_its_control_characters_made_visible_and_nothing_else() {
        let printed = |pieces: &[&[u8]], is_terminal| {
            let mut bytes = Vec::new();
            let mut out = Out::new("files/x", &mut bytes, is_terminal);
            pieces.iter().for_each(|piece| out.take(piece));
            let done = out.finish().map_err(|error| error.exit);
            (bytes, done)
        };

        let text = printed(&[b"a\x1b[2J\xc3", b"\xa4\n"], true);
        let binary = printed(&[b"\x89PNG\0\0"], true);
        let cut = printed(&[b"a\xc3"], true);
        let piped = printed(&[b"\x89PNG\0\x1b"], false);

        assert_eq!(text, ("a\\u{1b}[2Jä\n".into(), Ok(())));
        assert_eq!(binary, (vec![], Err(Exit::Usage)));
        assert_eq!(cut, (b"a".into(), Err(Exit::Usage)));
        assert_eq!(piped, (b"\x89PNG\0\x1b".into(), Ok(())));
    }

    #[test]
    fn text_may_be_cut_within_a_letter_and_binary_is_none() {
        assert_eq!(as_text("äb".as_bytes()), Some(("äb", &[][..])));
        assert_eq!(as_text(b"a\xc3"), Some(("a", &b"\xc3"[..])));
        assert_eq!(as_text(b"a\xffb"), None);
        assert_eq!(as_text(b"a\0"), None);
    }
}
