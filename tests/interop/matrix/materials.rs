//! What defects are made from: specimens that a cosign really signed, and what to change in them.

use super::case::{Answer, Case};
use super::good::repository;
use super::sign::Style;
use super::specimen::{Image, Specimen};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What is around the specimen that is changed.
pub(crate) struct Materials {
    /// Another image by the same signer.
    pub(crate) other: Specimen,
    /// The same image by another signer of the same kind.
    pub(crate) stranger: Specimen,
}

/// One defect: its name, the answer that it deserves, and how it is made.
pub(crate) type Defect = (&'static str, Answer, fn(&mut Specimen, &Materials));

/// One image, signed by the style, in as many repositories as there are defects, each with one of them.
pub(crate) fn with_defects(
    style: Style,
    stranger: Style,
    defects: impl IntoIterator<Item = Defect>,
) -> Vec<Case> {
    let signed = |by: Style, place: &str, image: Image| {
        let repository = repository(&format!("{}-{place}", style.name));
        by.sign(&image.put(&repository), &[]);
        Specimen::read(&repository, image)
    };
    let image = Image::single(&format!("{} with a defect", style.name));
    let other = Image::single(&format!("{} beside it", style.name));
    let good = signed(style, "specimen", image.clone());
    let materials = Materials {
        other: signed(style, "other", other),
        stranger: signed(stranger, "stranger", image),
    };
    defects
        .into_iter()
        .map(|(name, wanted, change)| {
            let mut specimen = good.clone();
            change(&mut specimen, &materials);
            let image = specimen.put(&repository(&format!("{}-{name}", style.name)));
            Case::new(style, name, &image, style.accepted()).wants(wanted)
        })
        .collect()
}

/// Changes one bit near the end of what base64 text says.
pub(crate) fn flip(text: &mut Value) {
    let mut bytes = decode(text);
    let place = bytes.len() - 3;
    bytes[place] ^= 1;
    *text = encode(&bytes);
}

pub(crate) fn decode(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

pub(crate) fn encode(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

/// Replaces text in bytes; there is some.
pub(crate) fn replace(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(old), "no {old} in {text}");
    text.replace(old, new).into_bytes()
}

/// Changes the JSON text that a string holds.
pub(crate) fn edit_text(text: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut inner = serde_json::from_str(text.as_str().unwrap()).unwrap();
    change(&mut inner);
    *text = inner.to_string().into();
}

/// Takes a field away; it is there.
pub(crate) fn remove(from: &mut Value, name: &str) {
    let removed = from.as_object_mut().unwrap().remove(name);
    assert!(removed.is_some(), "there is no {name}");
}
