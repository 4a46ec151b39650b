use super::*;

/// Versions from the oldest to the newest; each pair of them was asked of the ecosystem's own comparer.
struct Case {
    kind: &'static str,
    asked: &'static str,
    versions: &'static str,
}

const CASES: [Case; 12] = [
    Case {
        kind: "alpm",
        asked: "libalpm 13, `alpm_pkg_vercmp`",
        versions: "r123.abc-1 < 1.0a-1 < 1.0alpha < 1.0b-1 < 1.0beta < 1.0p1 < 1.0pre1 < 1.0rc1-1 < 1.0-1 = 01.0-1 < \
         1.0-1.1 < 1.0-2 < 1.0.a < 1.0.r12.gabc-1 < 1.0.rc1-1 < 1.0.0 < 1.0.0.a < 1.0.1-1 = 1.0_1-1 < \
         1.0+5+g12-1 < 1..0 < 6.6.arch1-1 < 6.6.3.arch1-1 < 20230101-1 < 999999999999999999999999-1 < 1:0.5-1 \
         < 2:1.0-1",
    },
    Case {
        kind: "apk",
        asked: "apk-tools 3, `apk_version_compare`",
        versions: "00 < 0.12.9_git20231201-r0 < 1.0_alpha1 < 1.0_beta < 1.0_pre1 < 1.0_rc2-r0 < 1.0_rc9 < 1.0_rc10 < \
         1.0 < 1.0-r0 < 1.0-r1 < 1.0_cvs < 1.0_svn2 < 1.0_git20200101 < 1.0_hg < 1.0_p1 < 1.0_p1_p2 \
         < 1.0a < 1.0b-r1 < 1.0.0 < 1.0.1 < 1.1 < 1.1.1u-r0 < 1.1.1w-r1 < \
         1.2.3_alpha_p1 < 1.9 < 1.10 < 1.36.1-r2 < 1.36.1-r15 < 3.1.4-r5 < 3.1.4-r10 < 20230506-r0 < \
         9999999999999999999",
    },
    Case {
        kind: "composer",
        asked: "composer/semver 3, `Comparator`",
        versions: "1.0-alpha < 1.0-alpha1 = 1.0a1 < 1.0b1 < 1.0-beta2 = 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0-RC1 < \
         1.0-rc2 < 1.0 = 1.0.0 = 1.0.0.0 = v1.0 = 1.0-stable = 1.0+build < 1.0-patch1 = 1.0-p1 < 1.0-pl2 < \
         1.0.0.1 < 1.9 < 1.10 < V2.1 < 2020.01.01",
    },
    Case {
        kind: "deb",
        asked: "`dpkg --compare-versions` 1.21",
        versions: "00001 < 1-2-3 < 1.0~~ < 1.0~ < 1.0~rc1-1 < 1.0 = 1.0-0 = 1.0-00 < 1.0-1 = 0:1.0-1 < 1.0-1ubuntu2 < \
         1.0-1ubuntu10 < 1.0-1+b1 < 1.0-1.1 < 1.0a < 1.0b < 1.0+ < 1.0+dfsg-1 < 1.0+dfsg-2~bpo12+1 < 1.0. = \
         1.0.0 < 1.2.3+git20200101.abc-1 < 1.9 < 1.10 < 2.36-9+deb12u4 < 2.36-9+deb12u14 < 3.0.9-1 < \
         3.0.11-1~deb12u2 < 7.88.1-10+deb12u5 < 20230311 < 99999999999999999999999 < 100000000000000000000000 \
         < 1:0 < 1:1.0-1 < 2:8.2+93 < 3:1",
    },
    Case {
        kind: "gem",
        asked: "RubyGems 3.3, `Gem::Version`",
        versions: "0.a = 0.0.a < 0.9.a < 1.0.B < 1.0.a < 1.0.0.a.1 < 1.a.2 < 1.0.a9 < 1.0.a10 < 1.0.b < 1.0.beta2 < \
         1.0.beta10 < 1.0-java < 1.0-x86 < 1.0.pre < 1.0.pre1 = 1.0.pre.1 = 1.0-1 < 1.0.rc1 < 1.0.0.rc2 < 1.0 \
         = 1.0.0 < 1.01 < 1.2.b.3 < 1.9 < 1.10 < 2.0.0.alpha1 < 5.x < 5 < 7.0.4 < 7.0.4.3 < 7.0.8.7 < \
         20230101 < 4294967295 < 4294967296 < 20231231120000 < 20240101120000 < 99999999999999999999",
    },
    Case {
        kind: "golang",
        asked: "golang.org/x/mod/semver, `Compare`",
        versions: "v0.0.0-20200101000000-abcdefabcdef < v0.0.0-20210101000000-abcdefabcdee < \
         v1.0.0-0.20200101000000-abcdefabcdef < v1.0.0-99999999999999999998 < v1.0.0-99999999999999999999 < \
         v1.0.0-alpha < v1.0.0-rc.1 < v1.0.0-rc.9 < v1.0.0-rc.10 < v1.0.0 = v1.0 = v1 = v1.0.0+meta < \
         v1.0.1-0.20200101000000-abcdefabcdef < v1.9.0 < v1.10.0 < v1.99999999999999999998.0 < \
         v1.99999999999999999999.0 < v2.0.0+incompatible = v2.0.0",
    },
    Case {
        kind: "golang",
        asked: "Go 1.2x, `go/version`, `Compare`",
        versions: "go1.9 < go1.9.2 < go1.20beta1 < go1.20rc1 < go1.20rc2 < go1.20 < go1.20.1 < go1.21 < go1.21rc1 < \
         go1.21rc9 < go1.21rc10 < go1.21.0 < go1.21.1 < go1.21.10 < go1.22 < go1.22.0",
    },
    Case {
        kind: "maven",
        asked: "maven-artifact 3.8.7 and 3.9.11, `ComparableVersion`",
        versions: "-1 = 0.0-1 = 0-1 < 1.0-alpha < 1.0-alpha-1 = 1.0-alpha1 = 1.0-a1 = 1a1 < 1.0-beta-2 = 1.0-b2 < \
         1.0-M1 < 1.0-milestone-2 < 1.0-rc < 1.0-RC1 = 1.0-rc-1 < 1.0-cr2 < 1.0-SNAPSHOT < 1.0 = 1 = 1.0.0 = \
         1.0-GA = 1.0-final = 1.0.RELEASE = 1.0.Final = 1-0 = 1..0 = 1.0- = 1.0ga < 1.0-sp = 1-sp < 1.0-sp-1 \
         < 1.0+build < 1.0_1 < 1.a < 1.0-android < 1.0-foo < 1.0-jre < 1.0-pfd < 1.0.0.Final-redhat-1 < 1.0.x \
         = 1x < 1.x1 < 1-ga-1 < 1-0.1 < 1.0-1 < 1-1.foo-bar1baz-.1 < 1.0-20200101.120000-1 < 1.0.1 < \
         2.0.0.RELEASE < 2.0.1.RELEASE < 2.0.1-xyz = 2.0.1.xyz < 2.0.1-123 < 2.17.0-rc1 < 2.17.1 < \
         4.1.99.Final < 4.1.100.Final < 5.3.9 < 5.3.20 < 31.1-android < 31.1-jre < 20040616 < 9999999999 < \
         999999999999999999999",
    },
    Case {
        kind: "npm",
        asked: "node-semver 7, `compare`",
        versions: "0.0.0 < 1.0.0-0 < 1.0.0-1 < 1.0.0-9999999999999999998 < 1.0.0-99999999999999999999 < 1.0.0--1 < \
         1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < \
         1.0.0-rc.1 < 1.0.0-x-y-z.-- < 1.0.0 = 1.0.0+build = 1.0.0+a = v1.0.0 < 1.2.3-a.1 < 1.2.3-a.b < 1.9.0 \
         < 1.10.0 < 4.17.21 < 9007199254740991.0.0",
    },
    Case {
        kind: "nuget",
        asked: "univers 32, `NugetVersion`",
        versions: "1.0.0-1 < 1.0.0-a.b < 1.0.0-alpha = 1.0.0-Alpha < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < \
         1.0.0-beta11 < 1.0.0-beta2 < 1.0-rc < 1.0.0-rc.1 < 1.0 = 1.0.0 = 1.0.0.0 = 1.0.0+meta = 1 < 1.0.0.1 \
         < 1.01.1 = 1.1.1 < 1.2.3.4-pre < 4.3.0 < 4.10.0 < 13.0.3 < 2147483647.0.0",
    },
    Case {
        kind: "pypi",
        asked: "Python packaging 26.4, `Version`",
        versions: "0.0.0 < 1.0.dev1 < 1.0a1.dev2 < 1.0a1 = 1.0.alpha1 < 1.0b2 < 1.0rc < 1.0rc1 = 1.0c1 = 1.0RC1 < \
         1.0.preview2 < 1.0 = 1.0.0 = v1.0 = 01.0 < 1.0+a < 1.0+local < 1.0+local.2 < 1.0+ubuntu.1 < 1.0+1 < \
         1.0.post0.dev1 < 1.0-post < 1.0.post1 = 1.0-1 < 1.0-rev3 < 1.0.r4 < 1.0.0.0.1 < 1.9 < 1.10 < \
         2020.1.1 < 1!0.5",
    },
    Case {
        kind: "rpm",
        asked: "rpm 4.18, `rpm.labelCompare` over whole versions",
        versions: "a < 1 < 1a < 1b < 1.0~~ < 1.0~^ < 1.0~rc1-1 < 1.0 < 1.0-1~x < 1.0-1 = 0:1.0-1 < 1.0-1^x < 1.0-1.el8 \
         < 1.0-1.el9 < 1.0-1.fc39 < 1.0^~ < 1.0^-1 < 1.0^git1~pre < 1.0^git1-1 < 1.0a = 1.0.a < 1.0.0 < 1.0_1 \
         = 1.0.1 < 1.01 = 1.1 < 2.17-55.el7 < 2.17-326.el7_9 < 4.18.0-477.27.1.el8_8 < 5.14.0-362.8.1.el9_3 < \
         5.14.0-427.el9 < 9 < 10 < 999999999999999999999999 < 1000000000000000000000000 < 1:1.0-1",
    },
];

