//! Which elements of a schema version 2 dashboard are drawn once for each value of a variable.

use super::wire::Layout;
use std::collections::BTreeMap;

/// Layouts inside layouts that are looked into.
const DEPTH: usize = 16;

/// The variables for each element that repeats by its own place, row or tab.
pub(super) fn repeats(layout: &Layout) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut found = BTreeMap::new();
    look(layout, &[], DEPTH, &mut found)?;
    Ok(found)
}

fn look(
    layout: &Layout,
    outer: &[String],
    depth: usize,
    found: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), String> {
    let depth = (depth.checked_sub(1))
        .ok_or_else(|| format!("the dashboard's layout has more than {DEPTH} levels"))?;
    let spec = &layout.spec;
    let own = spec.repeat.as_ref().map(|repeat| repeat.value.clone());
    let repeats = [outer, &Vec::from_iter(own)].concat();
    if let Some(element) = &spec.element {
        found.insert(element.name.clone(), repeats.clone());
    }
    let inner = [&spec.items, &spec.rows, &spec.tabs].into_iter().flatten();
    for layout in inner.chain(spec.layout.as_deref()) {
        look(layout, &repeats, depth, found)?;
    }
    Ok(())
}
