//! A scanner's report with the files that it is read with.

use crate::cli::exit::{CliError, chain};
use crate::cli::files;
use crate::cli::sbom::source::stdin;
use evidence::collect::bundled::BundledScan;
use evidence::model::{Digest, Problem, Timestamp, VulnLimits, limits};
use evidence::vulns::{self, Inventory, Scan, VulnSummary, scanner, vex};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of a scan.
pub(in crate::cli) struct ScanFiles {
    /// The report's name.
    pub(in crate::cli) name: String,
    pub(in crate::cli) report: Arc<[u8]>,
    database: Option<(String, Arc<[u8]>)>,
    vex: Vec<(String, Arc<[u8]>)>,
    /// Digests by which the scanned image may be named.
    pub(in crate::cli) images: Vec<Digest>,
}

/// What follows from a scan, and what stands against it.
pub(in crate::cli) struct Judged {
    pub(in crate::cli) summary: VulnSummary,
    pub(in crate::cli) problems: Vec<Problem>,
}

impl ScanFiles {
    /// Reads them; the report may be standard input.
    ///
    /// # Errors
    /// When one is not there, cannot be read, or is too large.
    pub(in crate::cli) fn read(
        report: &Path,
        database: Option<&Path>,
        vex: &[PathBuf],
    ) -> Result<Self, CliError> {
        let read = |path: &Path| -> Result<(String, Arc<[u8]>), CliError> {
            let bytes = files::read_named(path, limits::SCAN_BYTES)?;
            Ok((path.display().to_string(), bytes.into()))
        };
        let (name, report) = match report.to_str() {
            Some("-") => ("-".into(), stdin()?.into()),
            _ => read(report)?,
        };
        Ok(Self {
            name,
            report,
            database: database.map(read).transpose()?,
            vex: vex
                .iter()
                .map(|path| read(path))
                .collect::<Result<_, _>>()?,
            images: Vec::new(),
        })
    }

    /// Those of a bundle's item; what is missing there is an empty file, which nothing can be read from.
    pub(in crate::cli) fn of_bundle(scan: &BundledScan) -> Self {
        let named = |name: &String| {
            let bytes = scan.files.get(name).cloned();
            (name.clone(), bytes.unwrap_or_else(|| Arc::from([])))
        };
        Self {
            name: scan.id.clone(),
            report: named(&scan.wanted.path).1,
            database: scan.wanted.database.as_ref().map(named),
            vex: scan.wanted.vex.iter().map(named).collect(),
            images: scan.images.clone(),
        }
    }
}

/// Judges a scan.
///
/// # Errors
/// When a file is none of the formats that are read, or says something of another scanner.
pub(in crate::cli) fn judge(
    files: &ScanFiles,
    inventory: Option<&Inventory>,
    limits: &VulnLimits,
    at: Timestamp,
) -> Result<Judged, Problem> {
    let wrong = |code: &str, name: &str, error: &dyn std::error::Error| {
        Problem::new(code, format!("{name}: {}", chain(error)))
    };
    let mut report = vulns::parse(&files.report)
        .map_err(|error| wrong("scan-unreadable", &files.name, &error))?;
    if let Some((name, bytes)) = &files.database {
        scanner::parse(bytes)
            .and_then(|facts| report.complete(facts))
            .map_err(|error| wrong("scan-database", name, &error))?;
    }
    let vex = files.vex.iter().map(|(name, bytes)| {
        vex::parse(bytes).map_err(|error| wrong("vex-unreadable", name, &error))
    });
    let vex = vex.collect::<Result<Vec<_>, _>>()?;
    let (summary, problems) = vulns::judge(&Scan {
        report: &report,
        vex: &vex,
        images: &files.images,
        inventory,
        limits,
        at,
    });
    Ok(Judged { summary, problems })
}
