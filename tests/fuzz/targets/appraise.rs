//! Any bytes in place of one file of an item: a claim, whose verdict is the same when it is made again.

#![no_main]

use evidence::appraise::{Context, SignatureTrust, item};
use evidence::model::{Capture, CapturedFile};
use evidence_fuzz::sealed::{GOOD, TRUST};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CAPTURES: LazyLock<Vec<Capture>> = LazyLock::new(|| {
    let items = GOOD.manifest.items.iter();
    let all = items.map(|item| {
        let files = GOOD.manifest.files.iter();
        let own = files.filter(|file| item.files.contains(&file.path));
        Capture {
            captured: item.captured,
            window: item.window,
            request: item.request.clone(),
            files: own
                .map(|file| {
                    let bytes = &*GOOD.members[file.path.as_str()];
                    CapturedFile {
                        name: file.name.clone(),
                        ..CapturedFile::new(file.path.clone(), &file.media_type, bytes)
                    }
                })
                .collect(),
        }
    });
    all.collect()
});

// The first byte chooses the item, the second its file.
fuzz_target!(|bytes: &[u8]| {
    let [choice, place, rest @ ..] = bytes else {
        return;
    };
    let which = usize::from(*choice) % CAPTURES.len();
    let mut capture = CAPTURES[which].clone();
    let place = usize::from(*place) % capture.files.len().max(1);
    if let Some(file) = capture.files.get_mut(place) {
        file.bytes = rest.into();
    }
    let context = Context {
        release: &GOOD.manifest.release,
        signatures: SignatureTrust {
            roots: &TRUST.roots,
            keys: &TRUST.keys,
            options: &TRUST.options,
        },
    };
    let expectation = &GOOD.manifest.items[which].expectation;
    let (made, _) = item(&capture, expectation, &context);
    if choice & 0xf0 == 0xf0 {
        let (again, _) = item(&capture, expectation, &context);
        assert_eq!(made.claim.to_stated(), again.claim.to_stated());
    }
});
