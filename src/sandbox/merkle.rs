//! A Merkle tree in memory (RFC 6962 section 2.1).

use sha2::{Digest as _, Sha256};

/// A node's hash.
pub(super) type Hash = [u8; 32];

/// The hash of a leaf with this content.
pub(super) fn leaf(content: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(content)
        .finalize()
        .into()
}

/// The root over these leaves (section 2.1, MTH).
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(root(left), root(right))
        }
    }
}

/// The audit path of a leaf (section 2.1.1, PATH). Empty where there is no such leaf.
pub(super) fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if index < middle {
        (inclusion(left, index), root(right))
    } else {
        (inclusion(right, index - middle), root(left))
    };
    path.push(sibling);
    path
}

/// The proof that the first `old` leaves were the whole tree once (section 2.1.2, PROOF).
pub(super) fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
    if old == 0 || old >= leaves.len() {
        return Vec::new();
    }
    subproof(leaves, old, true)
}

fn subproof(leaves: &[Hash], old: usize, complete: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if complete {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut proof, sibling) = if old <= middle {
        (subproof(left, old, complete), root(right))
    } else {
        (subproof(right, old - middle, false), root(left))
    };
    proof.push(sibling);
    proof
}

fn node(left: Hash, right: Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The largest power of two below `count`, which is two at least.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigstore_types::Sha256Hash;

    #[test]
    fn proofs_of_every_leaf_and_every_older_tree_are_accepted_by_the_verifier() {
        let leaves: Vec<Hash> = (0u8..13).map(|n| leaf(&[n])).collect();
        let hashes = |proof: Vec<Hash>| -> Vec<Sha256Hash> {
            proof.into_iter().map(Sha256Hash::new).collect()
        };
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            let whole = Sha256Hash::new(root(tree));
            for index in 0..size {
                sigstore_merkle::verify_inclusion_proof(
                    &Sha256Hash::new(tree[index]),
                    index as u64,
                    size as u64,
                    &hashes(inclusion(tree, index)),
                    &whole,
                )
                .unwrap();
            }
            for old in 1..=size {
                sigstore_merkle::verify_consistency_proof(
                    old as u64,
                    size as u64,
                    &hashes(consistency(tree, old)),
                    &Sha256Hash::new(root(&tree[..old])),
                    &whole,
                )
                .unwrap();
            }
        }
    }
}
