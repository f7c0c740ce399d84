//! A curve as an SVG image: both axes in powers of ten, so that what grows evenly is a line of slope one.

use std::fmt::Write as _;

/// Pixels of one chart, without the words around it.
const SIDE: f64 = 300.0;

/// Room for words.
const MARGIN: f64 = 60.0;

/// A curve with its words.
pub(super) struct Curve<'a> {
    /// What is measured, with its unit.
    pub(super) title: &'a str,
    /// How many, and how much.
    pub(super) points: &'a [(f64, f64)],
}

/// Charts beside one another.
pub(super) fn draw(curves: &[Curve<'_>]) -> String {
    let (width, height) = (curves.len() as f64 * (SIDE + 2.0 * MARGIN), SIDE + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (n, curve) in curves.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({}, {MARGIN})\">", MARGIN + n as f64 * (SIDE + 2.0 * MARGIN));
        chart(curve, &mut svg);
        svg.push_str("</g>\n");
    }
    svg + "</svg>\n"
}

/// The powers of ten around some numbers, as exponents.
fn decades(numbers: impl Iterator<Item = f64> + Clone) -> (i32, i32) {
    let exponents = numbers.map(f64::log10);
    let low = exponents.clone().fold(f64::INFINITY, f64::min).floor();
    let high = exponents.fold(f64::NEG_INFINITY, f64::max).ceil().max(low + 1.0);
    (low as i32, high as i32)
}

fn chart(curve: &Curve<'_>, svg: &mut String) {
    let across = decades(curve.points.iter().map(|point| point.0));
    let up = decades(curve.points.iter().map(|point| point.1));
    let scale = |number: f64, (low, high): (i32, i32)| (number.log10() - f64::from(low)) / f64::from(high - low) * SIDE;
    let place = |(x, y): (f64, f64)| (scale(x, across), SIDE - scale(y, up));
    for exponent in across.0..=across.1 {
        let x = scale(10_f64.powi(exponent), across);
        let _ = writeln!(svg, "<path d=\"M{x:.1} 0V{SIDE}\" stroke=\"#ddd\"/>");
        let _ =
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", SIDE + 18.0, ten(exponent));
    }
    for exponent in up.0..=up.1 {
        let y = SIDE - scale(10_f64.powi(exponent), up);
        let _ = writeln!(svg, "<path d=\"M0 {y:.1}H{SIDE}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", y + 4.0, ten(exponent));
    }
    let line: Vec<String> =
        curve.points.iter().map(|point| place(*point)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>", line.join(" "));
    for (x, y) in curve.points.iter().map(|point| place(*point)) {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#06c\"/>");
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"-16\" text-anchor=\"middle\">{}</text>", SIDE / 2.0, curve.title);
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">profiles</text>", SIDE / 2.0, SIDE + 38.0);
}

/// A power of ten in full.
fn ten(exponent: i32) -> String {
    10_f64.powi(exponent).to_string()
}