/// Places of versions in the order of a case; equal versions have the same.
fn ranked(versions: &str) -> Vec<(usize, &str)> {
    let mut rank = 0;
    let mut ranked = Vec::new();
    for word in versions.split(' ') {
        match word {
            "<" => rank += 1,
            "=" => {}
            version => ranked.push((rank, version)),
        }
    }
    ranked
}

#[test]
fn versions_are_ordered_as_their_ecosystem_orders_them() {
    for case in CASES {
        let versions = ranked(case.versions);
        for (rank, old) in &versions {
            for (other, new) in &versions {
                let found = compare(case.kind, old, new);
                let Case { kind, asked, .. } = case;
                assert_eq!(
                    found,
                    Some(rank.cmp(other)),
                    "{kind} {old} {new}, by {asked}"
                );
            }
        }
    }
}

#[test]
fn what_follows_semantic_versions_is_ordered_as_npm_does_without_marks() {
    let npm = CASES.iter().find(|case| case.kind == "npm").unwrap();
    let versions = ranked(npm.versions);
    let versions = versions
        .iter()
        .filter(|(_, version)| !version.starts_with('v'));
    let versions: Vec<_> = versions.collect();

    for kind in ["cargo", "hex", "pub", "swift"] {
        for ((rank, old), (other, new)) in versions.iter().zip(versions.iter().skip(1)) {
            assert_eq!(
                compare(kind, old, new),
                Some(rank.cmp(other)),
                "{kind} {old} {new}"
            );
        }
    }
}

