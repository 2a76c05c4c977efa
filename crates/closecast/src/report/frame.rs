//! Axes, and what is drawn between them.

use super::{
    axis::Axis,
    svg::{Point, Svg},
};

/// Room for the labels on the left, at the right and the top, and below.
const MARGINS: (f64, f64, f64) = (48.0, 18.0, 24.0);

/// A chart under way, in units of its axes.
#[derive(Debug)]
pub(super) struct Frame {
    svg: Svg,
    size: Point,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// Draws the axes.
    pub(super) fn new(size: Point, x: Axis, y: Axis) -> Self {
        let mut frame = Self { svg: Svg::new(size), size, x, y };
        let (low, high, width) = (frame.y.low, frame.x.low, frame.size.0);
        for (value, label) in frame.y.ticks.clone() {
            let (left, height) = frame.at((high, value));
            frame.svg.line("grid", (left, height), (width - MARGINS.1, height));
            frame.svg.text("tick end", (left - 6.0, height + 4.0), &label);
        }
        for (value, label) in frame.x.ticks.clone() {
            let (across, bottom) = frame.at((value, low));
            frame.svg.line("grid", (across, bottom), (across, bottom + 4.0));
            frame.svg.text("tick middle", (across, bottom + 17.0), &label);
        }
        frame
    }

    /// Draws a line through points.
    pub(super) fn line(&mut self, class: &str, points: impl IntoIterator<Item = Point>) {
        let points: Vec<Point> = points.into_iter().map(|point| self.at(point)).collect();
        self.svg.polyline(class, points);
    }

    /// Fills the band between two lines, each from left to right.
    pub(super) fn band(&mut self, class: &str, lower: &[Point], upper: &[Point]) {
        let around = lower.iter().chain(upper.iter().rev()).map(|&point| self.at(point)).collect::<Vec<_>>();
        self.svg.polygon(class, around);
    }

    /// Draws a dot with a title.
    pub(super) fn dot(&mut self, class: &str, point: Point, title: &str) {
        let point = self.at(point);
        self.svg.dot(class, point, title);
    }

    /// Draws a bar from the lower end of the axis up, with a title.
    pub(super) fn bar(&mut self, class: &str, (from, to): Point, height: f64, title: &str) {
        let (left, top) = self.at((from, height));
        let (right, bottom) = self.at((to, self.y.low));
        self.svg.rect(class, (left + 0.5, top), ((right - left - 1.0).max(0.5), bottom - top), title);
    }

    /// Draws a line across at a value of the vertical axis.
    pub(super) fn rule(&mut self, class: &str, value: f64) {
        self.line(class, [(self.x.low, value), (self.x.high, value)]);
    }

    /// Returns the chart; `label` is what a screen reader says of it.
    pub(super) fn finish(self, label: &str) -> String {
        self.svg.finish(label)
    }

    /// Returns where in the drawing a point lies.
    fn at(&self, (x, y): Point) -> Point {
        let (left, right, below) = MARGINS;
        let (width, height) = (self.size.0 - left - right, self.size.1 - right - below);
        let share = |axis: &Axis, value: f64| (value - axis.low) / (axis.high - axis.low);
        (left + width * share(&self.x, x), right + height * (1.0 - share(&self.y, y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_between_the_margins() {
        let axis = || Axis { low: 0.0, high: 2.0, ticks: Vec::new() };
        let frame = Frame::new((160.0, 136.0), axis(), axis());
        assert_eq!(frame.at((0.0, 0.0)), (48.0, 112.0));
        assert_eq!(frame.at((2.0, 2.0)), (142.0, 18.0));
        assert_eq!(frame.at((1.0, 0.5)), (95.0, 88.5));
    }
}
