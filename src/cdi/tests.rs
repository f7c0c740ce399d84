use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::elf::Loader;

/// A node with the files of a driver that never were NVIDIA's.
struct Node {
    root: tempfile::TempDir,
}

impl Node {
    fn new() -> Self {
        let node = Self { root: tempfile::tempdir().unwrap() };
        for device in ["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvram", "nvidia-caps/nvidia-cap1"] {
            node.file(&format!("dev/{device}"), "");
        }
        node.library("usr/lib64/libc.so.6", "libc.so.6");
        node.library("usr/lib64/libcuda.so.550.90.07", "libcuda.so.1");
        node.library("usr/lib64/libnvidia-ml.so.550.90.07", "libnvidia-ml.so.1");
        node.library("usr/lib64/libcudart.so.12", "libcudart.so.12");
        for (link, to) in [
            ("libcuda.so.1", "libcuda.so.550.90.07"),
            ("libcuda.so", "libcuda.so.1"),
            ("libnvidia-ml.so.1", "libnvidia-ml.so.550.90.07"),
        ] {
            symlink(to, node.at(&format!("usr/lib64/{link}"))).unwrap();
        }
        node.file("usr/lib64/libnvidia-encode.so.1", "an old text in the place of a library\n");
        node.file("usr/bin/nvidia-smi", "#!/bin/sh\n");
        node
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn file(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn library(&self, path: &str, soname: &str) {
        self.file("code.c", "int one(void) { return 1; }\n");
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        let mut command = Command::new("cc");
        command.args(["-shared", "-fPIC", "-nostdlib", "-o"]).arg(self.at(path)).arg(self.at("code.c"));
        assert!(command.arg(format!("-Wl,-soname,{soname}")).status().unwrap().success(), "{command:?}");
    }

    fn loader(&self) -> Loader {
        Loader::new(self.root.path()).unwrap()
    }

    fn of(&self, text: &str) -> Result<Driver, CdiError> {
        of_specification(&Specification::parse(text, Path::new("nvidia.yaml"))?, &[], &self.loader())
    }
}

fn module(driver: &Driver, form: Form) -> String {
    Module { name: "gpu", target: "/opt/shifter/site-resources/gpu", driver }.write(form).unwrap()
}

/// As nvidia-ctk 1.17 writes it, shortened.
const SPECIFICATION: &str = r#"---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
containerEdits:
  deviceNodes:
  - path: /dev/nvidiactl
  - path: /dev/nvidia-uvm
    permissions: rw
  env:
  - NVIDIA_VISIBLE_DEVICES=void
  - NVIDIA_CTK=1
  hooks:
  - args: [nvidia-cdi-hook, create-symlinks, --link, libcuda.so.1::/usr/lib64/libcuda.so, --link=libnvidia-ml.so.550.90.07::/usr/lib64/libnvidia-ml.so.1]
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  - args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib64]
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  - args: [nvidia-cdi-hook, enable-cuda-compat, --host-driver-version=550.90.07]
    hookName: createContainer
    path: /usr/bin/nvidia-cdi-hook
  mounts:
  - {hostPath: /usr/lib64/libcuda.so.550.90.07, containerPath: /usr/lib64/libcuda.so.550.90.07, options: [ro, nosuid, nodev, bind]}
  - {hostPath: /usr/lib64/libnvidia-ml.so.550.90.07, containerPath: /usr/lib64/libnvidia-ml.so.550.90.07, options: [ro, nosuid, nodev, bind]}
  - {hostPath: /usr/bin/nvidia-smi, containerPath: /usr/bin/nvidia-smi, options: [ro, nosuid, nodev, bind]}
  - {hostPath: /lib/firmware/nvidia/550.90.07/gsp.bin, containerPath: /lib/firmware/nvidia/550.90.07/gsp.bin, options: [ro]}
  - {hostPath: /tmp/nvidia-mps, containerPath: /tmp/nvidia-mps, options: [rw]}
devices:
- name: "0"
  containerEdits: {deviceNodes: [{path: /dev/nvidia0}]}
- name: all
  containerEdits: {deviceNodes: [{path: /dev/nvidia0}, {path: /dev/nvidia1}]}
"#;

#[test]
fn a_specification_becomes_lines_of_udiroot() {
    let driver = Node::new().of(SPECIFICATION).unwrap();
    insta::assert_snapshot!(module(&driver, Form::UdiRoot), @r"
    module_gpu_siteFs=/lib/firmware/nvidia/550.90.07/gsp.bin:/usr/lib/firmware/nvidia/550.90.07/gsp.bin:ro;\
        /usr/bin/nvidia-smi:/opt/shifter/site-resources/gpu/bin/nvidia-smi:ro;\
        /usr/lib64/libcuda.so.550.90.07:/opt/shifter/site-resources/gpu/lib64/libcuda.so:ro;\
        /usr/lib64/libcuda.so.550.90.07:/opt/shifter/site-resources/gpu/lib64/libcuda.so.1:ro;\
        /usr/lib64/libnvidia-ml.so.550.90.07:/opt/shifter/site-resources/gpu/lib64/libnvidia-ml.so.1:ro
    module_gpu_devices=/dev/nvidia-uvm /dev/nvidia0 /dev/nvidia1 /dev/nvidiactl
    module_gpu_siteEnv=NVIDIA_CTK=1
    module_gpu_siteEnvPrepend=LD_LIBRARY_PATH=/opt/shifter/site-resources/gpu/lib64 PATH=/opt/shifter/site-resources/gpu/bin
    ");
    insta::assert_snapshot!(driver.notes.join("\n"), @"
    enable-cuda-compat: an image's own /usr/local/cuda/compat is not put first; users may do so with LD_LIBRARY_PATH
    env NVIDIA_VISIBLE_DEVICES: is the workload manager's to set
    mount /tmp/nvidia-mps: containers have it from the host
    ");
}

#[test]
fn what_is_found_becomes_a_layer_of_a_profile() {
    let found = discover(&Node::new().loader());
    assert_eq!(found.len(), 1);
    insta::assert_snapshot!(module(&found[0], Form::Profile), @r#"
    [gpu.nvidia]
    driver = "550.90.07"

    [module.gpu]
    devices = [
      "/dev/nvidia-caps/nvidia-cap1",
      "/dev/nvidia-uvm",
      "/dev/nvidia0",
      "/dev/nvidia1",
      "/dev/nvidiactl",
    ]
    filesystem = [
      { source = "/usr/bin/nvidia-smi", target = "/opt/shifter/site-resources/gpu/bin/nvidia-smi", options = ["ro"] },
      { source = "/usr/lib64/libcuda.so.550.90.07", target = "/opt/shifter/site-resources/gpu/lib64/libcuda.so", options = ["ro"] },
      { source = "/usr/lib64/libcuda.so.550.90.07", target = "/opt/shifter/site-resources/gpu/lib64/libcuda.so.1", options = ["ro"] },
      { source = "/usr/lib64/libnvidia-ml.so.550.90.07", target = "/opt/shifter/site-resources/gpu/lib64/libnvidia-ml.so.1", options = ["ro"] },
    ]
    env.prepend.LD_LIBRARY_PATH = ["/opt/shifter/site-resources/gpu/lib64"]
    env.prepend.PATH = ["/opt/shifter/site-resources/gpu/bin"]
    "#);
}

#[test]
fn both_ways_find_the_same_libraries() {
    let node = Node::new();
    let found = discover(&node.loader()).remove(0);
    let told = node.of(SPECIFICATION).unwrap();
    assert_eq!(found.libraries, told.libraries);
    assert_eq!((found.version.as_deref(), found.programs), (Some("550.90.07"), told.programs));
}

#[test]
fn one_device_may_be_chosen() {
    let node = Node::new();
    let specification = Specification::parse(SPECIFICATION, Path::new("x")).unwrap();
    let of = |name: &str| of_specification(&specification, &[name.to_owned()], &node.loader());
    assert_eq!(of("0").unwrap().devices, ["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"]);
    assert_eq!(of("7").unwrap_err().to_string(), "the specification has no device `7`; it has 0, all");
}

#[test]
fn what_would_need_a_vendors_program_as_root_is_refused_by_name() {
    let node = Node::new();
    let with = |edits: &str| {
        let text = format!("cdiVersion: 0.6.0\nkind: example.com/gpu\ncontainerEdits: {{{edits}}}\n");
        node.of(&text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(with("hooks: [{hookName: createContainer, path: /opt/x/hook, args: [hook, tune, --hard]}]"), @"the hook `/opt/x/hook tune --hard` would have to run as root, and what it does has no line in udiRoot.conf");
    insta::assert_snapshot!(with("netDevices: [{hostInterfaceName: eth0, name: eth1}]"), @"`netDevices`: containers have the network of the host");
    insta::assert_snapshot!(with("deviceNodes: [{path: /dev/gpu0, hostPath: /dev/gpu3}]"), @"device `/dev/gpu3` would have to appear as `/dev/gpu0`, and keeps its place");
    insta::assert_snapshot!(with("mounts: [{hostPath: tmpfs, containerPath: /x, type: tmpfs}]"), @"mount of type `tmpfs` at `/x`: only parts of the host are mounted");
    insta::assert_snapshot!(with("somethingNew: 1"), @"`nvidia.yaml` is no CDI specification: line 3 column 18: unknown field `somethingNew`, expected one of env, deviceNodes, netDevices, mounts, hooks, additionalGids, intelRdt");
}

#[test]
fn a_path_that_udiroot_cannot_hold_is_refused() {
    let text =
        "cdiVersion: 0.6.0\nkind: a.com/gpu\ncontainerEdits: {mounts: [{hostPath: '/a:b', containerPath: /a}]}\n";
    let driver = Node::new().of(text).unwrap();
    let module = Module { name: "gpu", target: "/opt/gpu", driver: &driver };
    let said = module.write(Form::Profile).unwrap_err().to_string();
    assert!(said.starts_with("`/a:b:/a:ro` cannot stand in `siteFs` of udiRoot.conf: "), "{said}");
    let name = Module { name: "my_gpu", ..module }.write(Form::UdiRoot).unwrap_err().to_string();
    assert!(name.starts_with("`my_gpu` cannot stand in `module` of udiRoot.conf: "), "{name}");
}

#[test]
fn other_versions_and_kinds_are_refused() {
    let parse = |text: &str| Specification::parse(text, Path::new("f")).unwrap_err().to_string();
    insta::assert_snapshot!(parse("{\"cdiVersion\": \"2.0.0\", \"kind\": \"a.com/b\"}"), @"`f` is no CDI specification: `cdiVersion` is 2.0.0, and 0.3 to 1.1 are known");
    insta::assert_snapshot!(parse("cdiVersion: 0.5.0\nkind: gpu\n"), @"`f` is no CDI specification: `kind` is `gpu`, and not `VENDOR/CLASS`");
    assert!(parse("just text").contains("is no CDI specification"));
}

#[test]
fn vendors_with_the_kernels_own_driver_have_device_files_alone() {
    let node = Node { root: tempfile::tempdir().unwrap() };
    for (name, vendor) in [("renderD128", "0x1002"), ("renderD129", "0x8086")] {
        node.file(&format!("dev/dri/{name}"), "");
        node.file(&format!("sys/class/drm/{name}/device/vendor"), &format!("{vendor}\n"));
    }
    node.file("dev/kfd", "");
    node.file("sys/module/amdgpu/version", "6.8.5\n");
    let found = discover(&node.loader());
    let of = |n: usize| (found[n].vendor.as_str(), found[n].devices.join(" "), found[n].version.clone());
    assert_eq!(of(0), ("amd", "/dev/dri/renderD128 /dev/kfd".to_owned(), Some("6.8.5".to_owned())));
    assert_eq!(of(1), ("intel", "/dev/dri/renderD129".to_owned(), None));
}

#[test]
fn libraries_of_other_machines_and_texts_are_passed_over() {
    let node = Node::new();
    let mut foreign = fs::read(node.at("usr/lib64/libnvidia-ml.so.550.90.07")).unwrap();
    // e_machine: an ARM library of 64 bits in a directory that the loader knows.
    foreign[18] = if foreign[18] == 183 { 62 } else { 183 };
    fs::write(node.at("usr/lib64/libnvidia-ptxjitcompiler.so.1"), foreign).unwrap();
    let found = discover(&node.loader()).remove(0);
    let names: Vec<&str> = found.libraries.iter().flat_map(|library| &library.names).map(String::as_str).collect();
    assert_eq!(names, ["libcuda.so", "libcuda.so.1", "libnvidia-ml.so.1"]);
}
