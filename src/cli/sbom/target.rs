//! What is named on the command line.

use crate::cli::exit::{CliError, chain};
use evidence::oci::ImageRef;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Something that is named on the command line.
#[derive(Clone, Debug)]
pub(in crate::cli) enum Target {
    Stdin,
    File(PathBuf),
    Bundle(PathBuf),
    Image(ImageRef),
}

impl Target {
    /// A path that is there is a file; what is no file is an image.
    ///
    /// # Errors
    /// When it is neither.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, CliError> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let path = Path::new(text);
        if path.is_dir() {
            return Err(CliError::usage(format!("{text} is a folder"))
                .hint(format!("an image layout is named oci:{text}")));
        }
        if path.exists() {
            return Ok(match is_gzip(path)? {
                true => Self::Bundle(path.into()),
                false => Self::File(path.into()),
            });
        }
        const FILES: [&str; 7] = [".json", ".xml", ".spdx", ".txt", ".gz", ".jsonl", ".tag"];
        let is_path = text.starts_with(['.', '/']);
        if is_path || FILES.iter().any(|suffix| text.ends_with(suffix)) {
            return Err(CliError::usage(format!("there is no file {text}")));
        }
        text.parse().map(Self::Image).map_err(|error| {
            CliError::usage(format!("there is no file {text}, and it names no image"))
                .detail(chain(&error))
        })
    }
}

fn is_gzip(path: &Path) -> Result<bool, CliError> {
    let unreadable =
        |error| CliError::unreachable(format!("cannot read {}: {error}", path.display()));
    // A pipe has no first bytes to look at without taking them.
    if !path.is_file() {
        return Ok(false);
    }
    let mut magic = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(2).read_to_end(&mut magic).map_err(unreadable)?;
    Ok(magic == [0x1f, 0x8b])
}
