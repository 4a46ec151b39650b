//! `osv-scanner --format json`, versions 1 and 2 (google/osv-scanner, `pkg/models/results.go`).
//!
//! A group is one vulnerability: osv-scanner puts records in it that are aliases of each other. Its severity is the
//! rating of `max_severity`, a CVSS score; where there is none, the worst `database_specific.severity` of its records.
//! The report states neither the scanner's version nor a database date.

use super::ScanError;
use super::ecosystem::purl_of;
use super::json::{List, Str, Values, text};
use super::report::{Match, PackageRef, ScanFormat, ScanReport, Scanner, Suppression, time};
use super::severity;
use crate::model::Severity;
use crate::model::limits;
use crate::sbom::document::Text;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub(super) fn parse(document: &str) -> Result<ScanReport<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let mut matches = Vec::new();
    for source in document.results.all("results")? {
        for package in source.packages.all("packages")? {
            let wire = package.package.ok_or(ScanError::Lacks {
                format: ScanFormat::OsvScanner,
                what: "a package",
            })?;
            let groups = package.groups.all("groups")?;
            let records = package.vulnerabilities.all("vulnerabilities")?;
            read(&reference(wire), groups, records, &mut matches)?;
        }
    }
    Ok(ScanReport {
        format: ScanFormat::OsvScanner,
        scanner: Scanner {
            name: Some("osv-scanner".into()),
            version: None,
        },
        database: None,
        created: None,
        target: None,
        target_digests: Vec::new(),
        matches,
        others: 0,
    })
}

/// One match for each group, and one for each record that is in none.
fn read<'a>(
    package: &PackageRef<'a>,
    groups: Vec<Group<'a>>,
    records: Vec<Record<'a>>,
    matches: &mut Vec<Match<'a>>,
) -> Result<(), ScanError> {
    let mut by_id = BTreeMap::new();
    for mut record in records {
        let id = super::id(record.id.take(), ScanFormat::OsvScanner)?;
        by_id.insert(id, record);
    }
    for group in groups {
        let ids = group.ids.texts("ids")?;
        let mut members = Vec::new();
        for id in &ids {
            members.extend(by_id.remove(id));
        }
        let names = ids.into_iter().chain(group.aliases.texts("aliases")?);
        let analysis = group.analysis.0.all("experimental_analysis")?;
        let score = text(group.max_severity);
        matches.push(read_one(
            package,
            names,
            members,
            score,
            suppression(&analysis),
        )?);
    }
    for (id, record) in by_id {
        let alone = std::iter::once(id);
        matches.push(read_one(package, alone, vec![record], None, None)?);
    }
    if matches.len() > limits::SCAN_MATCHES {
        return Err(ScanError::TooMany {
            what: "groups",
            found: matches.len(),
            most: limits::SCAN_MATCHES,
        });
    }
    Ok(())
}

fn read_one<'a>(
    package: &PackageRef<'a>,
    mut names: impl Iterator<Item = Text<'a>>,
    records: Vec<Record<'a>>,
    score: Option<Text<'a>>,
    suppressed: Option<Suppression<'a>>,
) -> Result<Match<'a>, ScanError> {
    let id = names.next().ok_or(ScanError::Lacks {
        format: ScanFormat::OsvScanner,
        what: "the ids of a group",
    })?;
    let mut aliases: Vec<Text<'a>> = names.collect();
    let mut published = None;
    let mut fixed_in = Vec::new();
    let mut words = Vec::new();
    for record in records {
        aliases.extend(record.aliases.texts("aliases")?);
        let date = text(record.published).and_then(|text| time(&text));
        published = [published, date].into_iter().flatten().min();
        for affected in record.affected.all("affected")? {
            fixed_in.extend(fixed(affected, package)?);
        }
        words.extend(word(record.specific)?);
    }
    aliases.retain(|alias| *alias != id);
    aliases.sort();
    aliases.dedup();
    fixed_in.sort();
    fixed_in.dedup();
    let rated = score.as_deref().and_then(severity::of_score);
    let worst = (words.iter())
        .filter_map(|word| severity::of_word(severity::OSV, word))
        .min();
    let known = rated.or(worst);
    let odd = words
        .into_iter()
        .find(|word| severity::of_word(severity::OSV, word).is_none());
    Ok(Match {
        id,
        aliases,
        severity: known.unwrap_or(Severity::Unknown),
        odd_severity: odd.filter(|_| known.is_none()),
        package: package.clone(),
        published,
        fixed_in,
        suppressed,
    })
}

