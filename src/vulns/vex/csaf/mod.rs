//! CSAF 2.0 and 2.1 (OASIS), the product status of `csaf_vex` and any other profile.
//!
//! A product id of a relationship means its `product_reference` as a part of what it relates to; only what has a package
//! URL can be compared, so a part of a platform that is named by a CPE hides nothing.

mod tree;
mod wire;

use super::super::ScanError;
use super::super::json::{cut, text};
use super::super::report::time;
use super::{Product, VexDocument, VexFormat, VexStatement, VexStatus};
use crate::sbom::document::Text;
use std::collections::BTreeMap;
use tree::Tree;
use wire::{Document, Reason};

pub(super) fn parse(document: &str) -> Result<VexDocument<'_>, ScanError> {
    let document: Document<'_> = serde_json::from_str(document)?;
    let own = document.document;
    let version = text(own.csaf_version).unwrap_or_default();
    if !matches!(version.as_ref(), "2.0" | "2.1") {
        return Err(ScanError::CsafVersion {
            found: cut(&version),
        });
    }
    let tracking = own.tracking.unwrap_or_default();
    let timestamp = text(tracking.current_release_date).and_then(|text| time(&text));
    let tree = Tree::of(document.product_tree.unwrap_or_default())?;
    let mut statements = Vec::new();
    let mut references: usize = 0;
    for found in document.vulnerabilities.all("vulnerabilities")? {
        let mut names: Vec<Text<'_>> = text(found.cve).into_iter().collect();
        for id in found.ids.all("ids")? {
            names.extend(text(id.text));
        }
        let flags = reasons(found.flags.all("flags")?, &tree, |_| true)?;
        let threats = found.threats.all("threats")?;
        let is_impact =
            |one: &Reason<'_>| one.category.as_ref().is_some_and(|one| one.0 == "impact");
        let threats = reasons(threats, &tree, is_impact)?;
        let status = found.product_status.unwrap_or_default();
        for (list, status) in [
            (status.known_not_affected, VexStatus::NotAffected),
            (status.fixed, VexStatus::Fixed),
            (status.first_fixed, VexStatus::Fixed),
            (status.under_investigation, VexStatus::UnderInvestigation),
            (status.known_affected, VexStatus::Affected),
            (status.first_affected, VexStatus::Affected),
            (status.last_affected, VexStatus::Affected),
        ] {
            // Products with the same reasons are one statement.
            let mut together: BTreeMap<_, Vec<Product>> = BTreeMap::new();
            for id in list.texts("product_status")? {
                let reasons = (flags.get(&id).cloned(), threats.get(&id).cloned());
                let products = together.entry(reasons).or_default();
                products.push(tree.product(&id));
                references = references.saturating_add(names.len().max(1));
                super::bounded(references)?;
            }
            statements.extend(
                together
                    .into_iter()
                    .map(|(reasons, products)| VexStatement {
                        vulnerabilities: names.clone(),
                        products,
                        status,
                        justification: reasons.0,
                        statement: reasons.1,
                        timestamp,
                    }),
            );
        }
    }
    Ok(VexDocument {
        format: VexFormat::Csaf,
        id: text(tracking.id),
        author: own.publisher.and_then(|one| text(one.name)),
        statements,
        unread: 0,
    })
}

