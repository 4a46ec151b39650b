//! Whatever a dashboard holds.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn whatever_a_dashboard_holds_it_is_walked_or_refused(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        for whole in [dashboard!("legacy"), dashboard!("v2")] {
            let mut changed = whole.clone();
            let place = at.index(changed.len());
            changed[place] = byte;
            let _ = resolve(&changed, |_| None, &expectation(), WINDOW);
            let _ = resolve(&whole[..cut.index(whole.len())], |_| None, &expectation(), WINDOW);
        }
    }

    #[test]
    fn whatever_a_query_holds_it_is_filled_in_or_says_why(text in r#"[a-z${}\[\]:._"'é]{0,60}"#) {
        let found = only(&around(&panel(&text, ""), ""), &expectation());
        prop_assert!(found.is_ok() || !found.unwrap_err().is_empty());
    }

    #[test]
    fn every_grid_lies_on_its_step_and_is_one_that_is_captured(window in 1_000_u64..40_000_000_000, points in 1_u64..200_000) {
        let mut asked = expectation();
        asked.window_ms = window;
        asked.data.as_mut().unwrap().max_data_points = Some(points);
        let end = WINDOW.start_ms.saturating_add_unsigned(window);
        let document = around(&panel("up", ""), "");
        let over = Window { start_ms: WINDOW.start_ms, end_ms: end };

        let panels = resolve(&document, |_| None, &asked, over).unwrap();

        let query = panels[0].queries[0].asked.as_ref().unwrap();
        let step = i64::try_from(query.query.range.unwrap().step_ms).unwrap();
        prop_assert_eq!((query.window.start_ms % step, query.window.end_ms % step), (0, 0));
        prop_assert!(query.window.end_ms <= end && (query.window.end_ms - query.window.start_ms) / step <= 100_000);
    }
}
