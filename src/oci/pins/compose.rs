//! Compose files: the image of each service.

use super::edit::Fix;
use super::mention::{Mentions, Place, Spot};
use super::yaml::{At, Document};
use super::{dockerfile, walk};

/// Whether it is a compose file, by its name or its services.
pub(super) fn is_compose(file: &str, root: At<'_>) -> bool {
    let named = ["docker-compose", "compose", "podman-compose"]
        .iter()
        .any(|start| {
            file.strip_prefix(start)
                .is_some_and(|rest| rest.starts_with(['.', '-', '_']))
        });
    let Some(services) = root.get("services").map(At::target) else {
        return false;
    };
    let is_service = |at: At<'_>| at.get("image").is_some() || at.get("build").is_some();
    named || services.entries().any(|(_, service)| is_service(service))
}

/// Finds the images of services and of what they share.
pub(super) fn find(document: &Document<'_>, root: At<'_>, found: &mut Mentions) {
    let services = root.get("services").map(At::target);
    for (_, service) in services.into_iter().flat_map(At::entries) {
        one(service, found);
    }
    // `x-…: &base {image: …}` is merged into services, each of which may change it.
    for (key, shared) in root.entries() {
        if key.text().is_some_and(|key| key.starts_with("x-")) {
            walk::find(document, shared, Place::Compose, found);
        }
    }
}

fn one(service: At<'_>, found: &mut Mentions) {
    let build = service.get("build");
    if let Some(image) = service.get("image")
        && let Some(text) = image.word()
    {
        if build.is_some() {
            let fix = Fix::No("the service also builds it");
            found.add(text, spot(image), fix);
        } else {
            walk::add(text, image, Place::Compose, found);
        }
    }
    if let Some(inline) = build.and_then(|build| build.get("dockerfile_inline"))
        && let Some(text) = inline.text()
    {
        let fix = Fix::No("it is in a Dockerfile inside of another file");
        dockerfile::inside(text, &spot(inline), &fix, found);
    }
    for volume in service.get("volumes").into_iter().flat_map(At::elements) {
        if volume.get("type").and_then(At::word) == Some("image")
            && let Some(source) = volume.get("source")
            && let Some(text) = source.word()
        {
            walk::add(text, source, Place::ImageVolume, found);
        }
    }
}

fn spot(at: At<'_>) -> Spot {
    let (line, column) = at.position();
    Spot {
        line,
        column,
        span: at.inner().unwrap_or_else(|| at.span()),
        place: Place::Compose,
    }
}
