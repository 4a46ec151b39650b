//! Any text as a license, of a package and of a list: a standing, with the package counted once.

#![no_main]

use evidence::model::expectation::SbomFormat;
use evidence::sbom::Sbom;
use evidence::sbom::document::{License, LicenseBy, Package};
use evidence::sbom::licenses::{LicenseEntry, LicenseRules, judge, licenses};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static RULES: LazyLock<LicenseRules> = LazyLock::new(|| LicenseRules {
    allow: ["MIT", "Apache-2.0 WITH LLVM-exception", "LGPL-2.1-or-later"]
        .map(|one| one.parse().unwrap())
        .into(),
    ..LicenseRules::default()
});

fuzz_target!(|input: (bool, &str)| {
    let (is_name, text) = input;
    let license = License {
        text: text.into(),
        is_name,
        by: LicenseBy::Declared,
    };
    let package = Package {
        name: "a".into(),
        licenses: vec![license],
        ..Package::default()
    };
    let sbom = Sbom {
        packages: vec![package],
        ..Sbom::empty(SbomFormat::Spdx)
    };
    let mut rules = RULES.clone();
    let entry = text.parse::<LicenseEntry>();
    for denied in [None, entry.ok()] {
        if let Some(entry) = denied {
            assert_eq!(entry.to_string().parse(), Ok(entry.clone()));
            rules.deny.push(entry);
        }
        let report = licenses(&sbom, &rules);
        let problems = judge(&report, &rules);

        assert_eq!(report.packages, 1);
        let against = report.denied.count + report.undecided.count + report.missing.count;
        assert!(against <= 1);
        assert_eq!(problems.len(), against);
    }
});
