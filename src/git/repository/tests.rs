use super::*;

/// `a.txt`, `docs/one.md`, `docs/deep/two.md`, a link `docs/link.md`, under commit and tag `v1`.
struct Sample {
    repository: Repository,
    trees: [ObjectId; 3],
    commit: ObjectId,
    tag: ObjectId,
}

const SHA1: ObjectFormat = ObjectFormat::Sha1;

fn sample() -> Sample {
    let mut repository = Repository::new();
    let deep = tree(&mut repository, &[("100644", "two.md", blob("two"))]);
    let docs = tree(
        &mut repository,
        &[
            ("40000", "deep", deep),
            ("120000", "link.md", blob("one.md")),
            ("100644", "one.md", blob("one")),
        ],
    );
    let entries = [("100644", "a.txt", blob("a")), ("40000", "docs", docs)];
    let root = tree(&mut repository, &entries);
    let text = format!("tree {root}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n");
    let commit = repository.insert(SHA1, ObjectKind::Commit, text.into_bytes());
    let tag = annotate(&mut repository, commit, ObjectKind::Commit, "v1");
    Sample {
        repository,
        trees: [root, docs, deep],
        commit,
        tag,
    }
}

fn blob(text: &str) -> ObjectId {
    ObjectId::of(SHA1, ObjectKind::Blob, text.as_bytes())
}

fn tree(repository: &mut Repository, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend(format!("{mode} {name}\0").into_bytes());
        bytes.extend(hex::decode(id.to_string()).unwrap());
    }
    repository.insert(SHA1, ObjectKind::Tree, bytes)
}

fn annotate(
    repository: &mut Repository,
    object: ObjectId,
    kind: ObjectKind,
    name: &str,
) -> ObjectId {
    let text = format!("object {object}\ntype {kind}\ntag {name}\ntagger T <t> 1 +0000\n\nm\n");
    repository.insert(SHA1, ObjectKind::Tag, text.into_bytes())
}

#[test]
fn a_tag_object_leads_to_its_commit_also_through_another_tag() {
    let mut sample = sample();
    let outer = annotate(&mut sample.repository, sample.tag, ObjectKind::Tag, "v1-GA");

    let direct = sample
        .repository
        .tag_names_commit("v1", &sample.tag)
        .unwrap();
    let nested = sample.repository.tag_names_commit("v1-GA", &outer).unwrap();

    assert_eq!((direct.commit, direct.tags.len()), (sample.commit, 1));
    assert_eq!((nested.commit, nested.tags.len()), (sample.commit, 2));
}

#[test]
fn a_tag_object_of_another_name_proves_nothing() {
    let sample = sample();

    let error = sample.repository.tag_names_commit("v2", &sample.tag);

    assert!(
        matches!(error, Err(ProofError::TagName { .. })),
        "{error:?}"
    );
}

#[test]
fn more_than_five_nested_tags_are_refused() {
    let mut sample = sample();
    let mut tag = sample.tag;
    for _ in 0..5 {
        tag = annotate(&mut sample.repository, tag, ObjectKind::Tag, "v1");
    }

    let error = sample.repository.tag_names_commit("v1", &tag);

    assert_eq!(error, Err(ProofError::Nesting("tags")));
}

#[test]
fn a_tag_that_calls_a_tree_a_commit_is_refused() {
    let mut sample = sample();
    let root = sample.trees[0];
    let tag = annotate(&mut sample.repository, root, ObjectKind::Commit, "v1");

    let error = sample.repository.tag_names_commit("v1", &tag);

    assert!(matches!(error, Err(ProofError::Kind { .. })), "{error:?}");
}

#[test]
fn a_path_gives_its_blob_and_links_directories_and_strangers_give_none() {
    let sample = sample();
    let at = |path| sample.repository.blob_at(&sample.commit, path).unwrap();

    assert_eq!(at("a.txt"), Some(blob("a")));
    assert_eq!(at("docs/deep/two.md"), Some(blob("two")));
    for path in [
        "docs",
        "docs/link.md",
        "docs/none",
        "a.txt/b",
        "",
        "/a.txt",
        "docs/../a.txt",
    ] {
        assert_eq!(at(path), None, "{path}");
    }
}

#[test]
fn a_glob_gives_exactly_the_regular_files_it_means() {
    let sample = sample();
    let glob = PathGlob::parse("docs/**").unwrap();

    let found = sample
        .repository
        .files_matching(&sample.commit, &glob)
        .unwrap();

    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["docs/deep/two.md", "docs/one.md"]);
}

#[test]
fn a_missing_tree_is_named_and_a_tree_off_the_way_is_not_needed() {
    let mut sample = sample();
    let [_, docs, deep] = sample.trees;
    sample.repository.objects.remove(&deep);
    let all = PathGlob::parse("docs/**").unwrap();
    let flat = PathGlob::parse("docs/*").unwrap();
    let files = |glob| sample.repository.files_matching(&sample.commit, glob);

    let kind = ObjectKind::Tree;
    assert_eq!(files(&all), Err(ProofError::Missing { kind, id: deep }));
    assert_eq!(files(&flat).unwrap().len(), 1);

    sample.repository.objects.remove(&docs);
    let missing = sample
        .repository
        .missing_trees(&sample.commit, &[all, flat]);
    assert_eq!(missing.unwrap(), BTreeSet::from([docs]));
}

#[test]
fn trees_that_multiply_are_given_up() {
    let mut sample = sample();
    let mut id = sample.trees[2];
    for _ in 0..40 {
        id = tree(
            &mut sample.repository,
            &[("40000", "a", id), ("40000", "b", id)],
        );
    }
    let text = format!("tree {id}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n");
    let commit = sample
        .repository
        .insert(SHA1, ObjectKind::Commit, text.into_bytes());
    let glob = PathGlob::parse("**/two.md").unwrap();

    let error = sample.repository.files_matching(&commit, &glob);

    assert_eq!(error, Err(ProofError::TooMany));
}

#[test]
fn an_object_under_another_name_is_refused() {
    let sample = sample();
    let files = sample.repository.to_files().unwrap();
    assert_eq!(Repository::from_files(&files).unwrap().objects.len(), 5);

    let mut changed = files.clone();
    changed[0].bytes = b"other".to_vec().into();
    let mut renamed = files;
    renamed[0].path = MemberPath::try_from("git/notes.txt").unwrap();

    let error = Repository::from_files(&changed).unwrap_err();
    assert!(matches!(error, ProofError::Renamed { .. }), "{error}");
    let error = Repository::from_files(&renamed).unwrap_err();
    assert!(matches!(error, ProofError::Unnamed(_)), "{error}");
}