/// Every analysis says that the distribution calls the vulnerability unimportant for the package.
///
/// Whether the vulnerable code is called (`called`) is no reason: osv-scanner's SARIF of the same run counts it too.
fn suppression<'a>(analysis: &[Analysis]) -> Option<Suppression<'a>> {
    let hides = !analysis.is_empty() && analysis.iter().all(|one| one.unimportant == Some(true));
    hides.then(|| Suppression {
        by: "osv-scanner: analysis".into(),
        reason: "unimportant".into(),
    })
}

/// A package; of a distribution's the binary package, which is what an SBOM lists.
fn reference<'a>(wire: Package<'a>) -> PackageRef<'a> {
    let name = text(wire.os_package_name).or(text(wire.name));
    let version = text(wire.version).or(text(wire.commit));
    let purl = text(wire.ecosystem)
        .zip(name.as_deref())
        .and_then(|(ecosystem, name)| {
            let version = version.as_deref().unwrap_or_default();
            purl_of(&ecosystem, name, version).map(Into::into)
        });
    PackageRef {
        name,
        version,
        purl,
    }
}

/// Versions in which the package is fixed; commits are none.
fn fixed<'a>(affected: Affected<'a>, package: &PackageRef<'a>) -> Result<Vec<Text<'a>>, ScanError> {
    let mut versions = Vec::new();
    if text(affected.package.and_then(|one| one.name)) != package.name {
        return Ok(versions);
    }
    for range in affected.ranges.all("ranges")? {
        if text(range.kind).as_deref() == Some("GIT") {
            continue;
        }
        for event in range.events.all("events")? {
            versions.extend(text(event.fixed));
        }
    }
    Ok(versions)
}

/// The word of `database_specific.severity`, where that is one: databases are free in what they write there.
fn word(specific: Option<&RawValue>) -> Result<Option<Text<'_>>, ScanError> {
    let Some(specific) = specific.filter(|raw| raw.get().starts_with('{')) else {
        return Ok(None);
    };
    let specific: Specific<'_> = serde_json::from_str(specific.get())?;
    let Some(severity) = specific.severity.filter(|raw| raw.get().starts_with('"')) else {
        return Ok(None);
    };
    Ok(text(Some(serde_json::from_str(severity.get())?)))
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    results: List<Source<'a>, { limits::SCAN_TARGETS }>,
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow, default)]
    packages: List<Packages<'a>, { limits::SCAN_MATCHES }>,
}

#[derive(Deserialize)]
struct Packages<'a> {
    #[serde(borrow)]
    package: Option<Package<'a>>,
    #[serde(borrow, default)]
    vulnerabilities: List<Record<'a>, { limits::SCAN_MATCHES }>,
    #[serde(borrow, default)]
    groups: List<Group<'a>, { limits::SCAN_MATCHES }>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    os_package_name: Option<Str<'a>>,
    #[serde(borrow)]
    version: Option<Str<'a>>,
    #[serde(borrow)]
    ecosystem: Option<Str<'a>>,
    #[serde(borrow)]
    commit: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow, default)]
    aliases: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    published: Option<Str<'a>>,
    #[serde(borrow, default)]
    affected: List<Affected<'a>, { limits::SCAN_MATCHES }>,
    #[serde(borrow, rename = "database_specific")]
    specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow)]
    package: Option<AffectedPackage<'a>>,
    #[serde(borrow, default)]
    ranges: List<Range<'a>, { limits::SCAN_ALIASES }>,
}

