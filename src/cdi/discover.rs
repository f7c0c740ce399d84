//! Finding accelerators and their driver on a node, or below a directory that is the root of one.
//!
//! The list of the loader's cache is not asked (`ldconfig -p`): it names libraries of all architectures in an order of its
//! own. The files are looked at: their machine, and the name that programs ask for.

use std::collections::BTreeSet;

use object::elf::{EM_386, EM_AARCH64, EM_ARM, EM_X86_64};

use super::driver::{Driver, Library};
use super::edits::version_of;
use crate::elf::{Loader, Machine};

/// NVIDIA's libraries that programs of containers use: for computing, video, and looking at devices (its driver's README,
/// "Installed Components"). The rest of the driver is for displays.
pub const NVIDIA_LIBRARIES: &[&str] = &[
    "libcuda",
    "libcudadebugger",
    "libnvcuvid",
    "libnvidia-allocator",
    "libnvidia-cfg",
    "libnvidia-compiler",
    "libnvidia-encode",
    "libnvidia-fatbinaryloader",
    "libnvidia-gpucomp",
    "libnvidia-ml",
    "libnvidia-nscq",
    "libnvidia-nvvm",
    "libnvidia-nvvm70",
    "libnvidia-opencl",
    "libnvidia-opticalflow",
    "libnvidia-pkcs11",
    "libnvidia-pkcs11-openssl3",
    "libnvidia-ptxjitcompiler",
    "libnvidia-rtcore",
    "libnvidia-sandboxutils",
    "libnvidia-tileiras",
    "libnvoptix",
];

/// NVIDIA's programs that containers use.
pub const NVIDIA_PROGRAMS: &[&str] =
    &["nvidia-cuda-mps-control", "nvidia-cuda-mps-server", "nvidia-debugdump", "nvidia-persistenced", "nvidia-smi"];

/// Where programs are looked for, Cray's driver among them.
const PROGRAM_PLACES: [&str; 5] = ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin", "/opt/cray/nvidia/default/bin"];

/// Where a driver lies that is in no place of the loader's.
const LIBRARY_PLACES: [&str; 2] = ["/opt/cray/nvidia/default/lib64", "/usr/local/nvidia/lib64"];

/// The drivers of the node, by vendor.
pub(crate) fn discover(loader: &Loader) -> Vec<Driver> {
    let found = [nvidia(loader), drm(loader, "amd", "0x1002"), drm(loader, "intel", "0x8086")];
    found.into_iter().flatten().map(Driver::in_order).collect()
}

fn nvidia(loader: &Loader) -> Option<Driver> {
    let mut driver = Driver { vendor: "nvidia".to_owned(), ..Driver::default() };
    driver.devices = nvidia_devices(loader);
    driver.libraries = nvidia_libraries(loader);
    for program in NVIDIA_PROGRAMS {
        let place = PROGRAM_PLACES.iter().find(|place| loader.names(place).iter().any(|name| name == program));
        driver.programs.extend(place.map(|place| format!("{place}/{program}")));
    }
    let names = driver.libraries.iter().map(|library| super::edits::file_name(&library.path));
    driver.version = names.filter_map(version_of).next();
    let is_nothing = driver.devices.is_empty() && driver.libraries.is_empty();
    (!is_nothing).then_some(driver)
}

/// `nvidia0`, `nvidiactl`, `nvidia-uvm`, ..., and what lies in `nvidia-caps`.
fn nvidia_devices(loader: &Loader) -> Vec<String> {
    let is_device = |name: &String| {
        let rest = name.strip_prefix("nvidia");
        let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        rest.is_some_and(|rest| is_number(rest) || matches!(rest, "ctl" | "-uvm" | "-uvm-tools" | "-modeset"))
    };
    let mut devices: Vec<String> =
        loader.names("/dev").into_iter().filter(is_device).map(|name| format!("/dev/{name}")).collect();
    for directory in ["/dev/nvidia-caps", "/dev/nvidia-caps-imex-channels"] {
        devices.extend(loader.names(directory).into_iter().map(|name| format!("{directory}/{name}")));
    }
    devices
}

/// Of each library the one the loader would take, for this machine's word lengths.
fn nvidia_libraries(loader: &Loader) -> Vec<Library> {
    let Some(machines) = machines(loader) else { return Vec::new() };
    let mut libraries: Vec<Library> = Vec::new();
    let mut taken = BTreeSet::new();
    for directory in loader.directories().iter().map(String::as_str).chain(LIBRARY_PLACES) {
        let names = loader.names(directory);
        for name in names.iter().filter(|name| is_nvidias(name)) {
            let Some(found) = loader.library(&format!("{directory}/{name}")) else { continue };
            let Some(soname) = found.elf.soname.clone().filter(|_| machines.contains(&found.elf.machine)) else {
                continue;
            };
            let bits = found.elf.machine.bits;
            let known = libraries.iter_mut().find(|library| library.path == found.path);
            if let Some(library) = known {
                // A link without version is looked up by programs that load the library while they run.
                library.names.extend(name.ends_with(".so").then(|| name.clone()));
            } else if taken.insert((soname.clone(), bits)) {
                let mut names = vec![soname];
                names.extend(name.ends_with(".so").then(|| name.clone()));
                libraries.push(Library { path: found.path, names, bits });
            }
        }
    }
    libraries
}

/// `libcuda.so.1` and `libcuda.so` are; `libcudart.so.12` is the toolkit's, which images bring.
fn is_nvidias(name: &str) -> bool {
    name.split_once(".so").is_some_and(|(stem, _)| NVIDIA_LIBRARIES.contains(&stem))
}

/// What this machine runs: as its C library, and the shorter word length of the same processor.
fn machines(loader: &Loader) -> Option<Vec<Machine>> {
    let libc = |directory: &String| loader.library(&format!("{directory}/libc.so.6"));
    let native = loader.directories().iter().filter_map(libc).map(|found| found.elf.machine).max_by_key(|m| m.bits)?;
    let shorter = match native.number {
        EM_X86_64 => Some(Machine { bits: 32, number: EM_386 }),
        EM_AARCH64 => Some(Machine { bits: 32, number: EM_ARM }),
        _ => None,
    };
    Some(std::iter::once(native).chain(shorter).collect())
}

/// The device files of a vendor whose driver is the kernel's own. What programs link to, images bring.
fn drm(loader: &Loader, vendor: &str, number: &str) -> Option<Driver> {
    let is_vendors = |name: &String| {
        let told = loader.bytes(&format!("/sys/class/drm/{name}/device/vendor")).unwrap_or_default();
        name.starts_with("renderD") && String::from_utf8_lossy(&told).trim() == number
    };
    let mut devices: Vec<String> =
        loader.names("/dev/dri").into_iter().filter(is_vendors).map(|name| format!("/dev/dri/{name}")).collect();
    if devices.is_empty() {
        return None;
    }
    if vendor == "amd" && loader.names("/dev").iter().any(|name| name == "kfd") {
        devices.push("/dev/kfd".to_owned());
    }
    let module = if vendor == "amd" { "amdgpu" } else { "i915" };
    let version = loader.bytes(&format!("/sys/module/{module}/version")).ok();
    let version =
        version.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()).filter(|text| !text.is_empty());
    Some(Driver { vendor: vendor.to_owned(), version, devices, ..Driver::default() })
}
