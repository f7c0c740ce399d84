use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::size::Bytes;
use shifter_formats::udiroot::{ModuleChoice, select};
use shifter_formats::volume::Author;

use super::*;

/// The published configuration of Blue Waters.
const BLUE_WATERS: &str = include_str!("../../../../tests/data/udiroot/71-golden-bluewaters.conf");

/// A Cray XC with modules, as NERSC has them.
const CORI: &str = "system=cori\nudiMount=/var/udiMount\nloopMount=/var/udiLoopMount\nimagePath=/scratch/images\n\
    etcPath=/etc/shifter/files\noptUdiImage=/global/common/shifter/udiImage\nrootfsType=ramfs\nmaxGroupCount=31\n\
    mountUdiRootWritable=1\nsitePostMountHook=/etc/shifter/postmount.sh\n\
    siteFs=/global/u1;/global/common:/global/common:ro;/var/opt/cray/dws:/var/opt/cray/dws:rec:slave\n\
    defaultModules=mpich\nmodule_mpich_copyPath=/usr/lib/shifter/opt/mpich-7.7.0\nmodule_mpich_roothook=/etc/shifter/mpich.sh\n\
    module_cvmfs_siteFs=/cvmfs:/cvmfs:rec:slave:automount=sft.cern.ch\nmodule_cvmfs_optional=1\n";

/// The native runtime's keys, on one machine.
const LAPTOP: &str = "system=laptop\nudiMount=/run/shifter/udi\nloopMount=/run/shifter/loop\n\
    imagePath=/var/lib/shifter/images\npopulateEtcDynamically=1\nrootfsSize=64M\nsiteFs=/home\nsiteLink=home:/users\n\
    module_gpu_devices=/dev/kfd\nmodule_gpu_globs=/usr/lib/libgpu*.so\n";

fn shown(conf: &str, modules: &str, volumes: &str, mode: Mode) -> String {
    let conf = Conf::parse_native(conf).unwrap();
    let choices = ModuleChoice::parse_list(modules).unwrap();
    let modules = select(&conf.modules, if choices.is_empty() { &conf.default_modules } else { &choices }).unwrap();
    let accounts =
        Accounts { passwd: "alice:x:1000:1000:A:/home/alice:/bin/sh\n".into(), group: "alice:x:1000:\n".into() };
    let asked = Descriptor { kind: ImageType::Id, tag: "0123".into() };
    let hooks =
        HookFacts { conf: &conf, modules: &modules, asked: &asked, image: "0123", user: "alice", uid: 1000, gid: 1000 };
    let plan = plan(&Facts {
        conf: &conf,
        modules: &modules,
        volumes: &VolumeMap::parse(volumes, Author::User).unwrap(),
        home: None,
        mode,
        user: &User { name: "alice".into(), home: "/home/alice".into() },
        accounts: &accounts,
        image: "0123",
        hooks,
        built: None,
        purpose: match mode {
            Mode::Root => Purpose::SetUp { hosts: Some("nid1\nnid1\n"), job: Some(4711), mark: "uid=1000", ssh: None },
            Mode::Setuid | Mode::UserNamespace => Purpose::Start,
        },
    });
    plan.unwrap().iter().map(|step| format!("{step}\n")).collect()
}

