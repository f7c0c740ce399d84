//! The kernel: what it can do now, and what it could after loading a module.

use super::sight::Sight;
use crate::facts::{Cgroup, Facts, Kernel, Loop, Mount, Selinux, Support, UserNamespaces};
use std::collections::BTreeMap;

/// The calls the native runtime makes that are younger than Linux 5.0.
const CALLS: [&str; 8] =
    ["openat2", "open_tree", "move_mount", "fsopen", "fsmount", "mount_setattr", "close_range", "clone3"];

/// The file systems that images have, and those the runtime mounts.
const FILESYSTEMS: [&str; 6] = ["squashfs", "ext4", "xfs", "erofs", "overlay", "tmpfs"];

pub(super) fn find(sight: &Sight, facts: &mut Facts) {
    let release = release(sight);
    let (mut kernel, mut unknown) = (Kernel::default(), BTreeMap::new());
    let modules = release.as_deref().map(|release| Modules::read(sight, release)).unwrap_or_default();
    if release.is_none() {
        unknown.insert("kernel.release".to_owned(), "not exactly one kernel below /lib/modules".to_owned());
    }
    kernel.selinux = selinux(sight);
    if sight.is_live() {
        let of = |file: &str| sight.read(file).unwrap_or_default();
        match of("/proc/kallsyms") {
            symbols if symbols.is_empty() => {
                let why = "the kernel does not list its symbols (/proc/kallsyms)";
                unknown.insert("kernel.calls".to_owned(), why.to_owned());
            }
            symbols => kernel.calls = calls(&symbols),
        }
        if let Some(release) = &release {
            // An ioctl has no symbol: it came with Linux 5.8 and was carried back to no older one that is in use.
            kernel.calls.insert("LOOP_CONFIGURE".to_owned(), number(release) >= (5, 8));
        }
        match overlay_in_user_namespace(sight) {
            Ok(can) => kernel.overlay_in_user_namespace = Some(can),
            Err(why) => drop(unknown.insert("kernel.overlay_in_user_namespace".to_owned(), why)),
        }
        facts.mounts = mounts(&of("/proc/self/mountinfo"));
        kernel.cgroup = cgroup(&facts.mounts);
        kernel.user_namespaces = Some(user_namespaces(sight));
        kernel.nvidia = nvidia(&of("/proc/driver/nvidia/version"));
        kernel.loops = Some(loops(sight, &modules));
    } else {
        let driver = modules.support("loop", &[], false);
        kernel.loops = driver.map(|driver| Loop { driver: Some(driver), ..Loop::default() });
        unknown.insert("mounts".to_owned(), "only the node itself can tell".to_owned());
    }
    let known = if sight.is_live() { sight.read("/proc/filesystems").unwrap_or_default() } else { String::new() };
    let known: Vec<&str> = known.lines().filter_map(|line| line.split_whitespace().last()).collect();
    for name in FILESYSTEMS {
        if let Some(support) = modules.support(name, &known, sight.has(&format!("/sys/module/{name}"))) {
            kernel.filesystems.insert(name.to_owned(), support);
        }
    }
    kernel.release = release;
    facts.kernel = kernel;
    facts.unknown.extend(unknown);
}

