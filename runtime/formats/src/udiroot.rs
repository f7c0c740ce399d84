//! The key table of `udiRoot.conf`, and nothing but the table.
//!
//! A row says how a key is called, what its value is, which targets require it, what holds without it, what
//! root does with it, which targets know it, and what it means. The struct [`Conf`], both readers, the printer
//! and [`KEYS`] come from it: a new key is a new row. The rows are in the order in which they are printed.
//! The lines `module_<name>_<key>` have a table of their own, [`MODULE_KEYS`].

mod choice;
mod element;
mod fault;
mod lines;
mod module;
mod module_name;
mod native;
mod print;
mod scalar;
mod selection;
mod spec;
mod table;
mod trusted;
mod value;

pub use choice::{Home, Owner, UserNamespaces};
pub use element::{Endpoint, PathPattern, SiteLink};
pub use fault::{ParseError, ParseErrorKind};
pub use module::{MODULE_KEYS, ModuleConf};
pub use module_name::{ModuleChoice, ModuleName, ModuleNameFault};
pub use print::Unprintable;
pub use scalar::Text;
pub use selection::{Loaded, SelectionError, select};
pub use spec::{KeySpec, Kind, Trust};
pub use trusted::TrustedPath;

pub(crate) use lines::is_blank;
pub(crate) use value::Table;

use std::path::PathBuf;

use crate::Target;
use crate::env::{Assignment, NamePattern};
use crate::image::ImageType;
use crate::size::Bytes;
use crate::volume::{Propagation, VolumeMap};
use spec::{MASTER, NATIVE, ORIGINALS, SINCE_1803, WITH_SITE_RESOURCES};

