//! The starts that are compared, and the report of them.
//!
//! Three questions: what does the first start of an image on a node cost, what one while the image is in use, and what many
//! at once. In each, the rounds of all contestants are interleaved.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use shifter_sys::loopdev::{self, Backing};

use super::contestants::{self, Contestant};
use super::sample::{self, Samples};
use super::site::{self, Image};
use super::{cpus, kernel, report};
use crate::{cargo, packages};

/// Rounds when nobody says otherwise.
pub(super) const ROUNDS: usize = 60;

/// How many are started at once.
const CROWDS: [usize; 4] = [1, 8, 64, 128];

/// Builds, makes the site, measures, and writes the report.
pub(super) fn run(rounds: usize) -> Result<()> {
    if let Err(error) = packages::ensure(packages::FOR_BENCHES) {
        // A peer that cannot be had is named in the report.
        println!("{error:#}");
    }
    println!("building with optimisation (some minutes the first time)");
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--profile", "setuid", "--package", "shifter"]))?;
    cargo::run(&mut cargo::cargo(&["build", "--quiet", "--release", "--package", "xtask"]))?;
    // A process of its own, since it mounts.
    let mut inside = Command::new(cargo::programs("release").join("xtask"));
    cargo::run(inside.args(["bench", "start-inside", &rounds.to_string()]))
}

/// The comparison itself, in a mount namespace of this process.
pub(super) fn inside(rounds: usize) -> Result<()> {
    site::enter()?;
    contestants::hide_hybrid_cgroups()?;
    let mut text = format!(
        "`/bin/true` in a container, {rounds} interleaved rounds, Linux {}, {} CPUs; load average before: {}. CPU is user and system\n\
         time of all processes;\n\
         the floor is a program that asks the kernel for the same container and does nothing else. Shifter and the floor start\n\
         from a squashfs (zstd), the peers from the same files unpacked.\n",
        kernel(),
        cpus(),
        std::fs::read_to_string("/proc/loadavg")?.split(' ').next().unwrap_or_default()
    );
    for image in Image::ALL {
        let size = std::fs::metadata(image.squashfs())?.len() >> 10;
        let _ = write!(text, "\n### {}, {size} KiB of squashfs\n\nFirst start on the node:\n\n", image.name());
        text += &first(image, rounds)?;
        println!("{}: first starts done", image.name());
        text += "\nWith the image in use:\n\n";
        let in_use = in_use(image, rounds)?;
        text += &in_use.table;
        println!("{}: starts in use done", image.name());
        text +=
            "\nMany at once, with the image in use; from the first fork to the last end, wall ms (CPU ms), median:\n\n";
        text += &crowds(image, (rounds / 10).max(3))?;
        println!("{}: crowds done", image.name());
        if image == Image::Debian {
            text += "\n32 at once that read the compiler (`cat cc1plus`), none in use before, wall ms (CPU ms), median:\n\n";
            text += &readers(image)?;
            println!("{}: readers done", image.name());
        }
        for missing in in_use.missing {
            let _ = writeln!(text, "\n{missing}");
        }
    }
    report::write(&text)
}

/// What loop device has the image, by a start.
fn device_of(image: Image) -> Result<Option<std::path::PathBuf>> {
    let backing = Backing::of(File::open(image.squashfs())?)?;
    Ok(loopdev::find(&backing)?.map(|device| device.path.clone()))
}