#[test]
fn a_go_module_is_the_same_with_and_without_its_mark() {
    assert_eq!(compare("golang", "v1.9.0", "1.10.0"), Some(Ordering::Less));
    assert_eq!(
        compare("golang", "1.24.2", "go1.24.3"),
        Some(Ordering::Less)
    );
    assert_eq!(compare("golang", "1.21rc1", "1.21.0"), Some(Ordering::Less));
}

#[test]
fn what_is_no_version_or_of_another_ecosystem_has_no_order() {
    let has_none = |kind: &str, old: &str, new: &str| {
        assert_eq!(compare(kind, old, new), None, "{kind} {old} {new}");
        assert_eq!(compare(kind, new, old), None, "{kind} {new} {old}");
    };

    for kind in ["generic", "github", "oci", "docker", "conda", "", "DEB"] {
        has_none(kind, "1.0", "2.0");
    }
    has_none("alpm", "", "1.0-1");
    has_none("apk", "1.0_foo", "1.0");
    has_none("apk", "1.0~abc", "1.0");
    has_none("apk", "1.01", "1.1");
    has_none("apk", "1.0-1", "1.0");
    has_none("cargo", "v1.0.0", "1.0.0");
    has_none("composer", "dev-main", "1.0");
    has_none("deb", "1.0-", "1.0");
    has_none("deb", "a1", "1.0");
    has_none("deb", "1:", "1.0");
    has_none("deb", "x:1", "1.0");
    has_none("deb", "1.0ü", "1.0");
    has_none("gem", "1.0_1", "1.0");
    has_none("golang", "(devel)", "v1.0.0");
    has_none("golang", "v1.0-pre", "v1.0.0");
    has_none("golang", "v01.0.0", "v1.0.0");
    has_none("npm", "1.0", "1.0.0");
    has_none("npm", "1.0.0-01", "1.0.0");
    has_none("nuget", "1.0.0.0.0", "1.0");
    has_none("nuget", "1.0-", "1.0");
    has_none("pypi", "1.0-foo", "1.0");
    has_none("pypi", "1.0+99999999999999999999", "1.0+local");
    has_none("rpm", "1.0-", "1.0");
    has_none("rpm", "1-2-3", "1.0");
}

