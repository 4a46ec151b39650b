//! Each format's own ways.

use crate::sbom::document::{
    Defect, Dependencies, Edge, EdgeKind, Encoding, LicenseBy, Role, Sbom, Text,
};
use crate::sbom::{SbomError, parse};

pub(super) const SPDX2: &str = r#"{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.2","name":"shop","documentNamespace":"https://example.org/shop",
    "creationInfo":{"created":"2026-01-02T03:04:05Z","creators":["Tool: syft-1.2","Organization: Example","Person: A (a@example.org)"]},
    "documentDescribes":["SPDXRef-b"],"files":[{"SPDXID":"SPDXRef-x","nested":[[[]]]}],
    "packages":[
      {"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1\u002e2","supplier":"Organization: Acme","originator":"NOASSERTION",
       "licenseDeclared":"MIT","licenseConcluded":"NOASSERTION","checksums":[{"algorithm":"SHA256","checksumValue":"ab"}],
       "externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1.2"},{"referenceType":"purl","referenceLocator":"pkg:npm/b"},
        {"referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"}]},
      {"SPDXID":"SPDXRef-b","name":"b","checksums":null,"primaryPackagePurpose":"APPLICATION"},
      {"SPDXID":"SPDXRef-c","name":"c"},{"SPDXID":"SPDXRef-d","name":"d"}],
    "relationships":[
      {"spdxElementId":"SPDXRef-a","relationshipType":"DEPENDENCY_OF","relatedSpdxElement":"SPDXRef-b"},
      {"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINED_BY","relatedSpdxElement":"SPDXRef-b"},
      {"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-x"},
      {"spdxElementId":"SPDXRef-a","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-nothing"},
      {"spdxElementId":"SPDXRef-c","relationshipType":"DEPENDS_ON","relatedSpdxElement":"NONE"},
      {"spdxElementId":"SPDXRef-d","relationshipType":"CONTAINS","relatedSpdxElement":"NOASSERTION"}]}"#;

fn edge(from: u32, kind: EdgeKind, to: u32) -> Edge {
    Edge { from, to, kind }
}

fn dependencies(sbom: &Sbom<'_>) -> Vec<Dependencies> {
    sbom.packages.iter().map(|one| one.dependencies).collect()
}

#[test]
fn spdx_2_gives_what_it_says_and_turns_inverse_relationships_round() {
    let sbom = parse(SPDX2.as_bytes()).unwrap();

    assert_eq!(
        (sbom.version.as_ref(), sbom.encoding),
        ("2.2", Encoding::Json)
    );
    assert_eq!(sbom.authors, ["Example", "A (a@example.org)"]);
    assert_eq!(sbom.tools[0].name, "syft-1.2");
    assert_eq!(sbom.created.as_deref(), Some("2026-01-02T03:04:05Z"));
    let a = &sbom.packages[0];
    assert_eq!(a.version.as_deref(), Some("1.2"));
    assert_eq!(
        (a.supplier.as_deref(), a.originator.as_deref()),
        (Some("Acme"), Some("NOASSERTION"))
    );
    assert_eq!(
        (a.purl.as_deref(), a.more_purls.as_slice()),
        (Some("pkg:npm/a@1.2"), &[Text::from("pkg:npm/b")][..])
    );
    assert!(a.identifiers.cpe && !a.identifiers.swid);
    assert_eq!(
        a.licenses
            .iter()
            .map(|one| (one.text.as_ref(), one.by))
            .collect::<Vec<_>>(),
        [
            ("MIT", LicenseBy::Declared),
            ("NOASSERTION", LicenseBy::Concluded)
        ]
    );
    assert_eq!(
        (a.hashes[0].algorithm.as_ref(), a.hashes[0].value.as_ref()),
        ("SHA256", "ab")
    );
    assert_eq!(sbom.packages[1].role, Role::Subject);
    assert_eq!(
        sbom.edges,
        [
            edge(1, EdgeKind::DependsOn, 0),
            edge(1, EdgeKind::Contains, 0)
        ]
    );
    assert_eq!(
        dependencies(&sbom),
        [
            Dependencies::Stated,
            Dependencies::Stated,
            Dependencies::None,
            Dependencies::Unknown
        ]
    );
    assert_eq!(sbom.files, 1);
    let example = "SPDXRef-nothing".into();
    assert_eq!(sbom.defects, [Defect::Dangling { count: 1, example }]);
}

