//! CycloneDX as XML.

use super::formats::CYCLONEDX as JSON;
use crate::sbom::document::Encoding;
use crate::sbom::{SbomError, parse};

/// The same document as the JSON one of `formats`.
pub(super) const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:1" version="1">
  <metadata><timestamp>2026-01-02T03:04:05Z</timestamp>
    <lifecycles><lifecycle><phase>build</phase></lifecycle><lifecycle><name>mine</name></lifecycle></lifecycles>
    <tools><components><component type="application"><name>t</name><version>2</version></component></components></tools>
    <authors><author><name>Me</name></author></authors>
    <component type="container" bom-ref="own"><name>shop</name><version>3</version></component>
    <supplier><name>Acme</name></supplier></metadata>
  <components>
    <component type="library" bom-ref="a"><supplier><name>S</name></supplier><publisher>P</publisher><group>g</group>
      <name>a</name><version>1</version><hashes><hash alg="SHA-256">ab</hash></hashes>
      <licenses><license acknowledgement="declared"><id>MIT</id></license><license><name>Some license</name></license>
        <expression acknowledgement="concluded">MIT OR ISC</expression></licenses>
      <cpe>cpe:2.3:a</cpe><purl>pkg:npm/a</purl><omniborId>gitoid:1</omniborId>
      <components><component type="library" bom-ref="b"><name>b</name></component></components></component>
    <component type="file" bom-ref="f"><name>f</name><components><component type="library" bom-ref="d"><name>d</name></component></components></component>
    <component type="library" bom-ref="c"><name>c</name></component></components>
  <services><service bom-ref="s"><name>s</name></service></services>
  <dependencies><dependency ref="own"><dependency ref="a"/><dependency ref="s"/><dependency ref="f"/></dependency>
    <dependency ref="b"/><dependency ref="c"></dependency></dependencies>
  <compositions><composition><aggregate>unknown</aggregate><dependencies><dependency ref="c"/></dependencies></composition></compositions>
</bom>"#;

#[test]
fn xml_gives_the_same_as_json() {
    let xml = parse(XML.as_bytes()).unwrap();
    let mut json = parse(JSON.as_bytes()).unwrap();

    assert_eq!(xml.encoding, Encoding::Xml);
    json.encoding = Encoding::Xml;
    assert_eq!(format!("{xml:#?}"), format!("{json:#?}"));
}

#[test]
fn a_prefix_instead_of_a_default_namespace_changes_nothing() {
    let mut prefixed = XML
        .replace("xmlns=", "xmlns:c=")
        .replace("</", "\u{1}")
        .replace("<?", "\u{2}");
    prefixed = prefixed
        .replace('<', "<c:")
        .replace('\u{1}', "</c:")
        .replace('\u{2}', "<?");

    let found = parse(prefixed.as_bytes()).unwrap();

    assert_eq!(
        format!("{found:#?}"),
        format!("{:#?}", parse(XML.as_bytes()).unwrap())
    );
}

#[test]
fn elements_of_other_namespaces_are_passed_over() {
    let strange = r#"<component xmlns="urn:other" type="library"><name>x</name></component>"#;
    let text = XML.replace("<components>\n", &format!("<components>{strange}\n"));

    assert_eq!(parse(text.as_bytes()).unwrap().packages.len(), 5);
}

#[test]
fn characters_are_unescaped_and_nothing_else_is_ever_replaced() {
    let of = |name: &str| {
        let text = XML.replace("<name>c</name>", &format!("<name>{name}</name>"));
        parse(text.as_bytes()).map(|sbom| sbom.packages[4].name.clone().into_owned())
    };
    let declared = XML.replace("<bom ", "<!DOCTYPE bom [<!ENTITY e \"x\">]><bom ");

    assert_eq!(of("a&amp;b &#x41;<![CDATA[<&>]]>").unwrap(), "a&b A<&>");
    assert!(matches!(of("&e;"), Err(SbomError::Xml { .. })));
    assert!(matches!(of("a</name><name>b"), Err(SbomError::Xml { .. })));
    assert!(matches!(
        parse(declared.as_bytes()),
        Err(SbomError::Xml { .. })
    ));
}

#[test]
fn other_xml_is_refused() {
    let newer = XML.replace("bom/1.6", "bom/2.0");
    let older = XML.replace("bom/1.6", "bom/1.3");
    let deep = XML.replace(
        "<services>",
        &format!("<services>{}", "<service>".repeat(100_000)),
    );

    assert!(matches!(parse(b"<bom/>"), Err(SbomError::Unknown)));
    assert!(matches!(
        parse(b"<a xmlns='urn:b'/>"),
        Err(SbomError::Unknown)
    ));
    assert!(matches!(
        parse(newer.as_bytes()),
        Err(SbomError::Version { .. })
    ));
    assert!(matches!(
        parse(older.as_bytes()),
        Err(SbomError::Version { .. })
    ));
    assert!(matches!(parse(deep.as_bytes()), Err(SbomError::TooDeep)));
    assert!(matches!(
        parse(&XML.as_bytes()[..XML.len() - 4]),
        Err(SbomError::Xml { .. })
    ));
    assert!(matches!(
        parse(format!("{XML}{}", &XML[38..]).as_bytes()),
        Err(SbomError::Xml { .. })
    ));
}