#[derive(Deserialize)]
struct AffectedPackage<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Range<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow, default)]
    events: List<Event<'a>, { limits::SCAN_MATCHES }>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    fixed: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Specific<'a> {
    #[serde(borrow)]
    severity: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default)]
    ids: List<Str<'a>, { limits::SCAN_ALIASES }>,
    #[serde(borrow, default)]
    aliases: List<Str<'a>, { limits::SCAN_ALIASES }>,
    // The second is version 1's name.
    #[serde(
        default,
        rename = "experimental_analysis",
        alias = "experimentalAnalysis"
    )]
    analysis: Values<Analysis, { limits::SCAN_ALIASES }>,
    #[serde(borrow)]
    max_severity: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Analysis {
    unimportant: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"results":[{"source":{"path":"/go.mod","type":"lockfile"},"packages":[
        {"package":{"name":"golang.org/x/net","version":"0.1.0","ecosystem":"Go"},
         "vulnerabilities":[
          {"id":"GO-1","aliases":["CVE-2024-1"],"published":"2024-02-01T00:00:00Z","affected":[
            {"package":{"name":"golang.org/x/net"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"0.2.0"}]},
             {"type":"GIT","events":[{"fixed":"abc"}]}]}]},
          {"id":"GHSA-a","aliases":["CVE-2024-1"],"published":"2024-01-01T00:00:00Z","database_specific":{"severity":"LOW"}},
          {"id":"GHSA-b","database_specific":{"severity":"MODERATE"}},
          {"id":"GO-2","database_specific":{"url":"x"}},
          {"id":"GO-3"}],
         "groups":[{"ids":["GHSA-a","GO-1"],"aliases":["CVE-2024-1","GHSA-a","GO-1"],"max_severity":"9.8"},
          {"ids":["GHSA-b"],"aliases":["GHSA-b"],"max_severity":""},
          {"ids":["GO-2"],"experimentalAnalysis":{"GO-2":{"called":false,"unimportant":true}},"max_severity":"0.0"}]},
        {"package":{"name":"openssl","os_package_name":"libssl3","version":"3.0+1","ecosystem":"Debian:12"},
         "groups":[{"ids":["CVE-2024-2"],"max_severity":"4.0","experimental_analysis":{"x":{"called":true,"unimportant":false}}}]},
        {"package":{"name":"","version":"","ecosystem":"","commit":"abcdef"},"groups":[{"ids":["OSV-1"]}]}]}],
        "experimental_config":{}}"#;

    #[test]
    fn a_group_is_one_match_and_a_record_in_none_is_one_too() {
        let report = parse(REPORT).unwrap();

        let found: Vec<_> = (report.matches.iter())
            .map(|one| (one.id.as_ref(), one.severity))
            .collect();
        assert_eq!(
            found,
            [
                ("GHSA-a", Severity::Critical),
                ("GHSA-b", Severity::Medium),
                ("GO-2", Severity::Unknown),
                ("GO-3", Severity::Unknown),
                ("CVE-2024-2", Severity::Medium),
                ("OSV-1", Severity::Unknown),
            ]
        );
        let first = &report.matches[0];
        assert_eq!(first.aliases, ["CVE-2024-1", "GO-1"]);
        assert_eq!(first.fixed_in, ["0.2.0"]);
        assert_eq!(first.published, time("2024-01-01T00:00:00Z"));
    }

    #[test]
    fn packages_have_the_purl_of_their_ecosystem() {
        let report = parse(REPORT).unwrap();

        let purl = |at: usize| report.matches[at].package.purl.as_deref();
        assert_eq!(purl(0), Some("pkg:golang/golang.org/x/net@0.1.0"));
        assert_eq!(purl(4), Some("pkg:deb/debian/libssl3@3.0%2B1"));
        assert_eq!(purl(5), None);
        assert_eq!(report.matches[5].package.version.as_deref(), Some("abcdef"));
    }

    #[test]
    fn only_what_every_analysis_calls_unimportant_is_suppressed() {
        let report = parse(REPORT).unwrap();

        let reasons: Vec<_> = (report.matches.iter())
            .map(|one| one.suppressed.as_ref().map(|why| why.reason.as_ref()))
            .collect();
        assert_eq!(reasons, [None, None, Some("unimportant"), None, None, None]);
        let with = |analysis: &str| {
            let text = REPORT.replace(r#"{"called":false,"unimportant":true}"#, analysis);
            parse(&text).unwrap().matches[2].suppressed.is_some()
        };
        assert!(with(r#"{"unimportant":true},"GO-1":{"unimportant":true}"#));
        assert!(!with(r#"{"unimportant":true},"GO-1":{"called":false}"#));
        assert!(!with(r#"{"called":false,"unimportant":false}"#));
    }
}
