//! How complete a document is: per element of a published profile, how often it is there, explicitly unknown, or missing.
//!
//! Counted are *cells*: an element of the document is one, an element of packages one for each package. Packages are all
//! that the document has, what it describes among them (SPDX's described package, CycloneDX's `metadata.component`); files
//! are none. A document without a package has one missing cell for each element of packages. The score is cells present
//! over all cells, without weights; *answered* counts what is explicitly unknown too.
//!
//! A text is *missing* when it is not there or blank, *unknown* when it is `NOASSERTION` or `UNKNOWN` in any letter case,
//! otherwise *present* (`NONE` too: that there is none is an answer). Where several places answer, the best one counts.
//!
//! | element | profile | SPDX 2.2, 2.3 | SPDX 3.0 | CycloneDX |
//! |---|---|---|---|---|
//! | `author` | NTIA | `creators`: Person, Organization or Tool | `createdBy` or `createdUsing`: name | `metadata.authors`, `metadata.manufacturer` or `metadata.tools`: name |
//! | `author` | CISA | `creators`: Person or Organization | `createdBy`: name of a Person or Organization | `metadata.authors` or `metadata.manufacturer`: name |
//! | `timestamp` | both | `created` is a time of RFC 3339 | `created`, likewise | `metadata.timestamp`, likewise |
//! | `format-name`, `format-version` | CISA | `spdxVersion` | `specVersion` | `bomFormat` or the namespace, `specVersion` |
//! | `generation-context` | CISA | no field of its own: missing | `software_sbomType` | `metadata.lifecycles`: phase or name |
//! | `tool-name` | CISA | `creators`: Tool | `createdUsing`: name | `metadata.tools`: name |
//! | `tool-version` | CISA | a `-` or a space in the Tool that a digit, or `v` and a digit, follows | likewise | `metadata.tools`: version |
//! | `document-version` | CISA | `documentNamespace` | id of the SpdxDocument | `serialNumber` (`version` is 1 where it is not said) |
//! | `supplier` | NTIA | `supplier` or `originator` | `suppliedBy` or `originatedBy`: name | `supplier`, `manufacturer`, `publisher`, `author` or `authors`: name |
//! | `producer` | CISA | as `supplier` | as `supplier` | as `supplier` |
//! | `name` | both | `name` | `name` | `name` |
//! | `version` | both | `versionInfo` | `software_packageVersion` | `version` |
//! | `identifiers` | both | `externalRefs`: purl (begins with `pkg:`), CPE, SWID, SWHID, gitoid | `software_packageUrl`, `externalIdentifier`, `software_contentIdentifier` | `purl`, `cpe`, `swid`, `omniborId`, `swhid` |
//! | `hash-value`, `hash-algorithm` | CISA | `checksums` | `verifiedUsing` | `hashes` |
//! | `license` | CISA | `licenseDeclared` or `licenseConcluded` | `hasDeclaredLicense` or `hasConcludedLicense` | `licenses`: expression, id or name |
//! | `dependencies` | NTIA | at either end of a dependency or of `CONTAINS`; or said to have none (`NONE`) | likewise | at either end of a dependency, or `dependsOn` is empty; or holds, or is held by, another component |
//! | `dependencies` | CISA | as NTIA without `CONTAINS` | likewise | likewise |
//!
//! Both texts define who supplies and who produces as the entity that "creates, defines, and identifies components", and an
//! SPDX originator is only given where it differs from the supplier (SPDX 2.3, section 7.6), so either answers for both.
//! CISA's *SBOM author signature* is not counted: a signature stands beside a document and is judged with its subject.
//! CISA's mapping to SPDX 2 puts the generation context into free text (`creationInfo.comment`), which is not read.

mod count;
mod judge;
mod rules;

pub use crate::model::{Element, Percent, Profile, QualityLimits, Scope, Share};
pub use count::{ElementQuality, Lacking, Quality, quality};
pub use judge::judge;
