//! What was found in an image, for people.

use indicatif::HumanBytes;
use shifter_gateway_types::rest::{ClosedDirectory, ImageReport, Paths, ReportedModes};

/// One line: what the image is made of, for who has just pulled it.
pub(crate) fn summary(report: &ImageReport) -> Option<String> {
    let mpi = report.mpi.iter().map(|mpi| match (&mpi.is, &mpi.abi) {
        (Some(is), Some(abi)) if !is.starts_with(abi.as_str()) => format!("{is} ({}, ABI of {abi})", mpi.soname),
        (Some(is), _) => format!("{is} ({})", mpi.soname),
        (None, abi) => format!("{} ({})", mpi.soname, abi.as_deref().unwrap_or("of nobody known")),
    });
    let made =
        [report.architecture.clone(), report.libc.clone(), report.cuda.as_ref().map(|cuda| format!("CUDA {cuda}"))];
    let mut words: Vec<String> = made.into_iter().flatten().collect();
    for word in mpi {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// What will not work for users, and why. Directories that nobody misses are counted.
pub(crate) fn warnings(report: &ImageReport) -> Vec<String> {
    let missed = report.closed_worst.iter().filter(|place| place.program.is_some());
    let mut all: Vec<String> = missed.map(warning).collect();
    let rest = report.closed.saturating_sub(all.len() as u64);
    if !all.is_empty() && rest > 0 {
        all.push(format!("{rest} more directories are readable by root only"));
    }
    all
}

fn warning(ClosedDirectory { path, files, program, .. }: &ClosedDirectory) -> String {
    let program = program.as_deref().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    format!("{path} is readable by root only: {name} will fail for you ({program}; {files} files)")
}

/// All of it, as rows of a table.
pub(crate) fn rows(report: &ImageReport) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let given = [("made for", &report.architecture), ("libc", &report.libc), ("cuda", &report.cuda)];
    rows.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    rows.extend(report.mpi.iter().map(|mpi| {
        let is = [Some(mpi.soname.clone()), mpi.is.clone(), mpi.abi.as_ref().map(|abi| format!("ABI of {abi}"))];
        let is: Vec<String> = is.into_iter().flatten().collect();
        ("mpi", format!("{} {} ({})", is.join(", "), mpi.path, mpi.architecture))
    }));
    rows.extend(report.layers.iter().map(|layer| {
        let (packed, unpacked) = (HumanBytes(layer.compressed), HumanBytes(layer.unpacked));
        ("layer", format!("{} {packed}, unpacked {unpacked}", layer.digest))
    }));
    rows.push(("files", format!("{}, {}", report.files, HumanBytes(report.bytes))));
    if report.modes == ReportedModes::Readable {
        rows.push(("modes", "every user can read everything, whatever the layers say".to_owned()));
    }
    rows.extend(report.closed_worst.iter().map(|place| {
        let held = format!("{} files, {}", place.files, HumanBytes(place.bytes));
        let program = place.program.as_ref().map(|program| format!(", {program}")).unwrap_or_default();
        ("closed", format!("{}: readable by root only ({held}{program})", place.path))
    }));
    let unnamed = report.closed.saturating_sub(report.closed_worst.len() as u64);
    if unnamed > 0 {
        rows.push(("closed", format!("and {unnamed} more")));
    }
    let kinds = [
        ("set-id", "kept, and not heeded", &report.set_id),
        ("dropped", "set-id bits", &report.dropped_set_id),
        ("dropped", "capabilities", &report.dropped_capabilities),
        ("dropped", "devices and pipes", &report.dropped_devices),
        ("dropped", "extended attributes", &report.dropped_attributes),
    ];
    rows.extend(
        kinds.into_iter().filter(|(.., paths)| paths.count > 0).map(|(name, what, paths)| (name, told(what, paths))),
    );
    rows.extend(report.examination.iter().map(|said| ("examiner", said.trim().replace('\n', "; "))));
    rows.extend(report.losses.iter().map(|loss| ("lost", loss.clone())));
    rows
}

fn told(what: &str, paths: &Paths) -> String {
    let more = paths.count.saturating_sub(paths.first.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{what}: {}{more}", paths.first.join(" "))
}

#[cfg(test)]
mod tests {
    use shifter_gateway_types::rest::MpiLibrary;

    use super::*;

    fn closed(path: &str, program: Option<&str>) -> ClosedDirectory {
        ClosedDirectory { path: path.to_owned(), files: 2, bytes: 10, program: program.map(str::to_owned) }
    }

    #[test]
    fn a_pull_ends_with_one_line_about_the_image_and_what_will_fail() {
        let mpi = MpiLibrary {
            path: "/usr/lib/libmpi.so.12.1".to_owned(),
            soname: "libmpi.so.12".to_owned(),
            abi: Some("MPICH".to_owned()),
            is: Some("Intel MPI 2021.19".to_owned()),
            architecture: "amd64".to_owned(),
        };
        let report = ImageReport {
            architecture: Some("amd64".to_owned()),
            libc: Some("glibc 2.36".to_owned()),
            cuda: Some("12.2.140".to_owned()),
            mpi: vec![mpi.clone(), mpi],
            closed: 4,
            closed_worst: vec![closed("/root", Some("/root/miniconda3/bin/python")), closed("/var/cache/x", None)],
            ..ImageReport::default()
        };
        let line = "amd64, glibc 2.36, CUDA 12.2.140, Intel MPI 2021.19 (libmpi.so.12, ABI of MPICH)";
        assert_eq!(summary(&report).as_deref(), Some(line));
        let warned = [
            "/root is readable by root only: python will fail for you (/root/miniconda3/bin/python; 2 files)",
            "3 more directories are readable by root only",
        ];
        assert_eq!(warnings(&report), warned);
        let harmless = ImageReport { closed_worst: vec![closed("/root", None)], closed: 3, ..ImageReport::default() };
        assert_eq!((summary(&harmless), warnings(&harmless)), (None, Vec::new()));
    }

    #[test]
    fn all_paths_are_counted_where_only_some_are_named() {
        let paths = Paths { count: 3, first: vec!["dev/null".to_owned()] };
        let report = ImageReport { dropped_devices: paths, closed: 2, ..ImageReport::default() };
        let rows = rows(&report);
        assert!(rows.contains(&("dropped", "devices and pipes: dev/null and 2 more".to_owned())), "{rows:?}");
        assert!(rows.contains(&("closed", "and 2 more".to_owned())), "{rows:?}");
    }
}