table::key_table! {
    /// A `udiRoot.conf`.
    ///
    /// Every field is optional, because what is required depends on the target: [`KeySpec::required_by`] says
    /// so, and [`Conf::parse_native`] gives only configurations that have what the native runtime requires.
    pub struct Conf {
        /// The modules, in the order in which they first appear.
        pub modules: Vec<(ModuleName, ModuleConf)>,
    }
    /// Every key, in the order of printing.
    pub const KEYS;

    /// The name of this system: in requests to the gateway, in its list of platforms, and in the names of the
    /// image index. The original starts without it and then asks for `(null)`.
    system = "system": Option<String> { required_by: NATIVE },
    /// Where the image gateway answers. The original tries them in random order. The native client also
    /// knows `unix:/path`.
    image_gateway = "imageGateway": Vec<Endpoint> {},
    /// Seconds after which a request to the gateway is given up. Zero waits for ever.
    gateway_timeout = "gatewayTimeout": Option<u64> { default: Some("0") },
    /// The certificates that `https` gateways must be signed by, in PEM form, instead of the system's.
    image_gateway_ca = "imageGatewayCa": Option<PathBuf> { targets: NATIVE },
    /// The type of an image that is named without one. The original has no default.
    default_image_type = "defaultImageType": Option<ImageType> { default: Some("docker") },
    /// Where Shifter is installed: `bin/shifterimg` and `sbin/setupRoot` lie below it.
    udi_root_path = "udiRootPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes },
    /// Where the container's root is mounted, in a mount namespace of its own.
    udi_mount = "udiMount": Option<PathBuf> { required_by: Target::ALL_SLICE, trust: Trust::RootWrites },
    /// Where the image is mounted before it becomes part of the container.
    loop_mount = "loopMount": Option<PathBuf> { required_by: Target::ALL_SLICE, trust: Trust::RootWrites },
    /// The directory of images and their metadata.
    image_path = "imagePath": Option<PathBuf> { required_by: Target::ALL_SLICE, trust: Trust::RootReads },
    /// The user that owns every file below `imagePath`: root believes only files of this user that nobody else
    /// may write. Without it that is the owner of the directory `imagePath` itself, if only root can have put the
    /// directory there and it is not the caller's own.
    image_owner = "imageOwner": Option<Owner> { targets: NATIVE },
    /// A directory whose content appears in the container as /opt/udiImage. The native runtime mounts it read-only,
    /// entry by entry; the original copies it at every start.
    opt_udi_image = "optUdiImage": Option<PathBuf> { trust: Trust::RootReads },
    /// Where /etc of the container comes from when `populateEtcDynamically` is 0. The original requires the key
    /// in either case.
    etc_path = "etcPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootReads },
    /// A script that root runs with /bin/sh in the container's root before anything is mounted there.
    site_pre_mount_hook = "sitePreMountHook": Option<PathBuf> { trust: Trust::RootExecutes },
    /// A script that root runs with /bin/sh in the container's root after siteFs is mounted.
    site_post_mount_hook = "sitePostMountHook": Option<PathBuf> { trust: Trust::RootExecutes },
    /// The file system of the container's root: tmpfs, or ramfs on old Cray systems. The native runtime always
    /// takes tmpfs, which is the only one of the two with limits and extended attributes.
    rootfs_type = "rootfsType": Option<String> { required_by: ORIGINALS, no_op_in: NATIVE },
    /// The largest size of what the container's root keeps in memory.
    rootfs_size = "rootfsSize": Option<Bytes> { targets: NATIVE },
    /// 1 leaves the container's root writable for root-owned processes; 0 mounts it read-only at the end.
    mount_udi_root_writable = "mountUdiRootWritable": Option<bool> { default: Some("0") },
    /// How mount events pass between host and container where an entry of siteFs does not say.
    mount_propagation_style = "mountPropagationStyle": Option<Propagation> { default: Some("private") },
    /// The number of groups that name the user as a member in /etc/group of the container. With 0 no group
    /// does.
    max_group_count = "maxGroupCount": Option<u64> { default: Some("0") },
    /// 1 looks users up through libc; 0 reads `passwd` in `etcPath`.
    allow_libc_pwd_calls = "allowLibcPwdCalls": Option<bool> { default: Some("0") },
    /// 1 writes passwd and group from what is known about the user; 0 copies `etcPath`.
    populate_etc_dynamically = "populateEtcDynamically": Option<bool> { default: Some("0") },
    /// Further users for a dynamic passwd and group.
    users_to_import = "usersToImport": Vec<String> { targets: MASTER },
    /// A directory with a file for each user of a job, named by the uid, that root wrote before the job: lines of
    /// passwd(5) and group(5) as getent(1) prints them. A start reads it and asks no name service.
    identity_path = "identityPath": Option<PathBuf> { trust: Trust::RootReads, targets: NATIVE },
    /// 1 permits images of type local, which are directories of the host. The original does not enforce 0.
    allow_local_chroot = "allowLocalChroot": Option<bool> { default: Some("0") },
    /// `deny` stops processes in a container from making user namespaces; `host` leaves it to the kernel.
    user_namespaces = "userNamespaces": Option<UserNamespaces> { default: Some("host"), targets: NATIVE },
    /// Where the user's home comes from: `site` (as siteFs has it), `image`, `none`, or an absolute path to be
    /// mounted there.
    home = "home": Option<Home> { default: Some("site"), targets: NATIVE },
    /// Paths of the container that no volume of a user may cover, themselves or below.
    deny = "deny": Vec<PathBuf> { targets: NATIVE },
    /// What is forbidden for the moment, with what users are told: images, modules, volumes or everything. Read at each
    /// start; a file that is not there forbids nothing. Without the key it is `deny` beside this file.
    deny_file = "denyFile": Option<PathBuf> { trust: Trust::RootReads, targets: NATIVE },
    /// 1 loads the kernel modules that an image needs. Deprecated in 18.03.
    auto_load_kernel_module = "autoLoadKernelModule": Option<bool> { default: Some("0"), no_op_in: SINCE_1803 },
    /// Where kernel modules are searched, below the running kernel's version. Deprecated in 18.03.
    kmod_base_path = "kmodBasePath": Option<PathBuf> { trust: Trust::RootReads, no_op_in: SINCE_1803 },
    /// The list of kernel modules that is kept between starts. Deprecated in 18.03.
    kmod_cache_file = "kmodCacheFile": Option<PathBuf> { trust: Trust::RootWrites, no_op_in: SINCE_1803 },
    /// A mount(8) that is run instead of the one Shifter was built with. Only a patched original knows it; the
    /// native runtime runs no helper.
    mount_cmd = "mountCmd": Option<PathBuf> {
        trust: Trust::RootExecutes, targets: NATIVE, no_op_in: NATIVE, patched: ORIGINALS,
    },
    /// modprobe(8), run by releases before 18.03 and required by all. The native runtime runs no helper.
    modprobe_path = "modprobePath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: SINCE_1803 },
    /// insmod(8), run by releases before 18.03 and required by all. The native runtime runs no helper.
    insmod_path = "insmodPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: SINCE_1803 },
    /// cp(1), which the original runs as root. The native runtime copies by itself.
    cp_path = "cpPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: NATIVE },
    /// mv(1), which the original runs as root.
    mv_path = "mvPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: NATIVE },
    /// chmod(1), which the original runs as root.
    chmod_path = "chmodPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: NATIVE },
    /// dd(1), which the original runs as root to make the file of a perNodeCache.
    dd_path = "ddPath": Option<PathBuf> { required_by: ORIGINALS, trust: Trust::RootExecutes, no_op_in: NATIVE },
    /// mkfs.xfs(8), which makes the file system of a perNodeCache. It has no in-process form.
    mkfs_xfs_path = "mkfsXfsPath": Option<PathBuf> { trust: Trust::RootExecutes },
    /// mkfs.ext4(8), which makes that of a perNodeCache with `fs=ext4`.
    mkfs_ext4_path = "mkfsExt4Path": Option<PathBuf> { trust: Trust::RootExecutes, targets: NATIVE },
    /// Where the files of perNodeCache lie.
    per_node_cache_path = "perNodeCachePath": Option<PathBuf> { trust: Trust::RootWrites },
    /// The largest perNodeCache a user may ask for. The original reads it and enforces nothing.
    per_node_cache_size_limit = "perNodeCacheSizeLimit": Option<Bytes> { default: Some("0") },
    /// The file systems a perNodeCache may have: xfs and ext4, unless it says otherwise. The original knows xfs and
    /// ignores the key.
    per_node_cache_allowed_fs_type = "perNodeCacheAllowedFsType": Vec<String> { no_op_in: ORIGINALS },
    /// Directories of the host that every container gets.
    site_fs = "siteFs": VolumeMap {},
    /// Symbolic links that every container gets, as `TARGET:LINK`; the target may be relative.
    site_link = "siteLink": Vec<SiteLink> { targets: NATIVE },
    /// Variables set in every container.
    site_env = "siteEnv": Vec<Assignment> {},
    /// Variables lengthened at the end, after a colon.
    site_env_append = "siteEnvAppend": Vec<Assignment> {},
    /// Variables lengthened in front, before a colon.
    site_env_prepend = "siteEnvPrepend": Vec<Assignment> {},
    /// Variables removed from every container. The native runtime reads `*` and `?`.
    site_env_unset = "siteEnvUnset": Vec<NamePattern> {},
    /// Variables of the caller that survive the image's environment and `--clearenv`.
    keep_env = "keepEnv": Vec<NamePattern> { targets: NATIVE },
    /// Where the GPU libraries and programs of a node appear in the container. Natively a module does this.
    site_resources = "siteResources": Option<PathBuf> { trust: Trust::RootWrites, targets: WITH_SITE_RESOURCES, no_op_in: NATIVE },
    /// Stored and never used by any release.
    batch_type = "batchType": Option<String> { no_op_in: Target::ALL_SLICE },
    /// Accepted and dropped by every release.
    node_context_prefix = "nodeContextPrefix": Option<String> { no_op_in: Target::ALL_SLICE },
    /// 1 started the container's sshd as root. Dropped for security in 18.03.
    optional_sshd_as_root = "optionalSshdAsRoot": Option<bool> { default: Some("0"), no_op_in: SINCE_1803 },
    /// The port of the sshd that `setupRoot -s` begins in a container.
    sshd_port = "sshdPort": Option<u64> { default: Some("1204"), targets: NATIVE },
    /// A hash of the site's other files of this class; containers see it as SHIFTER_CONFIG_ID.
    conf_id = "confId": Option<String> { targets: NATIVE },
    /// The modules every container gets unless the user names others.
    default_modules = "defaultModules": Vec<ModuleChoice> { targets: SINCE_1803 },
}
