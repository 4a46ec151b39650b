//! The words: digests, paths, releases, expectations, items, manifests, findings, reports.

pub mod capture;
pub mod content;
pub mod digest;
pub mod expectation;
pub mod finding;
pub mod gate;
pub mod gate_result;
pub mod identity;
pub mod instance;
pub mod item;
pub mod limits;
pub mod manifest;
pub mod path;
pub mod phase;
pub mod policy;
pub mod predicate;
pub mod redact;
pub mod release;
pub mod report;
pub mod repository;
pub mod sbom_demand;
pub mod sbom_profile;
pub mod scan;
pub mod share;
pub mod signers;
pub mod status;
pub mod time;

pub use capture::{Capture, CapturedFile};
pub use content::{ContentDigests, ContentHasher};
pub use digest::{Digest, DigestError};
pub use expectation::{
    DashboardData, DashboardExpectation, DerivedExpectation, DriftExpectation, Expectation, Limit,
    MetricExpectation, Operator, Range, Series, Statistic,
};
pub use finding::{Check, Finding, Group, Outcome};
pub use gate::{
    Bad, Baseline, Formula, GateCheck, GateExpectation, GateVerdict, Level, MetricRef,
    MissingPolicy, NanPolicy, OpenRun, Part, Rule, Test,
};
pub use gate_result::{CheckResult, GateResult, RuleOutcome, RuleResult, Run, SeriesResult};
pub use identity::{Identity, IdentityRule};
pub use instance::Instance;
pub use item::{Item, Kind, StatedClaim};
pub use manifest::{FileEntry, Manifest, Producer, Redaction};
pub use path::{MemberPath, MemberPathError};
pub use phase::{Moment, Moments, Phase};
pub use policy::Policy;
pub use redact::{Blank, RedactRule};
pub use release::Release;
pub use report::{
    BundleName, Chart, Decision, Exhibit, ItemReport, Line, LogRecord, LogTree, Mark, Report,
    Shade, Signer, Threshold, Verdict,
};
pub use sbom_demand::{Coverage, DriftLimits, LicenseDemand, Need, QualityLimits, SbomChecks};
pub use sbom_profile::{Element, Profile, ProfileError, Scope};
pub use scan::{
    MatchesInSbom, ScanExpectation, ScannedImage, ScannedSbom, Severity, SeverityLimit, VulnLimits,
};
pub use share::{Percent, PercentError, Share};
pub use signers::Signers;
pub use status::{Problem, Status};
pub use time::{Timestamp, Window};
