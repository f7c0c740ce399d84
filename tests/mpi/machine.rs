//! A machine with Debian's MPICH in an image, another MPI staged as a module, and Hydra to start ranks.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use shifter_site::profile::{self, LoadOptions, Profile};
use shifter_site::render::{self, Inputs, Secrets};

use super::ground::{at, copy_libraries, install_shifter, lie_over_the_host, run, write};

const ALICE: u32 = 11_100;

/// Each rank says who it is, that it reached all others, and which library it runs with.
const PROGRAM: &str = include_str!("ranks.c");

const PROFILE: &str = r#"
schema = 1
[site]
name = "mpi"
[target]
shifter = "native"
os = "linux"
init = "none"
[paths]
udi_mount = "/srv/udi"
loop_mount = "/srv/loop"
[images]
path = "/srv/images"
owner = "root"
[etc]
path = "/srv/etc"
[gateway]
endpoints = ["unix:/run/shifter/gateway.sock"]
"#;

pub(crate) struct Machine;

impl Machine {
    /// Makes it, with the MPI of `prefix` as the module `mpich`, as an administrator would.
    pub(crate) fn new(prefix: &Path) -> Self {
        lie_over_the_host();
        install_shifter(ALICE);
        write("program.c", PROGRAM);
        fs::create_dir_all(at("image/app")).expect("made");
        run("mpicc.mpich", &["-o", "/srv/image/app/ranks", "/srv/program.c"]);
        copy_libraries("image/app/ranks", "image");
        copy_the_rest_of_libc();
        for directory in ["proc", "sys", "dev", "tmp", "etc", "var"] {
            fs::create_dir_all(at("image").join(directory)).expect("made");
        }
        let image = format!("/srv/images/{}.squashfs", "5".repeat(64));
        run("mksquashfs", &["/srv/image", &image, "-all-root", "-quiet", "-no-progress", "-noD", "-noF"]);
        write(&format!("images/{}.meta", "5".repeat(64)), "FORMAT: squashfs\nENV: PATH=/app\n");

        let stage = ["stage", "mpich", "--from", prefix.to_str().expect("UTF-8"), "--out", "/srv/modules/mpich"];
        let staged = Command::new(env!("CARGO_BIN_EXE_shifter-site")).args(stage).output().expect("it runs");
        let said = String::from_utf8_lossy(&staged.stderr).into_owned();
        assert!(staged.status.success(), "{said}");
        let lines = String::from_utf8(staged.stdout).expect("UTF-8");
        fs::write(at("site.toml"), format!("{PROFILE}{lines}")).expect("written");
        let loaded = profile::load::<Profile>(&LoadOptions::file(at("site.toml"))).expect("it can be read");
        assert!(loaded.loss.is_none(), "{:?}", loaded.findings);
        let sites = [shifter_site::site::Site::resolve(&loaded.profile, None).expect("it means something")];
        let inputs = Inputs::gather(&sites, "site.toml", Path::new("/srv"), Secrets::Resolve).expect("no inputs");
        let plan = render::plan(&sites, &inputs).unwrap_or_else(|errors| panic!("{errors:?}"));
        render::write(&plan, Path::new("/etc/shifter")).expect("it can be written");
        fs::set_permissions(at("modules"), Permissions::from_mode(0o755)).expect("our own directory");
        Self
    }

    /// Four ranks without containers: the program's own MPI.
    pub(crate) fn on_the_host(&self) -> Vec<String> {
        ranks(&["/srv/image/app/ranks"])
    }

    /// Four ranks, each in a container with these modules.
    pub(crate) fn in_containers(&self, modules: &str) -> Vec<String> {
        let image = format!("--image=id:{}", "5".repeat(64));
        ranks(&["/srv/bin/shifter", &image, &format!("--module={modules}"), "/app/ranks"])
    }

    /// What `doctor --image` says of the image.
    pub(crate) fn doctor(&self) -> String {
        let doctor = ["doctor", "--profile", "/srv/site.toml", "--image", &"5".repeat(64)];
        let output = Command::new(env!("CARGO_BIN_EXE_shifter-site")).args(doctor).output().expect("it runs");
        String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8_lossy(&output.stderr)
    }
}

/// An image has all of its C library, the parts too that are empty since glibc 2.34 and that older programs ask for.
fn copy_the_rest_of_libc() {
    let places = ["/lib/x86_64-linux-gnu", "/lib64"];
    let place = places.iter().find(|place| Path::new(place).join("libdl.so.2").exists()).expect("a C library");
    for name in ["libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"] {
        let target = at("image").join(place.trim_start_matches('/'));
        fs::create_dir_all(&target).expect("made");
        fs::copy(Path::new(place).join(name), target.join(name)).expect("a copy");
    }
}

/// Starts four of these and gives back what they printed, sorted.
fn ranks(words: &[&str]) -> Vec<String> {
    let mut command = Command::new("mpiexec.hydra");
    command.args(["-launcher", "fork", "-n", "4"]).args(words).current_dir("/");
    command.env_clear().env("PATH", "/usr/bin:/bin").uid(ALICE).gid(ALICE);
    let output = command.output().expect("mpiexec.hydra of Debian's package `mpich`");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
    let mut lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