const KINDS: [&str; 15] = [
    "alpm", "apk", "cargo", "composer", "deb", "gem", "golang", "hex", "maven", "npm", "nuget",
    "pub", "pypi", "rpm", "swift",
];

#[test]
fn long_versions_have_no_order_and_those_just_short_enough_have_one_soon() {
    for unit in [
        "1", "0", "1.", "1-", "-", "a1", "~", "^", "_rc1", ".0", "a.", "1:", "é",
    ] {
        for kind in KINDS {
            let long = unit.repeat((1 << 20) / unit.len());
            assert_eq!(compare(kind, &long, "1.0"), None);
            let short = unit.repeat(limits::VERSION_BYTES / unit.len());
            _ = compare(
                kind,
                &short,
                &format!("{}2", &short[..short.len() - unit.len()]),
            );
        }
    }
    let digits = "9".repeat(1_000);
    assert_eq!(
        compare("deb", &digits, &format!("1{digits}")),
        Some(Ordering::Less)
    );
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_order_turns_round_with_its_sides(kind in prop::sample::select(&KINDS[..]), old in ".*", new in ".*") {
            prop_assert_eq!(compare(kind, &old, &new), compare(kind, &new, &old).map(Ordering::reverse));
        }

        #[test]
        fn so_does_that_of_what_looks_like_versions(
            kind in prop::sample::select(&KINDS[..]),
            old in "[v0-3.~^+_:ab-]{1,12}",
            new in "[v0-3.~^+_:ab-]{1,12}",
        ) {
            prop_assert_eq!(compare(kind, &old, &new), compare(kind, &new, &old).map(Ordering::reverse));
            let is_itself = compare(kind, &old, &old).is_none_or(Ordering::is_eq);
            prop_assert!(is_itself);
        }
    }
}
