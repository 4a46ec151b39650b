//! Several signatures on one image, of different formats, by different people.

use super::case::{Answer, Case};
use super::good::{repository, style_of};
use super::sign::{Signer, Style};
use super::specimen::{Image, Specimen};

/// Two styles on one image.
pub(crate) fn both(first: Style, second: Style) -> Vec<Case> {
    let name = format!("{}-and-{}", first.name, second.name);
    let image = Image::single(&name).put(&repository(&name));
    first.sign(&image, &[]);
    second.sign(&image, &[]);
    [("first", first), ("second", second)]
        .map(|(place, style)| {
            let question = format!("{place}-of-{name}");
            Case::new(style, &question, &image, style.accepted())
        })
        .to_vec()
}

/// A signature beside one that does not hold: the good one counts, whichever is listed first.
pub(crate) fn beside_a_broken_one(style: Style) -> Vec<Case> {
    let name = format!("{}-beside-broken", style.name);
    let made = repository(&format!("{name}-made"));
    let image = Image::single(&name);
    style.sign(&image.put(&made), &[]);
    let good = Specimen::read(&made, image);
    let mut both = good.clone();
    let mut broken = good.bundles[0].clone();
    broken.edit(|bundle| {
        super::materials::flip(&mut bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    });
    both.bundles.push(broken);
    let image = both.put(&repository(&name));
    vec![
        Case::new(style, "beside-a-broken-one", &image, style.accepted()),
        Case::new(
            style,
            "beside-a-broken-one-of-another",
            &image,
            style.signer.another(),
        )
        .wants(Answer::Refused),
    ]
}

/// A good legacy signature, and somebody else's Sigstore bundle on the same image.
pub(crate) fn foreign_bundle() -> Vec<Case> {
    let (ours, theirs) = (style_of("legacy-key"), style_of("bundle-key-log1"));
    let bob = Style {
        name: "bundle-key-of-bob",
        signer: Signer::Key("bob"),
        ..theirs
    };
    let image = Image::single("foreign bundle").put(&repository("foreign-bundle"));
    ours.sign(&image, &[]);
    bob.sign(&image, &[]);
    vec![
        Case::new(ours, "beside-a-foreign-bundle", &image, ours.accepted()),
        Case::new(bob, "beside-a-foreign-signature", &image, bob.accepted()),
    ]
}