/// The kernel clears a device in its own time after the last user's end.
fn wait_until_unused(image: Image) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while device_of(image)?.is_some() {
        if Instant::now() > deadline {
            bail!("a container keeps {} in use", image.name());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// A container that lives as long as this.
struct InUse(Child);

impl InUse {
    fn begin(image: Image) -> Result<InUse> {
        let mut command = contestants::keeper(image).command(&[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.as_mut().context("a pipe")?.write_all(b"x")?;
        child.stdout.as_mut().context("a pipe")?.read_exact(&mut [0]).context("the container to keep did not start")?;
        Ok(InUse(child))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It has nothing to say, and ends with its input.
        let _ = self.0.wait();
    }
}

fn rounds_of(
    contestants: &[Contestant],
    rounds: usize,
    at_once: usize,
    ready: impl Fn() -> Result<()>,
) -> Result<Vec<Samples>> {
    let mut samples: Vec<Samples> = contestants.iter().map(|_| Samples::default()).collect();
    for _ in 0..rounds {
        for (contestant, samples) in contestants.iter().zip(&mut samples) {
            ready()?;
            samples.add(sample::measure(contestant, at_once)?);
        }
    }
    Ok(samples)
}

fn first(image: Image, rounds: usize) -> Result<String> {
    let all = [contestants::floor(&image.squashfs())?, contestants::shifter(image)];
    all.iter().try_for_each(Contestant::try_out)?;
    let samples = rounds_of(&all, rounds, 1, || wait_until_unused(image))?;
    table(&all, &samples, |_| Ok(None))
}

struct Measured {
    table: String,
    missing: Vec<String>,
}

fn in_use(image: Image, rounds: usize) -> Result<Measured> {
    let _kept = InUse::begin(image)?;
    let device = device_of(image)?.context("a container in use has a loop device")?;
    let own =
        [contestants::floor(&device)?, contestants::shifter(image), contestants::joining(image), contestants::none()];
    own.iter().try_for_each(|contestant| contestant.try_out().with_context(|| contestant.name.to_owned()))?;
    let (mut all, mut missing) = (own.to_vec(), Vec::new());
    for peer in contestants::peers(image)? {
        match peer.try_out() {
            Ok(()) => all.push(peer),
            Err(error) => missing.push(format!("Not compared: {}, which does not start here ({error:#}).", peer.name)),
        }
    }
    let samples = rounds_of(&all, rounds, 1, || Ok(()))?;
    let table =
        table(&all, &samples, |contestant| Ok(Some((sample::peak(contestant)?, sample::calls(contestant).ok()))))?;
    Ok(Measured { table, missing })
}

fn crowds(image: Image, rounds: usize) -> Result<String> {
    let _kept = InUse::begin(image)?;
    let device = device_of(image)?.context("a container in use has a loop device")?;
    let mut all = vec![contestants::floor(&device)?, contestants::shifter(image)];
    // podman's starts take turns at its own lock, for a second each where there are many.
    let others = contestants::peers(image)?.into_iter().filter(|peer| peer.name != "podman");
    all.extend(others.filter(|peer| peer.try_out().is_ok()));
    let mut rows: Vec<String> = all.iter().map(|contestant| format!("| {} |", contestant.name)).collect();
    for at_once in CROWDS {
        let samples = rounds_of(&all, rounds, at_once, || Ok(()))?;
        for (row, samples) in rows.iter_mut().zip(&samples) {
            let _ = write!(row, " {:.1} ({:.1}) |", samples.wall().median, samples.cpu().median);
        }
    }
    let heads: String = CROWDS.iter().map(|at_once| format!(" {at_once} |")).collect();
    Ok(format!("| |{heads}\n|---|{}\n{}\n", "---:|".repeat(CROWDS.len()), rows.join("\n")))
}

/// Whether many that read the same blocks of one superblock for the first time stand in each other's way.
fn readers(image: Image) -> Result<String> {
    let read = ["/bin/cat", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus"];
    let floor = contestants::running(contestants::floor(&image.squashfs())?, &read);
    let all = [floor, contestants::running(contestants::shifter(image), &read)];
    let names = ["a device for each (floor)", "one device (**shifter**)"];
    let mut rows: Vec<String> = names.iter().map(|name| format!("| {name} |")).collect();
    for at_once in [1, 32] {
        let samples = rounds_of(&all, 3, at_once, || wait_until_unused(image))?;
        for (row, samples) in rows.iter_mut().zip(&samples) {
            let _ = write!(row, " {:.1} ({:.1}) |", samples.wall().median, samples.cpu().median);
        }
    }
    Ok(format!("| | 1 | 32 |\n|---|---:|---:|\n{}\n", rows.join("\n")))
}

/// The first contestant is the floor of the others.
fn table(
    all: &[Contestant],
    samples: &[Samples],
    more: impl Fn(&Contestant) -> Result<Option<(u64, Option<u64>)>>,
) -> Result<String> {
    let floor = samples.first().context("the floor")?;
    let mut text = String::from(
        "| | as | image | wall ms: median | min | p95 | CPU ms: median | min | CPU, floor = 1 | peak KiB | system calls |\n\
         |---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (contestant, samples) in all.iter().zip(samples) {
        let (wall, cpu) = (samples.wall(), samples.cpu());
        let more = more(contestant)?;
        let shown = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} |",
            contestant.name,
            contestant.user,
            contestant.from,
            wall.median,
            wall.min,
            wall.p95,
            cpu.median,
            cpu.min,
            cpu.median / floor.cpu().median,
            shown(more.map(|(peak, _)| peak)),
            shown(more.and_then(|(_, calls)| calls)),
        );
    }
    Ok(text)
}
