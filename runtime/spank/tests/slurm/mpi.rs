//! A program of MPI over two nodes, with the library of its image and with the one that the site injects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::cluster::{Cluster, udiroot};
use crate::ground::{ALICE, PREFIX, at, must, write};
use crate::images;
use crate::inside::with_cluster;
use crate::wheel;

/// The other MPI, or why there is none; found outside, where there is a network.
const OTHER: &str = "SHIFTER_TEST_MPICH";

/// What the inner process is to know of the other MPI.
pub(crate) fn prepare() -> (&'static str, String) {
    match wheel::prefix() {
        Ok(prefix) => (OTHER, prefix.display().to_string()),
        Err(why) => (OTHER, format!("skipped: {why}")),
    }
}

/// An image with a program that was built with Debian's MPICH.
fn publish() {
    write("ranks.c", include_str!("../../../../tests/mpi/ranks.c"), 0o644);
    fs::create_dir_all(at("app")).expect("made");
    must("mpicc.mpich", &["-o", "/srv/app/ranks", "/srv/ranks.c"]);
    let mut files = BTreeMap::new();
    images::add_with_libraries("/srv/app/ranks", &mut files);
    let program = files.remove("srv/app/ranks").expect("just built");
    files.insert("app/ranks".to_owned(), program);
    // Empty since glibc 2.34, and asked for by what was built before.
    for name in ["libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"] {
        let path = format!("lib/x86_64-linux-gnu/{name}");
        files.insert(path.clone(), fs::read(Path::new("/").join(path)).expect("of libc"));
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    images::publish("ranks", "1", &files);
}

/// Four ranks on two nodes, started by Hydra through Slurm; what they print, in order.
fn ranks(cluster: &Cluster, module: &str) -> Vec<String> {
    let hydra = ["mpiexec.hydra", "-launcher", "slurm", "-n", "4", "-ppn", "2", "shifter", "/app/ranks"];
    let salloc = ["salloc", "-N2", "-w", "n1,n2", "--image=ranks:1", module];
    let said = cluster.as_alice(&[&salloc[..], &hydra].concat()).ok();
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn four_ranks_on_two_nodes_run_with_the_images_mpi_and_with_the_sites() {
    with_cluster(|cluster| {
        let prefix = std::env::var(OTHER).expect("said outside");
        if prefix.starts_with("skipped") {
            return println!("{prefix}");
        }
        // As `shifter-site stage` lays it out: under both names by which programs know it.
        fs::create_dir_all(at("mpich/lib")).expect("made");
        must("cp", &["-a", &format!("{prefix}/lib/."), "/srv/mpich/lib/"]);
        must("chown", &["-R", "0:0", "/srv/mpich"]);
        std::os::unix::fs::symlink("libmpi.so.12", at("mpich/lib/libmpich.so.12")).expect("linked");
        udiroot(
            "module_mpich_siteFs=/srv/mpich:/site/mpich\nmodule_mpich_siteEnvPrepend=LD_LIBRARY_PATH=/site/mpich/lib",
        );
        publish();
        let image = [format!("{PREFIX}/bin/shifterimg"), "pull".to_owned(), "ranks:1".to_owned()];
        cluster.as_alice(&image.each_ref().map(String::as_str)).ok();
        let of = |library: &str| (0..4).map(|rank| format!("rank {rank} of 4, sum 6, {library}")).collect::<Vec<_>>();
        assert_eq!(ranks(cluster, "--module=none"), of("MPICH Version: 4.0.2"));
        assert_eq!(ranks(cluster, "--module=mpich"), of("MPICH Version: 4.3.2"));
        cluster.until_idle();
        assert_eq!((cluster.mounted(1), cluster.mounted(2)), (0, 0), "uid {ALICE}");
    });
}