#[test]
fn text_without_an_escape_is_borrowed_and_with_one_is_not() {
    let sbom = parse(SPDX2.as_bytes()).unwrap();
    let is_borrowed = |text: &Text<'_>| matches!(text, Text::Borrowed(_));
    let a = &sbom.packages[0];

    let borrowed = [
        &a.id,
        &a.name,
        a.purl.as_ref().unwrap(),
        &a.more_purls[0],
        a.supplier.as_ref().unwrap(),
        &a.hashes[0].value,
        &a.licenses[0].text,
        sbom.id.as_ref().unwrap(),
        &sbom.authors[0],
    ];
    assert!(borrowed.into_iter().all(is_borrowed));
    assert!(!is_borrowed(a.version.as_ref().unwrap()));
}

pub(super) const TAG_VALUE: &str = "SPDXVersion: SPDX-2.3\r\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: shop\nCreator: Tool: syft-1.2\n\
        DocumentNamespace: https://example.org/shop\n# a comment: x\nCreated: 2026-01-02T03:04:05Z\n\
        PackageName: cart\nSPDXID: SPDXRef-cart\nPackageVersion: 1.2\nPackageSupplier: Person: B\n\
        PackageLicenseDeclared: MIT\nPackageComment: <text>first\nPackageName: no package\n</text>\n\
        PackageChecksum: SHA1: ab\nExternalRef: PACKAGE-MANAGER purl pkg:cargo/cart@1.2\n\
        PackageName: tax\nSPDXID: SPDXRef-tax\nPackageLicenseConcluded: NOASSERTION\n\
        FileName: ./a\nSPDXID: SPDXRef-thing\nLicenseConcluded: MIT\n\
        Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-cart\nRelationship: SPDXRef-cart CONTAINS SPDXRef-thing\n\
        Relationship: SPDXRef-tax RUNTIME_DEPENDENCY_OF SPDXRef-cart\n";

#[test]
fn tag_value_gives_the_same_as_json() {
    let text = TAG_VALUE;

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!(
        (sbom.version.as_ref(), sbom.encoding),
        ("2.3", Encoding::TagValue)
    );
    assert_eq!(
        sbom.subjects().map(|one| one.title()).collect::<Vec<_>>(),
        ["cart@1.2"]
    );
    assert_eq!(
        (sbom.packages.len(), sbom.files, sbom.tools.len()),
        (2, 1, 1)
    );
    let cart = &sbom.packages[0];
    assert_eq!(
        (cart.supplier.as_deref(), cart.purl.as_deref()),
        (Some("B"), Some("pkg:cargo/cart@1.2"))
    );
    assert_eq!(
        (cart.licenses.len(), cart.hashes[0].value.as_ref()),
        (1, "ab")
    );
    assert_eq!(sbom.edges, [edge(0, EdgeKind::DependsOn, 1)]);
    assert_eq!(sbom.defects, []);
}

#[test]
fn tag_value_without_a_version_or_with_another_is_refused() {
    let none = parse(b"PackageName: a\n").unwrap_err();
    let old = parse(b"SPDXVersion: SPDX-1.2\n").unwrap_err();

    assert!(matches!(none, SbomError::Unknown), "{none:?}");
    assert!(matches!(old, SbomError::Version { .. }), "{old:?}");
}

