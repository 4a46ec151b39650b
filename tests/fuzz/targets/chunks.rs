//! Any grid and any size of a piece: the pieces are the grid, one behind the other, and a time has one index.

#![no_main]

use evidence::metrics::Grid;
use evidence::model::limits::{POINTS, RANGE_REQUESTS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (i64, i64, u64, u64, i64, &str)| {
    let (start_ms, end_ms, step_ms, size, ms, expr) = input;
    let Ok(grid) = Grid::new(start_ms, end_ms, step_ms) else {
        return;
    };
    assert!(grid.points >= 1 && grid.points <= POINTS as u64);
    assert!(grid.end_ms() <= end_ms);
    assert!(end_ms.abs_diff(grid.end_ms()) < step_ms);
    if let Some(index) = grid.index_of(ms) {
        assert_eq!(grid.at(index), ms);
    }
    assert_eq!(grid.index_of(grid.end_ms()), Some(grid.points - 1));

    let Ok(pieces) = grid.chunks(size, expr) else {
        return;
    };
    assert!(pieces.len() as u64 <= RANGE_REQUESTS);
    let mut next = 0;
    for piece in &pieces {
        assert!(piece.points >= 1 && piece.points <= size.max(1));
        assert_eq!(piece.start_ms, grid.at(next));
        next += piece.points;
    }
    assert_eq!(next, grid.points);
});
