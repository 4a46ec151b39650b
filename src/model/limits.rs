//! Bounds on everything that comes from outside. Whatever is larger is refused by name, never read.

/// Bytes of `manifest.json` of a bundle.
pub const MANIFEST_BYTES: u64 = 64 << 20;
/// Bytes of a JSON document read in whole: OCI manifests, statements, log entries.
pub const DOCUMENT_BYTES: u64 = 16 << 20;
/// Bytes of an OCI index or manifest (the distribution spec asks registries for at least 4 MiB).
pub const OCI_MANIFEST_BYTES: u64 = 4 << 20;
/// Bytes of an object that holds a signature.
pub const SIGNATURE_BYTES: u64 = 4 << 20;
/// Bytes of an object that holds an attestation.
pub const ATTESTATION_BYTES: u64 = 128 << 20;
/// Subjects of one statement.
pub const STATEMENT_SUBJECTS: usize = 65_536;
/// Signatures or attestations judged of one of cosign's tags, to which every signing adds one.
pub const OBJECTS_PER_TAG: usize = 256;
/// Signatures or attestations judged of one referrer, which has one.
pub const OBJECTS_PER_REFERRER: usize = 8;
/// Referrers that are read at the same time.
pub const REFERRERS_AT_ONCE: usize = 64;
/// Sigstore bundles in one file.
pub const BUNDLES_PER_FILE: usize = 64;
/// Rules about who must have signed one thing.
pub const SIGNER_RULES: usize = 1_024;
/// Log entries in one Sigstore bundle.
pub const LOG_ENTRIES: usize = 8;
/// Hashes of one inclusion proof: a tree has no more than 2^63 leaves.
pub const PROOF_HASHES: usize = 64;
/// RFC 3161 timestamps in one Sigstore bundle.
pub const TIMESTAMPS: usize = 8;
/// Certificates in one chain.
pub const CHAIN_CERTIFICATES: usize = 8;
/// Trusted roots of one verifier.
pub const ROOTS: usize = 16;
/// Bytes of a TUF `root.json`, `timestamp.json`, `snapshot.json` and `targets.json`: the limits of the TUF reference client.
pub const TUF_ROOT_BYTES: u64 = 512_000;
/// See [`TUF_ROOT_BYTES`].
pub const TUF_TIMESTAMP_BYTES: u64 = 16_384;
/// See [`TUF_ROOT_BYTES`].
pub const TUF_SNAPSHOT_BYTES: u64 = 2_000_000;
/// See [`TUF_ROOT_BYTES`].
pub const TUF_TARGETS_BYTES: u64 = 5_000_000;
/// New versions of a TUF root in one refresh, and roles asked for one target.
pub const TUF_STEPS: u32 = 32;
/// Seconds of one TUF refresh in all.
pub const TUF_SECONDS: u64 = 300;
/// Roots kept in the cache that are shown.
pub const CACHED_ROOTS: usize = 256;
/// Members of a bundle.
pub const MEMBERS: usize = 200_000;
/// Plain bytes of a bundle for each compressed byte, beyond 64 MiB: real evidence reaches 20, deflate 1032.
pub const PLAIN_RATIO: u64 = 200;
/// Defects of one kind that are told member by member, beyond which they are counted.
pub const FINDINGS_OF_A_KIND: usize = 1_000;
/// Items of a bundle: ten times what one configuration plans.
pub const ITEMS: usize = 100_000;
/// Plain bytes of a bundle in all.
pub const PLAIN_BYTES: u64 = 16 << 30;
/// Bytes of members that are held in memory at once, waiting for the rest of their items.
pub const HELD_BYTES: u64 = 4 << 30;
/// Steps of a query's window times its series: what is laid out in memory, samples or not.
pub const STEPS: u64 = 20_000_000;
/// Plain bytes of one member.
pub const MEMBER_BYTES: u64 = 4 << 30;
/// Bytes of one answer of a metrics server.
pub const METRICS_BYTES: u64 = 64 << 20;
/// Series of one query.
pub const SERIES: usize = 10_000;
/// Samples of one query, all its series and requests together.
pub const POINTS: usize = 5_000_000;
/// Bytes of all answers of one metric: five million samples of 50 bytes.
pub const METRIC_BYTES: u64 = 256 << 20;
/// Bytes of the raw samples behind one metric, of those.
pub const RAW_BYTES: u64 = 192 << 20;
/// Requests for the raw samples behind one metric.
pub const RAW_REQUESTS: usize = 1_000;
/// Seconds in which a metric is captured, all its requests together.
pub const METRIC_SECONDS: u64 = 600;
/// Bytes of a server's configuration, which is read for a few lines and dropped.
pub const SERVER_CONFIG_BYTES: u64 = 16 << 20;
/// Labels that a server adds to all its series.
pub const EXTERNAL_LABELS: usize = 64;
/// Features of a server that were switched on.
pub const FEATURES: usize = 64;
/// Bytes of one text about a server: a label, a feature, an interval.
pub const SERVER_TEXT_BYTES: usize = 1_024;
/// Bytes of one picture.
pub const PICTURE_BYTES: u64 = 32 << 20;
/// Pixels of one picture.
pub const PICTURE_PIXELS: u64 = 100_000_000;
/// Queries of one dashboard's panels.
pub const DASHBOARD_QUERIES: usize = 100;
/// Bytes of the answers to them.
pub const DASHBOARD_BYTES: u64 = 256 << 20;
/// Bytes of the configuration or of a policy.
pub const CONFIG_BYTES: u64 = 1 << 20;
/// Bytes of one output stream of a command.
pub const COMMAND_OUTPUT_BYTES: u64 = 64 << 20;
/// Bytes of one git object on the paths used.
pub const GIT_OBJECT_BYTES: u64 = 32 << 20;
/// Entries of git trees looked at for one item.
pub const GIT_ENTRIES: usize = 250_000;
/// Bytes of all git objects that one item needs.
pub const GIT_BYTES: u64 = 512 << 20;
/// Files of one item.
pub const FILES: usize = 10_000;
/// Bytes of one captured file of the repository.
pub const FILE_BYTES: u64 = 512 << 20;
/// Bytes of all captured files of one item.
pub const FILES_BYTES: u64 = 1 << 30;
/// Bytes of a command's record.
pub const COMMAND_RECORD_BYTES: u64 = 1 << 20;
/// Licenses that one list allows or denies.
pub const LICENSE_RULES: usize = 1_024;
/// Packages that a result names of those that lack something; all are counted.
pub const SBOM_SHOWN_PACKAGES: usize = 50;
/// License texts, and unknown identifiers, of an SBOM in a result; all are counted.
pub const SBOM_SHOWN_LICENSES: usize = 1_000;
/// Packages that a result names of those that have one unknown license; all are counted.
pub const SBOM_SHOWN_OF_ONE_LICENSE: usize = 5;
/// Bytes of a license text that is read as an expression: the longest of a Linux distribution has some thousand.
pub const LICENSE_BYTES: usize = 64 << 10;
/// Characters of one name or text of an SBOM in a result.
pub const SBOM_SHOWN_CHARACTERS: usize = 200;
/// Depth of what is read of an SBOM, whose components may hold components: what `serde_json` reads too.
pub const SBOM_DEPTH: usize = 128;
/// Packages of one SBOM.
pub const SBOM_PACKAGES: usize = 500_000;
/// Relationships of one SBOM, those with files among them.
pub const SBOM_RELATIONSHIPS: usize = 4_000_000;
/// Licenses, hashes and package URLs of one package, each.
pub const SBOM_PER_PACKAGE: usize = 1_024;
/// Authors, tools and phases of one SBOM, each.
pub const SBOM_AUTHORS: usize = 1_024;
/// Defects that are kept of one SBOM; the others are counted.
pub const SBOM_DEFECTS: usize = 64;
/// Bytes of a package's version that is put in an order: real ones have less than 100.
pub const VERSION_BYTES: usize = 1_024;
/// Subjects of one seal.
pub const SEAL_SUBJECTS: usize = 1_024;
/// Bytes of a key file, private or public.
pub const KEY_BYTES: usize = 64 << 10;
/// Bytes of an identity token, and of a file that holds one.
pub const TOKEN_BYTES: usize = 64 << 10;
/// Bytes of one answer of a certificate authority, log or timestamp authority.
pub const SEAL_ANSWER_BYTES: u64 = 4 << 20;
/// Memory and work of scrypt, as N·r·p (128 bytes each of memory): 16 times what cosign writes.
pub const SCRYPT_COST: u64 = 1 << 23;
/// Bytes of a registry's small answers: errors, tokens, upload locations.
pub const REGISTRY_ANSWER_BYTES: u64 = 256 << 10;
/// Bytes of a registry token.
pub const REGISTRY_TOKEN_BYTES: usize = 64 << 10;
/// Bytes of a file with registry credentials, or of what a credential helper prints.
pub const CREDENTIALS_BYTES: u64 = 1 << 20;
/// Pages of one list of referrers.
pub const REFERRERS_PAGES: usize = 64;
/// Referrers of one manifest.
pub const REFERRERS: usize = 1_024;
/// Bytes of one list of referrers, all its pages together.
pub const REFERRERS_BYTES: u64 = 16 << 20;
/// Indexes inside indexes of one image.
pub const INDEX_DEPTH: usize = 8;
/// Manifests that one image index names, nested ones included.
pub const IMAGE_MANIFESTS: usize = 256;
/// Platforms of one image index whose own attachments are looked for.
pub const PLATFORMS: usize = 32;
/// Layers of one attached manifest.
pub const ATTACHED_LAYERS: usize = 1_024;
/// Bytes of one image's manifests and configurations, and of everything that is attached to it.
pub const ATTACHED_BYTES: u64 = 512 << 20;
/// Bytes of one PromQL expression.
pub const EXPRESSION_BYTES: usize = 16 << 10;
/// Nodes from the root of a PromQL expression to its deepest leaf.
pub const EXPRESSION_DEPTH: usize = 64;
/// Nodes of one PromQL expression.
pub const EXPRESSION_NODES: usize = 1_024;
/// Bytes of a compiled regular expression of a selector.
pub const PATTERN_BYTES: usize = 1 << 20;
/// Samples that one recomputation looks at, each as often as a window holds it.
pub const VISITED_SAMPLES: u64 = 2_000_000_000;
/// Requests into which one range query is cut.
pub const RANGE_REQUESTS: u64 = 1_000;
/// Bytes of one request to a service of the sandbox.
pub const SANDBOX_REQUEST_BYTES: usize = 256 << 20;
/// Requests that a service of the sandbox remembers.
pub const SANDBOX_REQUESTS: usize = 10_000;
/// Images of one spot check.
pub const SPOT_CHECKS: usize = 20_000;
/// Phases of one configuration, stages, and phases of one item or stage.
pub const PHASES: usize = 64;
/// Items of one plan.
pub const PLANNED_ITEMS: usize = 10_000;
/// Bytes of queries in one plan, each as often as an item, a gate or a derived value has it.
pub const PLANNED_QUERY_BYTES: usize = 16 << 20;
/// Checks of one gate.
pub const GATE_CHECKS: usize = 256;
/// Rules of one check.
pub const GATE_RULES: usize = 64;
/// Checkpoints of one rule.
pub const GATE_CHECKPOINTS: usize = 1_024;
/// Choices of one configuration.
pub const CHOICES: usize = 1_000;
/// Bytes of one file that image references are looked for in.
pub const PINS_FILE_BYTES: u64 = 16 << 20;
/// Image references of one such file.
pub const PINS_MENTIONS: usize = 20_000;
/// YAML documents of one such file.
pub const PINS_DOCUMENTS: usize = 20_000;
/// YAML nodes of one of its documents.
pub const PINS_NODES: usize = 1_000_000;
/// Keys of one map in it: each is looked up among the others.
pub const PINS_KEYS: usize = 10_000;
/// Maps that one map merges (`<<`).
pub const PINS_MERGES: usize = 16;
/// Depth of nested YAML in such a file, block and flow each.
pub const PINS_DEPTH: usize = 128;
/// Files that are looked at below all the paths given.
pub const PINS_FILES: usize = 20_000;
/// Entries of folders that are looked at on the way to them.
pub const PINS_ENTRIES: usize = 500_000;
/// Depth of nested folders below a path given.
pub const PINS_FOLDERS: usize = 64;
/// Bytes of all those files together.
pub const PINS_BYTES: u64 = 512 << 20;
/// Results in one SARIF log: what GitHub shows of one (its limit of results is larger).
pub const SARIF_RESULTS: usize = 5_000;
/// Bytes of one answer of a log's own interface: an entry with its proof, its trees, a checkpoint.
pub const LOG_ANSWER_BYTES: u64 = 4 << 20;
/// Bytes of 256 entries of a tiled log, each of at most 64 KiB with its length before it (tlog-tiles).
pub const LOG_ENTRIES_BYTES: u64 = 256 * (2 + 65_535);
/// Trees of one log: its present one and those before it.
pub const LOG_TREES: usize = 256;
/// Answers of one log that are kept for the next signature.
pub const LOG_ANSWERS_KEPT: usize = 4_096;
/// Bytes of those answers.
pub const LOG_BYTES_KEPT: u64 = 64 << 20;
/// Signatures of one checkpoint: the log's own, and its witnesses'.
pub const CHECKPOINT_SIGNATURES: usize = 64;
/// Bytes of a scanner's report or of a VEX document.
pub const SCAN_BYTES: u64 = 128 << 20;
/// JSON objects in one.
pub const SCAN_OBJECTS: usize = 2_000_000;
/// Members and elements in one, all its objects and lists together.
pub const SCAN_VALUES: usize = 10_000_000;
/// Depth of nested JSON in one.
pub const SCAN_DEPTH: usize = 64;
/// Matches of one report.
pub const SCAN_MATCHES: usize = 200_000;
/// Scanned files or package lists of one report.
pub const SCAN_TARGETS: usize = 100_000;
/// Other ids, fixed versions, ignore rules or digests of one match or report.
pub const SCAN_ALIASES: usize = 1_024;
/// Statements of one VEX document.
pub const VEX_STATEMENTS: usize = 100_000;
/// Products of one VEX statement, subcomponents of one of them, and products that one VEX document defines.
pub const VEX_PRODUCTS: usize = 200_000;
/// Products and subcomponents of all the statements of one VEX document, each as often as its statement has names.
pub const VEX_REFERENCES: usize = 1_000_000;
/// Comparisons of a match's package with what a VEX statement names, over a whole report.
pub const VEX_COMPARISONS: u64 = 10_000_000;
/// VEX documents that are applied to one report.
pub const VEX_DOCUMENTS: usize = 1_024;
/// Steps of one gate, those of each series, each as often as its check has rules.
pub const GATE_STEPS: u64 = 2_000_000_000;
/// Points of the charts of one gate, all its checks together.
pub const CHART_POINTS: usize = 4_000_000;
/// Elements of one list of loosely typed values in a dashboard.
pub const DASHBOARD_VALUES: usize = 10_000;
/// Bytes of one document under rules of redaction, which is read whole.
pub const REDACT_BYTES: u64 = 64 << 20;
/// Depth of nested JSON in it.
pub const REDACT_DEPTH: usize = 128;
/// Rules of redaction of one configuration, and items of one rule.
pub const REDACT_RULES: usize = 256;
/// Bytes of one pattern, pointer or column name of them.
pub const REDACT_TEXT_BYTES: usize = 1_024;
/// Bytes of one compiled pattern of them.
pub const REDACT_PATTERN_BYTES: usize = 1 << 20;
/// Places that are blanked in one member.
pub const REDACT_PLACES: usize = 100_000;
/// Times that rules are applied to what they have made.
pub const REDACT_ROUNDS: usize = 8;
/// Credentials of one run that are searched for.
pub const SECRETS: usize = 1_024;
/// Bytes of one of them; of a longer one its first are searched for.
pub const SECRET_BYTES: usize = 4 << 10;
/// Hits of secrets in one file that are told.
pub const SECRET_HITS: usize = 100;
/// Bytes of a JSON document in which Secrets of Kubernetes are told from what only looks like one.
pub const SECRET_DOCUMENT_BYTES: u64 = 64 << 20;
/// Allowances of secrets in one configuration.
pub const SECRET_ALLOWANCES: usize = 1_000;