pub(super) const SPDX3: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
    {"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-02T03:04:05Z","createdBy":["urn:me"],"createdUsing":["urn:tool"]},
    {"type":"Person","spdxId":"urn:me","name":"Me","creationInfo":"_:c"},
    {"type":"Tool","spdxId":"urn:tool","name":"maker","creationInfo":"_:c"},
    {"type":"SpdxDocument","spdxId":"urn:doc","name":"shop","creationInfo":"_:c","rootElement":["urn:sbom"]},
    {"type":"software_Sbom","spdxId":"urn:sbom","rootElement":["urn:cart"],"software_sbomType":["build"]},
    {"type":"software_Package","spdxId":"urn:cart","name":"cart","software_packageVersion":"1.2","suppliedBy":"urn:me",
     "verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"ab"}]},
    {"type":"software_Package","spdxId":"urn:tax","name":"tax","software_packageUrl":"pkg:npm/tax",
     "externalIdentifier":[{"type":"ExternalIdentifier","externalIdentifierType":"packageUrl","identifier":"pkg:npm/tax"},
      {"type":"ExternalIdentifier","externalIdentifierType":"cpe23","identifier":"cpe:2.3:a"}]},
    {"type":"software_File","spdxId":"urn:file","name":"f"},
    {"type":"simplelicensing_LicenseExpression","spdxId":"urn:mit","simplelicensing_licenseExpression":"MIT"},
    {"type":"Relationship","spdxId":"urn:1","from":"urn:cart","relationshipType":"hasDeclaredLicense","to":["urn:mit"]},
    {"type":"Relationship","spdxId":"urn:2","from":"urn:tax","relationshipType":"hasConcludedLicense","to":["https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"]},
    {"type":"Relationship","spdxId":"urn:3","from":"urn:cart","relationshipType":"dependsOn","to":["urn:tax","urn:file","urn:gone"]}]}"#;

#[test]
fn spdx_3_is_put_together_from_its_graph() {
    let sbom = parse(SPDX3.as_bytes()).unwrap();

    assert_eq!(
        (
            sbom.version.as_ref(),
            sbom.name.as_deref(),
            sbom.id.as_deref()
        ),
        ("3.0.1", Some("shop"), Some("urn:doc"))
    );
    assert_eq!(
        (sbom.authors[0].as_ref(), sbom.tools[0].name.as_ref()),
        ("Me", "maker")
    );
    assert_eq!(sbom.lifecycles, ["build"]);
    assert_eq!(
        sbom.subjects().map(|one| one.title()).collect::<Vec<_>>(),
        ["cart@1.2"]
    );
    assert_eq!((sbom.packages.len(), sbom.files), (2, 1));
    let [cart, tax] = sbom.packages.as_slice() else {
        panic!()
    };
    assert_eq!(
        (cart.supplier.as_deref(), cart.hashes[0].value.as_ref()),
        (Some("Me"), "ab")
    );
    assert_eq!(
        (cart.licenses[0].text.as_ref(), cart.licenses[0].by),
        ("MIT", LicenseBy::Declared)
    );
    assert_eq!(
        (tax.licenses[0].text.as_ref(), tax.licenses[0].by),
        ("NOASSERTION", LicenseBy::Concluded)
    );
    assert_eq!(
        (
            tax.purl.as_deref(),
            tax.more_purls.len(),
            tax.identifiers.cpe
        ),
        (Some("pkg:npm/tax"), 0, true)
    );
    assert_eq!(sbom.edges, [edge(0, EdgeKind::DependsOn, 1)]);
    let example = "urn:gone".into();
    assert_eq!(sbom.defects, [Defect::Dangling { count: 1, example }]);
}

#[test]
fn one_element_of_spdx_3_is_a_document_of_its_own() {
    let text = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","type":"SpdxDocument","spdxId":"urn:doc",
        "creationInfo":{"type":"CreationInfo","specVersion":"3.0.1","created":"2026-01-02T03:04:05Z"},"name":"none"}"#;

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!(
        (sbom.packages.len(), sbom.created.as_deref()),
        (0, Some("2026-01-02T03:04:05Z"))
    );
}

#[test]
fn other_graphs_and_versions_are_refused() {
    let of = |from: &str, to: &str| parse(SPDX3.replace(from, to).as_bytes()).map(|_| ());

    let foreign = of("https://spdx.org/rdf/3.0.1/spdx", "https://schema.org/");
    let newer = of("\"specVersion\":\"3.0.1\"", "\"specVersion\":\"4.0\"");
    let bare = of("SpdxDocument", "Document");

    assert!(matches!(foreign, Err(SbomError::Unknown)), "{foreign:?}");
    assert!(matches!(newer, Err(SbomError::Version { .. })), "{newer:?}");
    assert!(matches!(bare, Err(SbomError::Lacks { .. })), "{bare:?}");
}