/// `uname -r`; below a directory the only kernel that has modules there.
fn release(sight: &Sight) -> Option<String> {
    if sight.is_live() {
        return sight.read("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned());
    }
    match sight.list("/lib/modules").ok()?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// The main and the second number of a release.
fn number(release: &str) -> (u32, u32) {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The modules of a kernel on disk.
#[derive(Default)]
struct Modules {
    /// `modules.builtin`, `modules.dep`: none where a file is not there.
    built_in: Option<String>,
    on_disk: Option<String>,
}

impl Modules {
    fn read(sight: &Sight, release: &str) -> Self {
        let of = |file: &str| sight.read(&format!("/lib/modules/{release}/{file}")).ok();
        Self { built_in: of("modules.builtin"), on_disk: of("modules.dep") }
    }

    /// Where the kernel has `name` from; none where that cannot be told. `ready` is what it says it has now.
    fn support(&self, name: &str, ready: &[&str], is_loaded: bool) -> Option<Support> {
        let holds = |list: &Option<String>| {
            let file =
                |line: &str| line.split(':').next().unwrap_or(line).rsplit('/').next().unwrap_or_default().to_owned();
            let is_it =
                |line: &str| file(line).split(".ko").next().is_some_and(|found| found.replace('-', "_") == name);
            list.as_ref().is_some_and(|list| list.lines().any(is_it))
        };
        if holds(&self.built_in) {
            Some(Support::BuiltIn)
        } else if ready.contains(&name) {
            // Without the list of what is built in, only a module on disk tells a loaded one.
            Some(if is_loaded && holds(&self.on_disk) { Support::Loaded } else { Support::BuiltIn })
        } else if holds(&self.on_disk) {
            Some(if is_loaded { Support::Loaded } else { Support::Module })
        } else if self.on_disk.is_some() || !ready.is_empty() {
            Some(Support::Absent)
        } else {
            None
        }
    }
}

/// Which calls the kernel has, by its symbols: the entry of a call is called `__x64_sys_NAME`, `__arm64_sys_NAME`, `sys_NAME`.
fn calls(symbols: &str) -> BTreeMap<String, bool> {
    let mut found: BTreeMap<String, bool> = CALLS.iter().map(|name| ((*name).to_owned(), false)).collect();
    for line in symbols.lines() {
        let Some(symbol) = line.split_whitespace().nth(2) else { continue };
        if let Some((_, call)) = symbol.split_once("sys_")
            && let Some(has) = found.get_mut(call)
        {
            *has = true;
        }
    }
    found
}

/// Whether a user can mount an overlay in a namespace of his own: tried by the programs of util-linux (Linux 5.11).
fn overlay_in_user_namespace(sight: &Sight) -> Result<bool, String> {
    let script = "mount -t tmpfs none /mnt && mkdir /mnt/l /mnt/u /mnt/w /mnt/m && \
                  mount -t overlay none -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/m && echo mounted || echo refused";
    match sight.run("unshare", &["--user", "--map-root-user", "--mount", "sh", "-c", script]) {
        Ok(said) => Ok(said.trim() == "mounted"),
        Err(why) => Err(why.to_string()),
    }
}

/// The mounts of mountinfo (proc_pid_mountinfo(5)).
pub(super) fn mounts(mountinfo: &str) -> BTreeMap<String, Mount> {
    let mut mounts = BTreeMap::new();
    for line in mountinfo.lines() {
        let Some((before, after)) = line.split_once(" - ") else { continue };
        let fields: Vec<&str> = before.split(' ').collect();
        let mut after = after.split(' ');
        if let (Some(place), Some(options), Some(kind)) = (fields.get(4), fields.get(5), after.next()) {
            // `ro` of the file system itself holds for every mount of it.
            let of_all = after.nth(1).unwrap_or_default().split(',').filter(|option| *option == "ro");
            let mut options: Vec<String> = options.split(',').chain(of_all).map(str::to_owned).collect();
            options.sort();
            options.dedup();
            mounts.insert(unescaped(place), Mount { r#type: kind.to_owned(), options });
        }
    }
    mounts
}

/// A path of mountinfo: blanks and the like are written as three octal digits.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let octal = more.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| *first == b'\\') {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[3..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cgroup(mounts: &BTreeMap<String, Mount>) -> Option<Cgroup> {
    let has = |kind: &str| mounts.iter().any(|(at, mount)| at.starts_with("/sys/fs/cgroup") && mount.r#type == kind);
    match (has("cgroup"), has("cgroup2")) {
        (true, true) => Some(Cgroup::Hybrid),
        (true, false) => Some(Cgroup::V1),
        (false, true) => Some(Cgroup::V2),
        (false, false) => None,
    }
}

fn user_namespaces(sight: &Sight) -> UserNamespaces {
    let number = |file: &str| sight.read(file).ok().and_then(|text| text.trim().parse::<u64>().ok());
    UserNamespaces {
        max: number("/proc/sys/user/max_user_namespaces"),
        unprivileged_clone: number("/proc/sys/kernel/unprivileged_userns_clone").map(|value| value != 0),
        apparmor_restricts: number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").map(|value| value != 0),
    }
}

fn selinux(sight: &Sight) -> Option<Selinux> {
    if sight.is_live() {
        return Some(match sight.read("/sys/fs/selinux/enforce").ok().as_deref().map(str::trim) {
            Some("1") => Selinux::Enforcing,
            Some(_) => Selinux::Permissive,
            None => Selinux::Disabled,
        });
    }
    let text = sight.read("/etc/selinux/config").ok()?;
    let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("SELINUX="))?;
    match value.trim() {
        "enforcing" => Some(Selinux::Enforcing),
        "permissive" => Some(Selinux::Permissive),
        "disabled" => Some(Selinux::Disabled),
        _ => None,
    }
}

/// The driver's version in `/proc/driver/nvidia/version`: the first word of its first line that is numbers and dots.
fn nvidia(text: &str) -> Option<String> {
    let is_version = |word: &&str| word.contains('.') && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.lines().next()?.split_whitespace().find(is_version).map(str::to_owned)
}

fn loops(sight: &Sight, modules: &Modules) -> Loop {
    let max = sight.read("/sys/module/loop/parameters/max_loop").ok();
    let is_there = max.is_some() || sight.has("/sys/module/loop") || sight.has("/dev/loop-control");
    let known: &[&str] = if is_there { &["loop"] } else { &["-"] };
    let names = sight.list("/sys/block").unwrap_or_default();
    let devices: Vec<&String> = names.iter().filter(|name| name.starts_with("loop")).collect();
    let in_use = devices.iter().filter(|name| sight.has(&format!("/sys/block/{name}/loop/backing_file"))).count();
    let number = |count: usize| u32::try_from(count).ok();
    Loop {
        driver: modules.support("loop", known, is_there),
        max_loop: max.and_then(|text| text.trim().parse().ok()),
        devices: number(devices.len()),
        in_use: number(in_use),
        control: Some(sight.has("/dev/loop-control")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_the_symbols_of_every_architecture() {
        let found =
            calls("0 T __x64_sys_openat2\n0 T __arm64_sys_move_mount\n0 t do_mount_setattr\n0 T sys_fsopen [m]\n");
        let has: Vec<&str> = found.iter().filter(|(_, has)| **has).map(|(name, _)| name.as_str()).collect();
        assert_eq!(has, ["fsopen", "move_mount", "openat2"]);
    }

    #[test]
    fn a_mount_is_read_only_where_its_file_system_is() {
        let text = "29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                    30 29 0:40 / /my\\040home ro,nosuid - nfs4 srv:/h rw,vers=4\n31 29 0:41 / /x rw - iso9660 /dev/sr0 ro\n";
        let mounts = mounts(text);
        assert_eq!(mounts["/my home"], Mount { r#type: "nfs4".into(), options: vec!["nosuid".into(), "ro".into()] });
        assert_eq!(mounts["/x"].options, ["ro", "rw"]);
    }

    #[test]
    fn both_forms_of_the_nvidia_line_are_read() {
        let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri May 31 09:35:42 UTC 2024\nGCC version: 12\n";
        let open = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.161.08  Release Build\n";
        assert_eq!(
            [nvidia(closed), nvidia(open), nvidia("")],
            [Some("550.90.07".into()), Some("535.161.08".into()), None]
        );
    }

    #[test]
    fn what_is_built_in_loaded_on_disk_or_nowhere_is_told_apart() {
        let modules = Modules {
            built_in: Some("kernel/fs/ext4/ext4.ko\n".into()),
            on_disk: Some("kernel/fs/squashfs/squashfs.ko.xz: kernel/lib/x.ko\nkernel/fs/xfs/xfs.ko:\n".into()),
        };
        let told = |name| modules.support(name, &["xfs", "nodev"], name == "xfs");
        assert_eq!([told("ext4"), told("squashfs")], [Some(Support::BuiltIn), Some(Support::Module)]);
        assert_eq!([told("xfs"), told("erofs")], [Some(Support::Loaded), Some(Support::Absent)]);
        assert_eq!(Modules::default().support("xfs", &[], false), None);
    }
}
