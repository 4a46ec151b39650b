//! The product tree: what product ids mean.

use super::super::super::ScanError;
use super::super::super::json::text;
use super::super::{Component, Product};
use super::wire::{FullProductName, WireTree};
use crate::model::limits;
use crate::sbom::document::Text;
use std::collections::BTreeMap;

/// Products by their id.
pub(super) struct Tree<'a> {
    pub(super) products: BTreeMap<Text<'a>, Component>,
    /// What a relationship's product is part of, and which part it is.
    pub(super) parts: BTreeMap<Text<'a>, (Text<'a>, Text<'a>)>,
    pub(super) groups: BTreeMap<Text<'a>, Vec<Text<'a>>>,
}

impl<'a> Tree<'a> {
    pub(super) fn of(wire: WireTree<'a>) -> Result<Self, ScanError> {
        let mut tree = Self {
            products: BTreeMap::new(),
            parts: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        let mut open = vec![wire.branches.all("branches")?];
        while let Some(branches) = open.pop() {
            for branch in branches {
                tree.add(branch.product)?;
                open.push(branch.branches.all("branches")?);
            }
        }
        for product in wire.full_product_names.all("full_product_names")? {
            tree.add(Some(product))?;
        }
        for one in wire.relationships.all("relationships")? {
            let id = one
                .full_product_name
                .as_ref()
                .and_then(|name| text(name.product_id.clone()));
            tree.add(one.full_product_name)?;
            if let (Some(id), Some(part), Some(whole)) = (id, text(one.part), text(one.whole)) {
                tree.parts.insert(id, (whole, part));
            }
        }
        for group in wire.product_groups.all("product_groups")? {
            if let Some(id) = text(group.group_id) {
                tree.groups
                    .insert(id, group.product_ids.texts("product_ids")?);
            }
        }
        Ok(tree)
    }

    fn add(&mut self, product: Option<FullProductName<'a>>) -> Result<(), ScanError> {
        let Some(product) = product else {
            return Ok(());
        };
        let helper = product.helper.unwrap_or_default();
        let mut component = Component::default();
        let further = helper.purls.texts("purls")?;
        for purl in text(helper.purl).iter().chain(&further) {
            component.add(purl);
        }
        component.other |= helper.cpe.is_some();
        if let Some(id) = text(product.product_id) {
            // Ids are unique (section 6.1.2): which of two is meant is not known.
            (self.products.entry(id))
                .and_modify(|one| *one = Component::default())
                .or_insert(component);
        }
        if self.products.len() > limits::VEX_PRODUCTS {
            return Err(ScanError::TooMany {
                what: "products",
                found: self.products.len(),
                most: limits::VEX_PRODUCTS,
            });
        }
        Ok(())
    }

    /// What an id means. A relationship's product that has a package URL of its own is that; parts of parts are not
    /// followed.
    pub(super) fn product(&self, id: &str) -> Product {
        let own = self.products.get(id).cloned().unwrap_or_default();
        let component = |id: &str| self.products.get(id).cloned().unwrap_or_default();
        match self.parts.get(id) {
            Some((whole, part)) if own.purls.is_empty() => Product {
                component: component(whole),
                subcomponents: vec![component(part)],
            },
            _ => Product {
                component: own,
                subcomponents: Vec::new(),
            },
        }
    }
}
