//! Which licenses a document's packages have, and whether lists allow them.
//!
//! A package's license is what the document's maker concluded, where that is an answer, else what the package's authors
//! declared, else what the document says without saying who says so; several texts of one of these all apply. `NOASSERTION`,
//! `NONE` and nothing are *missing*. A text is read as an SPDX license expression (SPDX 2.3, annex D): of `OR` one side is
//! enough, of `AND` both are needed. CycloneDX's free names are read as expressions only where every identifier in them is
//! SPDX's.
//!
//! - Identifiers are compared without regard to letter case. `GPL-2.0` and its like are deprecated names of
//!   `GPL-2.0-only` and equal to it, `GPL-2.0+` is `GPL-2.0-or-later`; other deprecated identifiers stand for themselves.
//! - `-or-later` and `+` mean that version and every later one that SPDX lists: a package under `GPL-2.0-or-later` may be
//!   used under `GPL-3.0-only`, and a list's `GPL-2.0-or-later` names `GPL-3.0-only` too. So `GPL-2.0-or-later` is not
//!   denied by a list that denies `GPL-2.0-only` alone; it is by one that denies `GPL-2.0-or-later`.
//! - A license `WITH` an exception is another license than the one without.
//! - An identifier that SPDX does not list, a `LicenseRef-` in no list and a text that is no expression are *unknown*: listed
//!   with their packages, and where they decide about a package, [`LicenseRules::unknown`] says what becomes of it.
//! - What the document describes is judged as its parts are when it has a license, and is not missing one when it has none.

mod atom;
mod entry;
mod expression;
mod judge;
mod report;

pub use entry::{LicenseEntry, LicenseEntryError};
pub use expression::Standing;
pub use judge::{Answer, LicenseRules, judge};
pub use report::{Judged, LicenseCount, LicenseReport, Several, UnknownLicense, licenses};
