//! A module made from a node's driver, used in a container. The driver is made up: a library that knows its version, and
//! a program that links to it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use crate::world::{ALICE, World, at, isolated, write};

/// As `shifter-site cdi` writes them for such a driver.
const LINES: &str = "defaultModules=base\nmodule_base_siteEnv=BASE=1\nmodule_gpu_devices=/dev/null /dev/zero\n\
    module_gpu_siteFs=/srv/host/driver/libcuda.so.550.90.07:/opt/shifter/site-resources/gpu/lib64/libcuda.so:ro;\
    /srv/host/driver/libcuda.so.550.90.07:/opt/shifter/site-resources/gpu/lib64/libcuda.so.1:ro;\
    /srv/host/driver/nvidia-smi:/opt/shifter/site-resources/gpu/bin/nvidia-smi:ro\n\
    module_gpu_siteEnvPrepend=LD_LIBRARY_PATH=/opt/shifter/site-resources/gpu/lib64 PATH=/opt/shifter/site-resources/gpu/bin";

fn compile(source: &str, to: &str, options: &[&str]) {
    let code = write("host/code.c", source);
    fs::create_dir_all(at("host/driver")).unwrap();
    let status = Command::new("cc").arg("-o").arg(at(to)).arg(code).args(options).status().unwrap();
    assert!(status.success());
    fs::set_permissions(at(to), Permissions::from_mode(0o755)).unwrap();
}

fn node(world: &World) {
    let library = "host/driver/libcuda.so.550.90.07";
    compile(
        "const char *driver(void) { return \"550.90.07\"; }",
        library,
        &["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1"],
    );
    symlink("libcuda.so.550.90.07", at("host/driver/libcuda.so")).unwrap();
    let source = "#include <stdio.h>\n#include <stdlib.h>\nconst char *driver(void);\n\
        int main(void) { const char *v = getenv(\"CUDA_VISIBLE_DEVICES\"); printf(\"%s %s\\n\", driver(), v ? v : \"-\"); }";
    compile(source, "host/driver/nvidia-smi", &["-L/srv/host/driver", "-lcuda"]);
    world.configure(LINES);
}

fn with(world: &World, variables: &[(&str, &str)], words: &[&str]) -> crate::world::Run {
    let words = [&["--image=id:busy"], words].concat();
    let set = |command: &mut Command| {
        command.envs(variables.iter().copied());
    };
    world.run_as(ALICE, set, &words)
}

#[test]
fn a_program_of_the_driver_runs_with_the_drivers_library() {
    isolated(|world| {
        node(world);
        assert_eq!(world.shifter(&["-m", "gpu", "nvidia-smi"]).ok(), "550.90.07 -\n");
        assert!(world.shifter(&["nvidia-smi"]).fails(127).contains("No such file"));
        let listed = world.shifter(&["-m", "gpu", "ls", "/opt/shifter/site-resources/gpu/lib64"]).ok();
        assert_eq!(listed, "libcuda.so\nlibcuda.so.1\n");
        let said = world.shifter(&["-m", "gpu", "touch", "/opt/shifter/site-resources/gpu/lib64/libcuda.so"]).fails(1);
        assert!(said.contains("Read-only") || said.contains("Permission"), "{said}");
    });
}

#[test]
fn a_job_with_devices_gets_the_module_and_one_without_does_not() {
    isolated(|world| {
        node(world);
        let job = ("CUDA_VISIBLE_DEVICES", "0,1");
        assert_eq!(with(world, &[job], &["nvidia-smi"]).ok(), "550.90.07 0,1\n");
        for none in ["", "NoDevFiles"] {
            with(world, &[("CUDA_VISIBLE_DEVICES", none)], &["nvidia-smi"]).fails(127);
        }
        with(world, &[job, ("SHIFTER_GPU", "none")], &["nvidia-smi"]).fails(127);
        let told = with(world, &[job, ("SHIFTER_GPU", "none")], &["sh", "-c", "echo $CUDA_VISIBLE_DEVICES $BASE"]).ok();
        assert_eq!(told, "NoDevFiles 1\n");
        assert_eq!(with(world, &[job, ("SHIFTER_GPU", "1")], &["nvidia-smi"]).ok(), "550.90.07 1\n");
        assert_eq!(with(world, &[("SHIFTER_GPU", "all")], &["nvidia-smi"]).ok(), "550.90.07 -\n");
        with(world, &[job], &["-m", "base", "nvidia-smi"]).fails(127);
        let explained = |variables: &[(&str, &str)]| with(world, variables, &["--explain"]).ok();
        assert!(explained(&[job]).contains("gpu is there because of CUDA_VISIBLE_DEVICES\n"));
        let told = explained(&[job, ("SHIFTER_GPU", "1")]);
        assert!(
            told.contains("gpu is there because of SHIFTER_GPU\n") && told.contains("CUDA_VISIBLE_DEVICES"),
            "{told}"
        );
    });
}

#[test]
fn a_wish_that_cannot_be_met_starts_nothing() {
    isolated(|world| {
        node(world);
        let said = with(world, &[("SHIFTER_GPU", "first")], &["id"]).fails(1);
        assert!(said.starts_with("shifter: SHIFTER_GPU is `first`; it can be none, all, or numbers"), "{said}");
        world.configure(&LINES.replace("/dev/null /dev/zero", "/dev/null /dev/no-such-device"));
        let said = with(world, &[("SHIFTER_GPU", "all")], &["id"]).fails(1);
        assert!(said.contains("this node has nothing that matches `/dev/no-such-device`"), "{said}");
        world.configure("module_base_siteEnv=BASE=1");
        let said = with(world, &[("SHIFTER_GPU", "all")], &["id"]).fails(1);
        assert_eq!(said, "shifter: SHIFTER_GPU is `all`, and this site has no module called `gpu`\n");
    });
}
