//! Which images are asked about: named one by one, listed in a file, or found in manifests.

use crate::cli::exit::CliError;
use crate::cli::manifests::Manifest;
use crate::cli::{files, manifests};
use evidence::model::limits;
use evidence::oci::ImageRef;
use evidence::oci::pins::State;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// An image that is asked about.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// As it is named, or why it cannot be looked at.
    pub(super) image: Result<ImageRef, String>,
    /// The name as it was written.
    pub(super) name: String,
    /// Where it stands.
    pub(super) mentions: Vec<String>,
}

/// All images, each once, in the order in which they were first named.
#[derive(Debug, Default)]
pub(super) struct AllAsked {
    list: Vec<Asked>,
    /// By name, the place in the list.
    known: BTreeMap<String, usize>,
}

impl AllAsked {
    /// Adds images of the command line.
    pub(super) fn add_named(&mut self, references: &[ImageRef]) {
        for reference in references {
            self.add(Ok(reference.clone()), reference.to_string(), None);
        }
    }

    /// Adds the images that a file lists, one a line; empty lines and those that begin with `#` are none.
    pub(super) fn add_listed(&mut self, path: &Path) -> Result<(), CliError> {
        let (name, bytes) = match path.to_str() {
            Some("-") => ("standard input".to_owned(), read_stdin()?),
            _ => (
                path.display().to_string(),
                files::read_named(path, limits::DOCUMENT_BYTES)?,
            ),
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| CliError::usage(format!("{name} is no UTF-8 text")))?;
        for (number, line) in (1..).zip(text.lines()) {
            // A comment may follow: no reference has a space.
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let image = line.parse::<ImageRef>().map_err(|error| {
                CliError::usage(format!("{name}:{number}: {error}"))
                    .hint("write one image a line: HOST/REPOSITORY[:TAG|@sha256:…]")
            })?;
            self.add(Ok(image), line.into(), Some(format!("{name}:{number}")));
        }
        Ok(())
    }

    /// Adds the images that manifests, values, compose files and Dockerfiles mention. What a file leaves open, and a
    /// file that cannot be read, stands for an image that nobody can judge.
    ///
    /// A path that is not there is a mistake; one without any image is pointed out.
    pub(super) fn add_manifests(&mut self, paths: &[PathBuf]) -> Result<(), CliError> {
        for path in paths {
            if path.as_os_str() != "-" && !path.exists() {
                return Err(CliError::usage(format!("there is no {}", path.display())));
            }
            let files = manifests::read(std::slice::from_ref(path));
            let is_empty = |file: &Manifest| file.mentions.as_ref().is_ok_and(Vec::is_empty);
            if files.iter().all(is_empty) {
                eprintln!("note: no image is mentioned in {}", path.display());
            }
            self.add_files(files);
        }
        Ok(())
    }

    fn add_files(&mut self, files: Vec<Manifest>) {
        for file in files {
            let mentions = match file.mentions {
                Ok(mentions) => mentions,
                Err(unread) => {
                    let line = unread.position.map(|(line, _)| format!(":{line}"));
                    let place = file.name + &line.unwrap_or_default();
                    self.add(Err(unread.message), place.clone(), Some(place));
                    continue;
                }
            };
            for mention in mentions {
                let place = format!("{}:{}:{}", file.name, mention.line, mention.column);
                let image = match (&mention.state, mention.reference) {
                    (State::Pinned { .. } | State::Tag, Some(reference)) => {
                        Ok(ImageRef::Registry(reference))
                    }
                    (State::Invalid { reason }, _) => Err(reason.clone()),
                    (State::Unresolvable(unknown), _) => Err(unknown.advice().into()),
                    _ => Err("no image reference".into()),
                };
                self.add(image, mention.text, Some(place));
            }
        }
    }

    /// All of them; none at all is a mistake, never a success.
    pub(super) fn finish(self) -> Result<Vec<Asked>, CliError> {
        if self.list.is_empty() {
            return Err(CliError::usage("no image is named")
                .hint("name images, or give -f FILE or --manifests PATH"));
        }
        if self.list.len() > limits::SPOT_CHECKS {
            let found = self.list.len();
            let limit = limits::SPOT_CHECKS;
            return Err(CliError::usage(format!(
                "{found} images are named, at most {limit} are looked at"
            )));
        }
        Ok(self.list)
    }

    pub(super) fn add(
        &mut self,
        image: Result<ImageRef, String>,
        name: String,
        mention: Option<String>,
    ) {
        let key = match &image {
            Ok(image) => image.to_string(),
            Err(_) => format!("?{name}"),
        };
        let place = *self.known.entry(key).or_insert_with(|| {
            let asked = Asked {
                image,
                name,
                mentions: Vec::new(),
            };
            self.list.push(asked);
            self.list.len() - 1
        });
        if let Some(asked) = self.list.get_mut(place) {
            asked.mentions.extend(mention);
        }
    }
}

fn read_stdin() -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(limits::DOCUMENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::unreachable(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > limits::DOCUMENT_BYTES {
        return Err(CliError::usage("standard input is too long a list"));
    }
    Ok(bytes)
}
