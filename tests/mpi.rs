//! A program that was built with one MPI runs with another: four ranks, each in a container of the real setuid runtime.
//!
//! The program is built with Debian's MPICH, whose library is called `libmpich.so.12`. The other MPI is the one that the
//! Python Package Index has as `mpich`, whose library is called `libmpi.so.12`; `stage` makes a module of it. Hydra on
//! the host starts the ranks, and they find each other through the descriptors and variables that it gives them.

#[path = "running/ground.rs"]
mod ground;
#[path = "mpi/machine.rs"]
mod machine;
#[path = "mpi/wheel.rs"]
mod wheel;

use machine::Machine;

/// What each of four ranks prints, in the order of the ranks, with this library.
fn ranks(library: &str) -> Vec<String> {
    (0..4).map(|rank| format!("rank {rank} of 4, sum 6, {library}")).collect()
}

#[test]
fn four_ranks_run_with_the_mpi_of_a_module_and_without_it_with_their_own() {
    let prefix = match wheel::prefix() {
        Ok(prefix) => prefix,
        Err(why) => return println!("skipped: {why}"),
    };
    ground::isolated(|| {
        let machine = Machine::new(&prefix);

        let said = machine.doctor();
        let has = |part: &str| assert!(said.contains(part), "no `{part}` in:\n{said}");
        has("libc      glibc 2.");
        has("/libmpich.so.12: MPICH 4.0.2 (libmpich.so.12, interface 14:2:2, amd64)");
        has("module    mpich/4.3.2 will work: MPICH 4.3.2\n");

        let own = machine.on_the_host();
        assert_eq!(own, ranks("MPICH Version: 4.0.2"));
        assert_eq!(machine.in_containers("none"), own);
        assert_eq!(machine.in_containers("mpich"), ranks("MPICH Version: 4.3.2"));
        assert_eq!(machine.in_containers("mpich/4.3.2"), ranks("MPICH Version: 4.3.2"));
    });
}
