//! A laid out picture as SVG.

use super::layout::{Band, Bound, Layout, Moment, word};
use super::legend::{SAMPLE, dash};
use super::words::{cut, fixed};
use crate::model::{Chart, Level};
use maud::{Markup, PreEscaped, html};

/// What a picture is drawn for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// A file of its own: brings its style, its ground and its title.
    File,
    /// A page that has room.
    Wide,
    /// A page on a narrow screen.
    Narrow,
}

/// Rules of style that files and pages share.
pub(super) const STYLE: &str = include_str!("chart.css");

/// The picture.
pub(super) fn draw(
    title: &str,
    description: &str,
    chart: &Chart,
    shown: &Layout,
    place: Place,
) -> Markup {
    let (width, height) = (fixed(shown.width), fixed(shown.height));
    let plane = &shown.plane;
    let class = match place {
        Place::File => "chart",
        Place::Wide => "chart wide-screen",
        Place::Narrow => "chart narrow-screen",
    };
    html! {
        svg.(class) xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(title) {
            title { (title) }
            desc { (description) }
            @if place == Place::File {
                style { (PreEscaped(STYLE)) }
                rect.paper width="100%" height="100%" {}
                text.head x="8" y="20" { (cut(title, 100)) }
            }
            @for band in &shown.bands { (stretch(band, shown)) }
            @for (y, text) in &shown.values {
                line.grid x1=(fixed(plane.left)) x2=(fixed(plane.right)) y1=(fixed(*y)) y2=(fixed(*y)) {}
                text.tick x=(fixed(plane.left - 6.0)) y=(fixed(y + 4.0)) text-anchor="end" { (text) }
            }
            @if !shown.unit.is_empty() { text.tick x="4" y=(fixed(plane.top - 9.0)) { (shown.unit) } }
            @for mark in &shown.marks { (moment(mark, shown)) }
            @for (x, text) in &shown.times {
                line.grid x1=(fixed(*x)) x2=(fixed(*x)) y1=(fixed(plane.bottom)) y2=(fixed(plane.bottom + 5.0)) {}
                text.tick.over x=(fixed(*x)) y=(fixed(plane.bottom + 17.0)) text-anchor="middle" { (text) }
            }
            @for bound in &shown.bounds { (line(bound, shown)) }
            @for (number, (trace, line)) in shown.traces.iter().zip(&chart.lines).enumerate() {
                g.(series(number)) {
                    title { (cut(&line.name, 200)) }
                    @if !trace.path.is_empty() { path stroke-dasharray=(dash(number)) d=(trace.path) {} }
                    @if !trace.dots.is_empty() { path.dots d=(trace.dots) {} }
                    @if !trace.infinite.is_empty() { path.infinite d=(trace.infinite) {} }
                }
            }
            @for bound in &shown.bounds { (words(bound, shown, place)) }
            @if let Some(text) = shown.empty {
                text.empty x=(fixed((plane.left + plane.right) / 2.0)) y=(fixed((plane.top + plane.bottom) / 2.0)) text-anchor="middle" { (text) }
            }
            @for (y, text) in &shown.notes { text.tick x="8" y=(fixed(*y)) { (text) } }
            @for entry in &shown.legend {
                g.(series(entry.number)) {
                    path stroke-dasharray=(dash(entry.number)) d=(format!("M{} {}h{SAMPLE}", fixed(entry.x), fixed(entry.y - 4.0))) {}
                }
                text x=(fixed(entry.x + SAMPLE + 6.0)) y=(fixed(entry.y)) { (entry.text) }
            }
        }
    }
}

fn series(number: usize) -> String {
    format!("series s{}", number % 6)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Yellow => "yellow",
        Level::Red => "red",
    }
}

/// The ground of a stretch, a bar above it, its words over the bar.
fn stretch(band: &Band, shown: &Layout) -> Markup {
    let plane = &shown.plane;
    let (x, width) = (fixed(band.left), fixed(band.right - band.left));
    html! {
        g.shade.(level(band.level)) {
            title { (band.words) }
            rect.ground x=(x) y=(fixed(plane.top)) width=(width) height=(fixed(plane.bottom - plane.top)) {}
            path.hatch d=(band.hatch) {}
            rect.bar x=(x) y=(fixed(plane.top - 5.0)) width=(width) height="5" {}
            @if let Some((middle, y, text)) = &band.label {
                text x=(fixed(*middle)) y=(fixed(*y)) text-anchor="middle" { (text) }
            }
        }
    }
}

fn moment(mark: &Moment, shown: &Layout) -> Markup {
    let plane = &shown.plane;
    let end = match &mark.label {
        Some((_, y, _)) => y - 11.0,
        None => plane.bottom + 5.0,
    };
    html! {
        g.mark {
            title { (mark.words) }
            line x1=(fixed(mark.x)) x2=(fixed(mark.x)) y1=(fixed(plane.top)) y2=(fixed(end)) {}
            @if let Some((middle, y, text)) = &mark.label {
                text.over x=(fixed(*middle)) y=(fixed(*y)) text-anchor="middle" { (text) }
            }
        }
    }
}

fn class(bound: &Bound) -> &'static str {
    bound.level.map_or("plain", level)
}

fn line(bound: &Bound, shown: &Layout) -> Markup {
    let (y, plane) = (fixed(bound.y), &shown.plane);
    html! {
        line.bound.(class(bound)) x1=(fixed(plane.left)) x2=(fixed(plane.right)) y1=(y) y2=(y) {
            title { (bound.label) @if let Some(level) = bound.level { " (" (word(level)) ")" } }
        }
    }
}

/// Beside the plot where there is a gutter, above the line within it where there is none.
fn words(bound: &Bound, shown: &Layout, place: Place) -> Markup {
    let plane = &shown.plane;
    html! {
        @if place == Place::Narrow {
            text.limit.over.(class(bound)) x=(fixed(plane.right - 3.0)) y=(fixed(bound.label_y - 4.0)) text-anchor="end" { (bound.label) }
        } @else {
            @let path = format!("M{} {}L{} {}", fixed(plane.right), fixed(bound.y), fixed(plane.right + 8.0), fixed(bound.label_y));
            path.leader.(class(bound)) d=(path) {}
            text.limit.(class(bound)) x=(fixed(plane.right + 11.0)) y=(fixed(bound.label_y + 4.0)) { (bound.label) }
        }
    }
}