pub(super) const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:1","components":[
    {"components":[{"type":"library","bom-ref":"b","name":"b"}],"type":"library","bom-ref":"a","group":"g","name":"a","version":"1",
     "publisher":"P","supplier":{"name":"S"},"cpe":"cpe:2.3:a","purl":"pkg:npm/a","omniborId":["gitoid:1"],
     "licenses":[{"license":{"id":"MIT","acknowledgement":"declared"}},{"license":{"name":"Some license"}},{"expression":"MIT OR ISC","acknowledgement":"concluded"}],
     "hashes":[{"alg":"SHA-256","content":"ab"}]},
    {"type":"file","bom-ref":"f","name":"f","components":[{"type":"library","bom-ref":"d","name":"d"}]},
    {"type":"library","bom-ref":"c","name":"c"}],
    "metadata":{"timestamp":"2026-01-02T03:04:05Z","lifecycles":[{"phase":"build"},{"name":"mine"}],
     "tools":{"components":[{"type":"application","name":"t","version":"2"}]},"authors":[{"name":"Me"}],"supplier":{"name":"Acme"},
     "component":{"type":"container","bom-ref":"own","name":"shop","version":"3"}},
    "services":[{"bom-ref":"s","name":"s"}],
    "dependencies":[{"ref":"own","dependsOn":["a","s","f"]},{"ref":"b","dependsOn":[]},{"ref":"c"}],
    "compositions":[{"aggregate":"unknown","dependencies":["c"]}]}"#;

#[test]
fn cyclonedx_puts_its_own_component_first_and_nested_ones_after_their_holder() {
    let sbom = parse(CYCLONEDX.as_bytes()).unwrap();

    let names: Vec<&str> = sbom.packages.iter().map(|one| one.name.as_ref()).collect();
    assert_eq!(names, ["shop", "g/a", "b", "d", "c"]);
    assert_eq!(
        (sbom.name.as_deref(), sbom.packages[0].role),
        (Some("shop"), Role::Metadata)
    );
    assert_eq!((sbom.files, sbom.listed().count()), (1, 4));
    assert_eq!(sbom.authors, ["Me"]);
    assert_eq!(
        (
            sbom.tools[0].name.as_ref(),
            sbom.tools[0].version.as_deref()
        ),
        ("t", Some("2"))
    );
    assert_eq!(sbom.lifecycles, ["build", "mine"]);
    let a = &sbom.packages[1];
    assert_eq!(
        (a.supplier.as_deref(), a.originator.as_deref()),
        (Some("S"), Some("P"))
    );
    let licenses: Vec<_> = a
        .licenses
        .iter()
        .map(|one| (one.text.as_ref(), one.is_name, one.by))
        .collect();
    assert_eq!(
        licenses,
        [
            ("MIT", false, LicenseBy::Declared),
            ("Some license", true, LicenseBy::Unsaid),
            ("MIT OR ISC", false, LicenseBy::Concluded)
        ]
    );
    assert!(a.identifiers.cpe && a.identifiers.other && !a.identifiers.swid);
    assert_eq!(
        sbom.edges,
        [
            edge(0, EdgeKind::DependsOn, 1),
            edge(1, EdgeKind::Contains, 2)
        ]
    );
    assert_eq!(
        dependencies(&sbom),
        [
            Dependencies::Stated,
            Dependencies::Stated,
            Dependencies::None,
            Dependencies::Missing,
            Dependencies::Unknown
        ]
    );
    assert_eq!(sbom.defects, []);
}

#[test]
fn cyclonedx_of_1_4_has_its_tools_in_a_list() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.4","metadata":{"tools":[{"vendor":"v","name":"t","version":"1"}]},
        "components":null}"#;

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!((sbom.tools.len(), sbom.packages.len()), (1, 0));
}

#[test]
fn containment_in_a_circle_and_doubled_ids_are_defects() {
    let text = r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"a","name":"a"},{"SPDXID":"b","name":"b"},
        {"SPDXID":"b","name":""},{"SPDXID":"c","name":"c","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:x"}]}],
        "relationships":[{"spdxElementId":"a","relationshipType":"CONTAINS","relatedSpdxElement":"b"},
        {"spdxElementId":"b","relationshipType":"CONTAINS","relatedSpdxElement":"c"},
        {"spdxElementId":"c","relationshipType":"CONTAINS","relatedSpdxElement":"a"}]}"#;

    let sbom = parse(text.as_bytes()).unwrap();

    assert_eq!(
        sbom.defects,
        [
            Defect::DuplicateId("b".into()),
            Defect::Nameless("b".into()),
            Defect::Purl("pkg:x".into()),
            Defect::Cycle("a".into())
        ]
    );
}
