//! A drawing as SVG text.

use std::fmt::{Display, Write as _};

use askama::filters::{Html, escape};

/// A place in a drawing: right and down, in its own units.
pub(super) type Point = (f64, f64);

/// A drawing under way. Colours and widths come from the page's style sheet by class; all text is escaped.
#[derive(Debug)]
pub(super) struct Svg {
    size: Point,
    body: String,
}

impl Svg {
    pub(super) fn new(size: Point) -> Self {
        Self { size, body: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): Point, (x2, y2): Point) {
        let class = escaped(class);
        self.add(format_args!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    /// Draws through all points.
    pub(super) fn polyline(&mut self, class: &str, points: impl IntoIterator<Item = Point>) {
        self.path("polyline", class, points);
    }

    /// Fills what the points enclose.
    pub(super) fn polygon(&mut self, class: &str, points: impl IntoIterator<Item = Point>) {
        self.path("polygon", class, points);
    }

    /// Draws a rectangle; `title` is shown by a browser under the pointer.
    pub(super) fn rect(&mut self, class: &str, (x, y): Point, (width, height): Point, title: &str) {
        let (class, title) = (escaped(class), escaped(title));
        self.add(format_args!(
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"><title>{title}</title></rect>"#
        ));
    }

    /// Draws a dot; `title` as for [`Svg::rect`].
    pub(super) fn dot(&mut self, class: &str, (x, y): Point, title: &str) {
        let (class, title) = (escaped(class), escaped(title));
        self.add(format_args!(
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="2.4"><title>{title}</title></circle>"#
        ));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): Point, text: &str) {
        let (class, text) = (escaped(class), escaped(text));
        self.add(format_args!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{text}</text>"#));
    }

    /// Returns the drawing; `label` is what a screen reader says of it.
    pub(super) fn finish(self, label: &str) -> String {
        let (Self { size: (width, height), body }, label) = (self, escaped(label));
        format!(r#"<svg viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{label}">{body}</svg>"#)
    }

    fn path(&mut self, element: &str, class: &str, points: impl IntoIterator<Item = Point>) {
        let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let (class, points) = (escaped(class), points.join(" "));
        self.add(format_args!(r#"<{element} class="{class}" points="{points}"/>"#));
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _infallible = self.body.write_fmt(element);
    }
}

/// Returns text with everything that means something in HTML written as a character reference.
fn escaped(text: &str) -> impl Display + use<'_> {
    let Ok(escaped) = escape(text, Html);
    escaped.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut svg = Svg::new((10.0, 20.0));
        svg.text("tick", (1.0, 2.04), "<script>");
        svg.dot("m1", (0.0, 0.0), "A & \"B\"");
        let text = svg.finish("a'b");
        assert!(text.starts_with(r#"<svg viewBox="0 0 10 20" role="img" aria-label="a&#39;b">"#), "{text}");
        assert!(text.contains(r#"<text class="tick" x="1.0" y="2.0">&#60;script&#62;</text>"#), "{text}");
        assert!(text.contains("<title>A &#38; &#34;B&#34;</title>"), "{text}");
    }
}
