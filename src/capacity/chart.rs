//! Curves as an SVG image: both axes in powers of ten, so that what grows evenly is a line of slope one.

use std::fmt::Write as _;

/// Pixels of one chart, without the words around it.
const SIDE: f64 = 300.0;

/// Room for words.
const MARGIN: f64 = 60.0;

/// One chart with its words.
pub(crate) struct Chart<'a> {
    /// What is shown, with its unit.
    pub(crate) title: &'a str,
    /// What is counted across.
    pub(crate) across: &'a str,
    /// The lines.
    pub(crate) lines: &'a [Line<'a>],
}

/// One line of a chart.
pub(crate) struct Line<'a> {
    /// What it is; nothing is written for the only line of a chart.
    pub(crate) name: &'a str,
    /// A colour of SVG.
    pub(crate) colour: &'a str,
    /// How many, and how much; both above zero.
    pub(crate) points: &'a [(f64, f64)],
    /// Those of `points` that are crossed out.
    pub(crate) crossed: &'a [(f64, f64)],
}

/// Charts beside one another.
pub(crate) fn draw(charts: &[Chart<'_>]) -> String {
    let (width, height) = (charts.len() as f64 * (SIDE + 2.0 * MARGIN), SIDE + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (n, chart) in charts.iter().enumerate() {
        let _ = writeln!(svg, "<g transform=\"translate({}, {MARGIN})\">", MARGIN + n as f64 * (SIDE + 2.0 * MARGIN));
        one(chart, &mut svg);
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

fn one(chart: &Chart<'_>, svg: &mut String) {
    let points = chart.lines.iter().flat_map(|line| line.points);
    let (across, up) = (decades(points.clone().map(|point| point.0)), decades(points.map(|point| point.1)));
    let scale = |number: f64, (low, high): (i32, i32)| (number.log10() - f64::from(low)) / f64::from(high - low) * SIDE;
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
    for (n, line) in chart.lines.iter().enumerate() {
        curve(line, |(x, y)| (scale(x, across), SIDE - scale(y, up)), svg);
        if !line.name.is_empty() {
            let (y, colour) = (14.0 + 16.0 * n as f64, line.colour);
            let _ = writeln!(svg, "<text x=\"8\" y=\"{y}\" fill=\"{colour}\">{}</text>", escaped(line.name));
        }
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"-16\" text-anchor=\"middle\">{}</text>", SIDE / 2.0, chart.title);
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        SIDE / 2.0,
        SIDE + 38.0,
        chart.across
    );
}

fn curve(line: &Line<'_>, place: impl Fn((f64, f64)) -> (f64, f64), svg: &mut String) {
    let colour = line.colour;
    let along: Vec<String> =
        line.points.iter().map(|point| place(*point)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        along.join(" ")
    );
    for (x, y) in line.points.iter().map(|point| place(*point)) {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    for (x, y) in line.crossed.iter().map(|point| place(*point)) {
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {:.1}l12 12m0 -12l-12 12\" stroke=\"#c00\" stroke-width=\"2\"/>",
            x - 6.0,
            y - 6.0
        );
    }
}

/// A power of ten in full.
fn ten(exponent: i32) -> String {
    10_f64.powi(exponent).to_string()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
