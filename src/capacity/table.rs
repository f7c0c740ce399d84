//! Launches as a table.

use std::fmt::Write as _;

use super::launches::Launched;

const HEAD: [&str; 10] =
    ["nodes", "software", "starts", "no image", "no user", "half s", "last s", "queue", "directory", "prologue s"];

/// The launches of one class; a sign stands before each that fails.
pub(super) fn table(launches: &[Launched]) -> String {
    let rows: Vec<[String; 10]> = std::iter::once(HEAD.map(str::to_owned)).chain(launches.iter().map(row)).collect();
    let widths: Vec<usize> =
        (0..HEAD.len()).map(|n| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for (n, row) in rows.iter().enumerate() {
        let sign = match n.checked_sub(1).and_then(|n| launches.get(n)) {
            Some(launch) if !launch.is_well() => 'x',
            _ => ' ',
        };
        let mut line = format!("  {sign}");
        for (n, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Names begin where names begin; numbers end where numbers end.
            let _ = if n == 1 { write!(line, " {cell:<width$} ") } else { write!(line, " {cell:>width$} ") };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn row(launch: &Launched) -> [String; 10] {
    let prologue = launch.prologue.map_or_else(String::new, |prologue| {
        let limit = prologue.limit.map(|limit| format!(" of {}", limit / 1000)).unwrap_or_default();
        format!("{}{limit}", seconds(prologue.ends))
    });
    [
        launch.nodes.to_string(),
        launch.software.clone(),
        launch.starts.to_string(),
        launch.without_image.to_string(),
        launch.without_user.to_string(),
        seconds(launch.ready.median),
        seconds(launch.ready.last),
        launch.longest_queue.to_string(),
        launch.directory_connections.to_string(),
        prologue,
    ]
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.1}", milliseconds as f64 / 1000.0)
}
