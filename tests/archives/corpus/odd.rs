//! What looks odd and is no defect: any framing that every gzip reads alike, and members that are archives themselves.

use super::{Row, of_file, of_members, of_sample};
use crate::gz::{self, Member, NOTHING};
use crate::sample::good;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = framings();
    rows.extend(nested());
    rows
}

fn framings() -> Vec<Row> {
    let fixed = |name, at: usize, byte: u8| {
        of_members(name, &[], move |members| {
            members[1] = members[1].clone().fixed(at, byte);
        })
    };
    vec![
        of_file("the bundle as it is", &[], |_| good().pack()),
        of_file("one gzip member, as gzip writes it", &[], |tar| {
            Member::of(tar).bytes()
        }),
        of_file("no compression", &[], |tar| {
            Member::raw(tar, gz::deflate(tar, 0)).bytes()
        }),
        of_file("the most compression", &[], |tar| {
            Member::raw(tar, gz::deflate(tar, 9)).bytes()
        }),
        of_members("members of 64 KiB", &[], |_| {}),
        of_file("members of one prime size", &[], |tar| {
            gz::file(&gz::members(tar, 7_919))
        }),
        of_file("members of 16 bytes", &[], |tar| {
            gz::file(&gz::members(tar, 16))
        }),
        of_file("members without sizes", &[], |tar| {
            let chunks = tar.chunks(10_000);
            chunks.flat_map(|chunk| Member::of(chunk).bytes()).collect()
        }),
        of_members("members with and without sizes", &[], |members| {
            members[1] = Member::of(&good().tar()[64 << 10..2 * (64 << 10)]);
        }),
        of_file("blocks of one byte", &[], |tar| {
            Member::raw(tar, gz::stored(tar, 1, 0)).bytes()
        }),
        of_file("a hundred empty blocks before each block", &[], |tar| {
            Member::raw(tar, gz::stored(tar, 1_000, 100)).bytes()
        }),
        of_members("an empty member before the first", &[], |members| {
            members.insert(0, Member::raw(b"", NOTHING.to_vec()));
        }),
        of_members("empty members in between", &[], |members| {
            members.splice(2..2, vec![Member::raw(b"", NOTHING.to_vec()).sized(0); 9]);
        }),
        of_members("an empty member after the last", &[], |members| {
            members.push(Member::raw(b"", NOTHING.to_vec()));
        }),
        fixed("a time in a gzip header", 4, 0x7f),
        fixed("another extra flag of gzip", 8, 2),
        fixed("another system in a gzip header", 9, 3),
    ]
}

fn nested() -> Vec<Row> {
    let holding = |name, body: fn() -> Vec<u8>| {
        of_sample(name, &[], move |sample| {
            let sample = sample.edit("files/history/stdout", |old| *old = body());
            sample.rerecord().relist().restate()
        })
    };
    vec![
        holding("a gzip file as a member", || {
            Member::of(b"never opened").bytes()
        }),
        holding("gzip in gzip, ten deep", || {
            (0..10).fold(vec![0; 1 << 20], |inner, _| Member::of(&inner).bytes())
        }),
        holding("a bomb as a member", || {
            Member::of(&vec![0; 100 << 20]).bytes()
        }),
        holding("a bundle as a member", || good().pack()),
        holding("a tar with a link as a member", || good().tar()),
        holding("half of a gzip file as a member", || {
            good().pack()[..1_000].to_vec()
        }),
        holding("bytes that end the archive, as a member", || {
            vec![0; 10 * 512]
        }),
    ]
}
