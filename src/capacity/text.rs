//! The figures as text.

use std::fmt::Write as _;

use super::{Capacity, Input, table};

/// The figures of all classes, each with its formula and inputs.
#[must_use]
pub fn text(all: &[Capacity]) -> String {
    let mut out = String::new();
    for one in all {
        let class = one.class.as_ref().map_or_else(|| "every node".to_owned(), |class| format!("class {class}"));
        let _ = writeln!(out, "{class}, Shifter {}", one.target);
        for figure in &one.figures {
            let value = match figure.value {
                Some(value) => format!("{} {}", figure.bound, amount(value, figure.unit)),
                None => "unknown".to_owned(),
            };
            let verdict = figure.verdict.map(|verdict| format!(": {verdict}")).unwrap_or_default();
            let limit = match &figure.limit {
                Some(Input { name, value: Some(value), unit }) => {
                    format!("  ({name} = {}{verdict})", amount(*value, unit))
                }
                _ => String::new(),
            };
            let _ = writeln!(out, "\n  {}: {value}{limit}", figure.name);
            let _ = writeln!(out, "    = {}", figure.formula.split_whitespace().collect::<Vec<_>>().join(" "));
            for input in &figure.inputs {
                let value = input.value.map_or_else(|| "not told".to_owned(), |value| amount(value, input.unit));
                let _ = writeln!(out, "    {}: {value}", input.name);
            }
        }
        if !one.launches.is_empty() {
            out.push_str(
                "\n  launches, simulated (--assumptions says how; x: not every container starts, or not in time)\n\n",
            );
            out.push_str(&table::table(&one.launches));
        }
        out.push('\n');
    }
    out
}

/// `8 GiB (8589934592 bytes)`, `32 containers`.
fn amount(value: u64, unit: &str) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if unit != "bytes" || value < 1024 {
        return format!("{value} {unit}");
    }
    let power = (value.ilog2() / 10).min(5);
    let tenths = (u128::from(value) * 10) >> (10 * power);
    let name = UNITS[power as usize - 1];
    if tenths.is_multiple_of(10) {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_units_of_1024() {
        let shown: Vec<String> = [1, 1024, 1536, 8 << 30, 80 << 40].map(|value| amount(value, "bytes")).into();
        assert_eq!(shown, ["1 bytes", "1 KiB", "1.5 KiB", "8 GiB", "80 TiB"]);
        assert_eq!(amount(2048, "nodes"), "2048 nodes");
    }
}
