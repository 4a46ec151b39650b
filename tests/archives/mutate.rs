//! Good archives with something changed at random: what of them is accepted, everybody must read alike.

use crate::gz::{self, Member};
use crate::sample::{Sample, good};
use crate::tape::Tape;

/// Numbers that look random, the same in each run (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below that.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}

/// An archive by that number.
pub(crate) fn mutant(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut tape = Tape::of(&part(&mut dice));
    if dice.below(3) == 0 {
        change_header(&mut tape, &mut dice);
    }
    if dice.below(8) == 0 {
        let size = [0, 511, 512, 1_023, 1_025, 1_536, 10_240][dice.below(7)];
        tape.end.resize(size, 0);
    }
    let mut members = frame(&tape.bytes(), &mut dice);
    for _ in 0..dice.below(4) {
        change_framing(&mut members, &mut dice);
    }
    let mut file = gz::file(&members);
    match dice.below(12) {
        0 => {
            let at = dice.below(file.len());
            file[at] ^= 1 << dice.below(8);
        }
        1 => file.truncate(dice.below(file.len())),
        2 => file.extend(vec![[0, b'x', 0x1f][dice.below(3)]; dice.below(40)]),
        _ => {}
    }
    file
}

/// Some of the good members, with bodies of other sizes.
fn part(dice: &mut Dice) -> Sample {
    let mut sample = good().clone();
    let keep = 1 + dice.below(sample.members.len());
    sample.members.truncate(keep);
    let at = dice.below(keep);
    if at > 0 {
        let size = [0, 1, 511, 512, 513, 100_000][dice.below(6)];
        sample.members[at].1.resize(size, b'x');
    }
    sample.relist_only_present()
}

/// Changes a byte of a header and mends its checksum.
fn change_header(tape: &mut Tape, dice: &mut Dice) {
    let at = dice.below(tape.entries.len());
    let entry = &mut tape.entries[at];
    // Names, numbers, types and magic more often than the empty rest.
    let byte = match dice.below(4) {
        0 => dice.below(512),
        1 => dice.below(20),
        2 => 100 + dice.below(57),
        _ => 257 + dice.below(8),
    };
    entry.head[byte] = match dice.below(4) {
        0 => dice.byte(),
        1 => 0,
        2 => b' ',
        _ => b'0' + dice.below(10) as u8,
    };
    entry.mend();
}

/// The plain bytes in members of one size or of many, of any level, with and without sizes.
fn frame(plain: &[u8], dice: &mut Dice) -> Vec<Member> {
    let mut members = Vec::new();
    let mut rest = plain;
    let largest = [plain.len().max(1), 1 << 16, 4_096][dice.below(3)];
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((1 + dice.below(largest)).min(rest.len()));
        let member = match dice.below(4) {
            0 => Member::raw(
                chunk,
                gz::stored(chunk, 1 + dice.below(60_000) as u16, dice.below(3)),
            ),
            level => Member::raw(chunk, gz::deflate(chunk, level as u32 * 3)),
        };
        members.push(match dice.below(2) {
            0 => member,
            _ => member.sized(0),
        });
        rest = after;
    }
    members
}

fn change_framing(members: &mut Vec<Member>, dice: &mut Dice) {
    let at = dice
        .below(members.len().max(1))
        .min(members.len().saturating_sub(1));
    match dice.below(8) {
        // Time, extra flags and system, which are free.
        0..=3 => {
            if let Some(member) = members.get_mut(at) {
                member.fixed[4 + dice.below(6)] = dice.byte();
            }
        }
        4 => {
            if let Some(member) = members.get_mut(at) {
                member.fixed[dice.below(4)] ^= 1 << dice.below(8);
            }
        }
        5 => members.insert(at, Member::raw(b"", gz::NOTHING.to_vec())),
        6 => members.insert(at, Member::raw(b"", gz::NOTHING.to_vec()).sized(0)),
        _ => {
            if let Some(byte) = members
                .get_mut(at)
                .and_then(|member| member.deflated.first_mut())
            {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evidence::bundle::list;

    #[test]
    fn many_mutants_are_accepted_many_are_refused_and_none_stops_the_reader() {
        let accepted = (0..300)
            .filter(|seed| list(mutant(*seed).as_slice()).is_ok_and(|list| list.is_complete));
        let accepted = accepted.count();

        assert!((60..250).contains(&accepted), "{accepted}");
    }
}