/// What every plan has before and after the site's part is shown once, for Blue Waters.
fn middle(plan: &str) -> String {
    let is_usual = |line: &&str| {
        line.starts_with("directory ") || line.starts_with("copy /etc/") || line.starts_with("mount point ")
    };
    plan.lines().filter(|line| !is_usual(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn blue_waters_is_planned_whole() {
    insta::assert_snapshot!(shown(BLUE_WATERS, "", "/mnt/c/scratch/x/:/data/:ro", Mode::Setuid), @r#"
    mount point /var/udiMount
    mount point /var/udiLoopMount
    image at /var/udiLoopMount
    site tree at /var/udiMount size=268435456 nr_inodes=65536
    directory /etc 0755
    directory /etc/udiImage 0755 opaque
    directory /etc/ssh 0755 opaque
    directory /opt 0755
    directory /opt/udiImage 0755 opaque
    directory /opt/udiImage/modules 0755 opaque
    directory /var 0755
    directory /var/spool 0755 opaque
    directory /var/run 0755 opaque
    directory /var/tmp 0755 opaque
    directory /var/empty 0700 opaque
    directory /proc 0755 covered
    directory /sys 0755 covered
    directory /dev 0755 covered
    directory /tmp 0755 covered
    run sitePreMountHook /opt/cray/shifter/16.08.3/sbin/premount.sh
    bind /home to /home nosuid nodev private
    bind /mnt/a to /mnt/a nosuid nodev private
    bind /mnt/b to /mnt/b nosuid nodev private
    bind /mnt/c to /mnt/c nosuid nodev private
    bind /ufs to /ufs nosuid nodev private
    bind /var/opt/cray/alps to /var/opt/cray/alps nosuid nodev private
    bind /dsl/opt to /dsl/opt nosuid nodev private
    symlink /etc/mtab -> /proc/mounts
    copy /etc/hosts to /etc/hosts if there
    copy /etc/resolv.conf to /etc/resolv.conf if there
    copy /etc/localtime to /etc/localtime if there
    file /etc/shadow 0644 ""
    copy /etc/shifter/shifter_etc_files/* to /etc, alice in at most 31 groups
    bind /opt/cray/shifter/16.08.3/lib64/shifter/opt/udiImage/* to /opt/udiImage ro
    file /var/shifterConfig.json 0644 "{\"identifier\":\"0123\",\"user\":\"alice\",\"volMap\":\"/mnt/c/scratch/x/:/data/:ro\",\"modules\":\"\"}\n"
    overlay at /var/udiMount over /var/udiLoopMount
    bind /proc to /proc nosuid nodev noexec private
    bind /sys to /sys nosuid nodev private
    bind /dev to /dev nosuid rec private
    bind /tmp to /tmp nosuid nodev private
    bind /var/tmp to /var/tmp nosuid nodev private if there
    volume /mnt/c/scratch/x to /data ro
    enter
    "#);
}

#[test]
fn cori_has_a_hook_modules_and_slaves() {
    insta::assert_snapshot!(middle(&shown(CORI, "", "", Mode::Setuid)), @r#"
    image at /var/udiLoopMount
    site tree at /var/udiMount size=268435456 nr_inodes=65536
    bind /global/u1 to /global/u1 nosuid nodev private
    bind /global/common to /global/common ro nosuid nodev private
    bind /var/opt/cray/dws to /var/opt/cray/dws nosuid nodev rec slave
    run sitePostMountHook /etc/shifter/postmount.sh
    symlink /etc/mtab -> /proc/mounts
    file /etc/shadow 0644 ""
    bind /global/common/shifter/udiImage/* to /opt/udiImage ro
    bind /usr/lib/shifter/opt/mpich-7.7.0/* to /opt/udiImage/modules/mpich ro
    run module_mpich_roothook /etc/shifter/mpich.sh
    file /var/shifterConfig.json 0644 "{\"identifier\":\"0123\",\"user\":\"alice\",\"volMap\":\"\",\"modules\":\"mpich,\"}\n"
    overlay at /var/udiMount over /var/udiLoopMount
    bind /proc to /proc nosuid nodev noexec private
    bind /sys to /sys nosuid nodev private
    bind /dev to /dev nosuid rec private
    bind /tmp to /tmp nosuid nodev private
    bind /var/tmp to /var/tmp nosuid nodev private if there
    enter
    "#);
}

#[test]
fn an_optional_module_is_left_out_where_it_is_missing() {
    insta::assert_snapshot!(middle(&shown(CORI, "cvmfs", "", Mode::Setuid)), @r#"
    image at /var/udiLoopMount
    site tree at /var/udiMount size=268435456 nr_inodes=65536
    bind /global/u1 to /global/u1 nosuid nodev private
    bind /global/common to /global/common ro nosuid nodev private
    bind /var/opt/cray/dws to /var/opt/cray/dws nosuid nodev rec slave
    run sitePostMountHook /etc/shifter/postmount.sh
    automount /cvmfs/{sft.cern.ch}
    bind /cvmfs to /cvmfs nosuid nodev rec slave if there
    symlink /etc/mtab -> /proc/mounts
    file /etc/shadow 0644 ""
    bind /global/common/shifter/udiImage/* to /opt/udiImage ro
    file /var/shifterConfig.json 0644 "{\"identifier\":\"0123\",\"user\":\"alice\",\"volMap\":\"\",\"modules\":\"cvmfs,\"}\n"
    overlay at /var/udiMount over /var/udiLoopMount
    bind /proc to /proc nosuid nodev noexec private
    bind /sys to /sys nosuid nodev private
    bind /dev to /dev nosuid rec private
    bind /tmp to /tmp nosuid nodev private
    bind /var/tmp to /var/tmp nosuid nodev private if there
    enter
    "#);
}

#[test]
fn a_laptop_makes_etc_and_ends_read_only() {
    insta::assert_snapshot!(middle(&shown(LAPTOP, "gpu", "/tmp/a:/b", Mode::Setuid)), @r#"
    image at /run/shifter/loop
    site tree at /run/shifter/udi size=67108864 nr_inodes=16384
    symlink /users -> home
    bind /home to /home nosuid nodev private
    device /dev/kfd
    bind what matches /usr/lib/libgpu*.so ro
    symlink /etc/mtab -> /proc/mounts
    file /etc/shadow 0644 ""
    file /etc/passwd 0644 "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:A:/home/alice:/bin/sh\n"
    file /etc/group 0644 "root:x:0:\nalice:x:1000:\n"
    file /etc/nsswitch.conf 0644 "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files dns\nservices: files\nprotocols: files\nethers: files\nrpc: files\nnetgroup: files\n"
    file /etc/host.conf 0644 "order bind,hosts\nmulti on\n"
    file /var/shifterConfig.json 0644 "{\"identifier\":\"0123\",\"user\":\"alice\",\"volMap\":\"/tmp/a:/b\",\"modules\":\"gpu,\"}\n"
    overlay at /run/shifter/udi over /run/shifter/loop
    bind /proc to /proc nosuid nodev noexec private
    bind /sys to /sys nosuid nodev private
    bind /dev to /dev nosuid rec private
    bind /tmp to /tmp nosuid nodev private
    bind /var/tmp to /var/tmp nosuid nodev private if there
    volume /tmp/a to /b
    root read-only
    enter
    "#);
}

#[test]
fn a_set_up_is_planned_as_a_start_but_for_its_end() {
    let (volumes, modules) = ("/global/common:/mnt:ro", "cvmfs,mpich");
    let start = shown(CORI, modules, volumes, Mode::Setuid);
    let set_up = shown(CORI, modules, volumes, Mode::Root);
    let of_set_up: Vec<&str> = set_up.lines().filter(|line| !start.lines().any(|other| other == *line)).collect();
    assert_eq!(
        of_set_up,
        [
            r#"file /var/hostsfile 0644 "nid1\nnid1\n""#,
            r#"file /var/shifterSlurm.jobid 0644 "4711""#,
            r#"mark /var/shifterConfig.json "uid=1000""#,
            "publish at /var/udiMount private"
        ]
    );
    let rest: String =
        set_up.lines().filter(|line| !of_set_up.contains(line)).map(|line| format!("{line}\n")).collect();
    assert_eq!(format!("{rest}enter\n"), start);
    let slave = shown(&format!("{CORI}mountPropagationStyle=slave\n"), modules, volumes, Mode::Root);
    assert!(slave.ends_with("publish at /var/udiMount slave\n"), "{slave}");
}

#[test]
fn without_privilege_every_mount_is_recursive() {
    let plan = shown(LAPTOP, "", "", Mode::UserNamespace);
    let binds: Vec<&str> = plan.lines().filter(|line| line.starts_with("bind ")).collect();
    assert!(binds.len() >= 5 && binds.iter().all(|line| line.contains(" rec")), "{plan}");
}

#[test]
fn a_plan_is_the_same_each_time() {
    let once = shown(CORI, "cvmfs,mpich", "/a:/b;/c:/d", Mode::Setuid);
    assert_eq!(once, shown(CORI, "cvmfs,mpich", "/a:/b;/c:/d", Mode::Setuid));
}

#[test]
fn a_cache_of_the_node_is_made_within_the_sites_limit() {
    let site = format!("{CORI}perNodeCachePath=/scratch/cache\nmkfsXfsPath=/sbin/mkfs.xfs\nperNodeCacheSizeLimit=2G\n");
    let plan = shown(&site, "none", "/x:/fast:perNodeCache=size=1G", Mode::Setuid);
    assert!(
        plan.contains("cache at /fast perNodeCache=size=1073741824 in /scratch/cache by /sbin/mkfs.xfs\nenter\n"),
        "{plan}"
    );
    let conf = Conf::parse_native(&site).unwrap();
    let refused = |size, mode| {
        let cache = PerNodeCache::new(Bytes(size));
        policy::check_cache(Path::new("/fast"), &cache, &conf, mode).unwrap_err().to_string()
    };
    assert_eq!(
        refused(3 << 30, Mode::Setuid),
        "the perNodeCache at `/fast` is larger than the 2147483648 bytes of key perNodeCacheSizeLimit"
    );
    assert_eq!(refused(1, Mode::UserNamespace), "without privilege there is no perNodeCache at `/fast`");
    let conf = Conf::parse_native(format!("{site}perNodeCacheAllowedFsType=ext4\n")).unwrap();
    assert_eq!(
        policy::check_cache(Path::new("/fast"), &PerNodeCache::new(Bytes(1)), &conf, Mode::Setuid)
            .unwrap_err()
            .to_string(),
        "the perNodeCache at `/fast` may not be xfs; key perNodeCacheAllowedFsType allows ext4"
    );
}
