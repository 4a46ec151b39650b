//! Samples over time as a picture: SVG, from the captured bytes alone, the same bytes for the same samples.
//!
//! What counts is told apart without colour too: lines by their patterns, RED and YELLOW by words, letters and hatching.

mod draw;
mod hatch;
mod layout;
mod legend;
mod moments;
mod notes;
mod place;
mod scale;
mod survey;
#[cfg(test)]
mod tests;
mod trace;
mod words;

use crate::model::Chart;
use draw::{Place, draw};
use layout::layout;
use maud::{Markup, html};

/// Series of one picture; the others are counted.
const LINES: usize = 20;
/// Thresholds of one picture, which its height has room for.
const THRESHOLDS: usize = 8;
/// Shaded stretches of one picture.
const SHADES: usize = 200;
/// Marks of one picture.
const MARKS: usize = 40;

/// Rules of style of pictures in a page.
pub(super) const STYLE: &str = draw::STYLE;

/// How large a picture is, in pixels.
struct Size {
    width: f64,
    /// Height of the plot alone.
    plot: f64,
    /// Whether limits are named beside the plot.
    gutter: bool,
}

const WIDE: Size = Size {
    width: 880.0,
    plot: 200.0,
    gutter: true,
};
const NARROW: Size = Size {
    width: 340.0,
    plot: 170.0,
    gutter: false,
};

/// A picture as a file of its own, readable on light and dark grounds; words where there is nothing to draw.
pub fn svg(title: &str, chart: &Chart) -> String {
    let title = whole_title(title, chart);
    let picture = match layout(chart, &WIDE, 26.0) {
        Ok(shown) => draw(&title, &description(chart), chart, &shown, Place::File),
        Err(why) => html! {
            svg.chart xmlns="http://www.w3.org/2000/svg" width="880" height="64" viewBox="0 0 880 64" role="img" aria-label=(title) {
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
                rect.paper width="100%" height="100%" {}
                text.head x="8" y="20" { (words::cut(&title, 100)) }
                text x="8" y="46" { (why) }
            }
        },
    };
    picture.into_string() + "\n"
}

/// A picture within a page whose style holds the rules of pictures: one drawing for wide screens and one for narrow ones.
pub fn chart(title: &str, chart: &Chart) -> Markup {
    let title = whole_title(title, chart);
    match (layout(chart, &WIDE, 0.0), layout(chart, &NARROW, 0.0)) {
        (Ok(wide), Ok(narrow)) => {
            let description = description(chart);
            html! {
                (draw(&title, &description, chart, &wide, Place::Wide))
                (draw(&title, &description, chart, &narrow, Place::Narrow))
            }
        }
        (Err(why), _) | (_, Err(why)) => html! { p.none { (why) } },
    }
}

fn whole_title(title: &str, chart: &Chart) -> String {
    let (title, of) = (words::cut(title, 200), words::cut(&chart.title, 200));
    match (title.as_str(), of.as_str()) {
        (title, "") => title.into(),
        ("", of) => of.into(),
        (title, of) => format!("{title}: {of}"),
    }
}

fn description(chart: &Chart) -> String {
    survey::axis(chart)
        .map(|axis| notes::description(chart, &axis, &survey::survey(chart, &axis)))
        .unwrap_or_default()
}