/// The first reason that is given for each product.
fn reasons<'a>(
    all: Vec<Reason<'a>>,
    tree: &Tree<'a>,
    counts: impl Fn(&Reason<'a>) -> bool,
) -> Result<BTreeMap<Text<'a>, Text<'a>>, ScanError> {
    let mut found = BTreeMap::new();
    let mut steps: usize = 0;
    for one in all {
        let counted = counts(&one);
        let Some(said) = text(one.label).or(text(one.details)).filter(|_| counted) else {
            continue;
        };
        let groups = one.group_ids.texts("group_ids")?;
        let grouped = groups
            .iter()
            .filter_map(|id| tree.groups.get(id))
            .flatten()
            .cloned();
        for id in one
            .product_ids
            .texts("product_ids")?
            .into_iter()
            .chain(grouped)
        {
            steps += 1;
            super::bounded(steps)?;
            found.entry(id).or_insert_with(|| said.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::{Component, parse};
    use super::*;

    const VEX: &str = r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"name":"P"},
        "tracking":{"id":"T-1","current_release_date":"2024-01-01T00:00:00Z"}},
        "product_tree":{"branches":[{"category":"vendor","name":"V","branches":[
            {"category":"product_version","name":"1","product":{"product_id":"left","name":"left",
             "product_identification_helper":{"purl":"pkg:npm/left@1"}}},
            {"category":"product_version","name":"2","product":{"product_id":"cpe","name":"x",
             "product_identification_helper":{"cpe":"cpe:/a:x"}}}]}],
          "full_product_names":[{"product_id":"app","name":"app","product_identification_helper":{"purl":"pkg:oci/app@sha256:ab"}}],
          "relationships":[
            {"category":"default_component_of","full_product_name":{"product_id":"app:left","name":"x"},
             "product_reference":"left","relates_to_product_reference":"app"},
            {"category":"default_component_of","full_product_name":{"product_id":"cpe:left","name":"x"},
             "product_reference":"left","relates_to_product_reference":"cpe"}],
          "product_groups":[{"group_id":"g","product_ids":["app:left","cpe"]}]},
        "vulnerabilities":[{"cve":"CVE-1","ids":[{"system_name":"GitHub","text":"GHSA-a"}],
          "product_status":{"known_not_affected":["left","app:left","cpe:left"],"fixed":["cpe"],"known_affected":["gone"],
            "recommended":["left"]},
          "flags":[{"label":"component_not_present","product_ids":["left"]}],
          "threats":[{"category":"impact","details":"not used","group_ids":["g"]},
            {"category":"exploit_status","details":"none","product_ids":["cpe:left"]}]}]}"#;

    #[test]
    fn product_ids_mean_packages_or_parts_with_the_reasons_given_for_them() {
        let document = parse(VEX.as_bytes()).unwrap();

        assert_eq!(
            (document.id.as_deref(), document.author.as_deref()),
            (Some("T-1"), Some("P"))
        );
        let of = |status| {
            document
                .statements
                .iter()
                .filter(move |one| one.status == status)
        };
        let [bare, impact, flagged] = of(VexStatus::NotAffected).collect::<Vec<_>>()[..] else {
            panic!("{document:?}")
        };
        assert!(bare.is_unjustified());
        assert_eq!(
            bare.products[0].component,
            Component {
                other: true,
                ..Component::default()
            }
        );
        assert_eq!(impact.statement.as_deref(), Some("not used"));
        assert_eq!(
            impact.products[0].component,
            Component::of("pkg:oci/app@sha256:ab")
        );
        assert_eq!(
            impact.products[0].subcomponents,
            [Component::of("pkg:npm/left@1")]
        );
        assert_eq!(
            flagged.justification.as_deref(),
            Some("component_not_present")
        );
        assert_eq!(
            flagged.products[0].component,
            Component::of("pkg:npm/left@1")
        );
        assert_eq!(flagged.vulnerabilities, ["CVE-1", "GHSA-a"]);
        assert_eq!(of(VexStatus::Fixed).count(), 1);
        let unknown = of(VexStatus::Affected).next().unwrap();
        assert_eq!(unknown.products[0], Product::default());
    }

    #[test]
    fn an_id_that_stands_for_two_products_means_none() {
        let text = VEX.replace(
            r#""product_id":"cpe","name":"x","#,
            r#""product_id":"left","name":"x","#,
        );

        let document = parse(text.as_bytes()).unwrap();

        let purls = document.statements.iter().flat_map(|one| &one.products);
        assert!(
            purls
                .flat_map(|one| &one.component.purls)
                .all(|purl| purl.kind == "oci")
        );
    }

    #[test]
    fn another_version_is_refused() {
        let text = VEX.replace("\"2.0\"", "\"3.0\"");

        assert!(matches!(
            parse(text.as_bytes()),
            Err(ScanError::CsafVersion { .. })
        ));
    }
}
