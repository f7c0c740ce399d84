//! Profiles without layers, made of keys that the target knows and of values that it takes.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use shifter_site::target::Target;
use toml::{Table, Value};

/// A key path, its parts joined by `/`, and the value there; none where the profile does not say it.
type Key = BoxedStrategy<Option<(String, Value)>>;

fn key(path: &'static str, value: impl Strategy<Value = Value> + 'static) -> Key {
    prop::option::of(value.prop_map(move |value| (path.to_owned(), value))).boxed()
}

fn always(path: &'static str, value: impl Strategy<Value = Value> + 'static) -> Key {
    value.prop_map(move |value| Some((path.to_owned(), value))).boxed()
}

fn one<T: Into<Value> + Clone + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = Value> + use<T> {
    select(values.to_vec()).prop_map(Into::into)
}

fn flag() -> impl Strategy<Value = Value> {
    any::<bool>().prop_map(Value::from)
}

fn path() -> impl Strategy<Value = Value> {
    path_below("/x")
}

fn path_below(top: &'static str) -> impl Strategy<Value = Value> {
    prop::collection::vec("[a-z][a-z0-9_-]{0,5}", 1..3)
        .prop_map(move |parts| format!("{top}/{}", parts.join("/")).into())
}

fn number(range: std::ops::Range<i64>) -> impl Strategy<Value = Value> {
    range.prop_map(Value::from)
}

fn list(values: &[&'static str]) -> impl Strategy<Value = Value> + use<> {
    let values: Vec<&'static str> = values.to_vec();
    let count = values.len();
    prop::sample::subsequence(values, 1..=count)
        .prop_map(|list| Value::from(list.into_iter().map(str::to_owned).collect::<Vec<_>>()))
}

fn table(entries: Vec<(&str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Mounts with targets of their own, some below others.
fn mounts(count: usize) -> impl Strategy<Value = Value> {
    let places = ["/g", "/g/a", "/g/a/b", "/h", "/k/l/m", "/scratch", "/k/l"];
    let options: [&[&str]; 6] = [&[], &["ro"], &["rec"], &["slave"], &["ro", "rec"], &["ro", "slave"]];
    let mount = (select(options.to_vec()), any::<bool>(), any::<Index>());
    (prop::sample::subsequence(places.to_vec(), 1..=count), prop::collection::vec(mount, count)).prop_map(
        |(places, mounts)| {
            let entry = |(place, (options, is_moved, from)): (&str, (&[&str], bool, Index))| {
                let mut entry = Vec::new();
                if is_moved {
                    let sources = ["/lustre/one", "/nfs/two", "/gpfs/three"];
                    entry.push(("source", Value::from(*from.get(&sources))));
                    entry.push(("target", Value::from(place)));
                } else {
                    entry.push(("source", Value::from(place)));
                }
                if !options.is_empty() {
                    entry.push(("options", options.to_vec().into()));
                }
                table(entry)
            };
            places.into_iter().zip(mounts).map(entry).collect::<Vec<_>>().into()
        },
    )
}

/// Links beside the mounts, before and after them.
fn links() -> impl Strategy<Value = Value> {
    let link = (select(vec!["usr/there", "/opt/there", "etc/alternatives/x"]), any::<bool>());
    (prop::sample::subsequence(vec!["/l", "/n/o", "/p"], 1..=3), prop::collection::vec(link, 3)).prop_map(
        |(places, links)| {
            let entry = |(place, (target, is_late)): (&str, (&str, bool))| {
                let mut entry = vec![("link", Value::from(place)), ("target", target.into())];
                if is_late {
                    entry.push(("phase", "postmount".into()));
                }
                table(entry)
            };
            places.into_iter().zip(links).map(entry).collect::<Vec<_>>().into()
        },
    )
}

/// Variables whose names begin with `letter`.
fn variables(letter: char) -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[A-Z]{1,4}", "[a-z0-9/.+-]{1,9}", 1..4).prop_map(move |all| {
        Value::Table(all.into_iter().map(|(name, value)| (format!("{letter}_{name}"), value.into())).collect())
    })
}

fn search_paths(letter: char) -> impl Strategy<Value = Value> {
    let directories = prop::collection::vec("/[a-z]{1,5}(/[a-z]{1,3})?", 1..4);
    prop::collection::btree_map("[A-Z]{1,4}", directories, 1..3).prop_map(move |all| {
        Value::Table(all.into_iter().map(|(name, list)| (format!("{letter}_{name}"), list.into())).collect())
    })
}

fn of_every_target() -> Vec<Key> {
    vec![
        always("schema", Just(1.into())),
        always("site/name", one(&["tiny", "node-7", "a.b_c"])),
        key("site/title", one(&["Tiny"])),
        key("target/os", one(&["el7", "cle5.2", "sles15"])),
        key("scale/nodes_per_job", number(1..9000)),
        always("images/path", path_below("/images")),
        key("images/default_type", one(&["docker", "custom", "local"])),
        key("images/expire_after", one(&["90d", "36h", "1d"])),
        key("paths/prefix", path()),
        key("paths/udi_mount", one(&["/var/udiMount", "/run/udi"])),
        key("paths/loop_mount", one(&["/var/udiLoopMount", "/run/loop"])),
        key("paths/opt_udi_image", path()),
        key("paths/tools/modprobe", path()),
        key("paths/tools/mkfs_xfs", path()),
        key("etc/path", path()),
        key("runtime/writable_root", flag()),
        key("runtime/max_groups", number(0..4000)),
        key("runtime/libc_passwd_calls", flag()),
        key("runtime/allow_local_chroot", flag()),
        key("runtime/propagation", one(&["private", "slave"])),
        key("env/set", variables('S')),
        key("env/prepend", search_paths('P')),
        key("env/append", search_paths('A')),
        key("env/unset", list(&["U_ONE", "U_TWO"])),
        key("filesystem", mounts(5)),
        key("symlink", links()),
        always("gateway/endpoints", list(&["http://one:5000", "http://two:5000", "http://three.example:5001"])),
        key("gateway/timeout", one(&["20s", "2m"])),
        key("gateway/user", one(&["gateway"])),
        always("gateway/cache_dir", path_below("/cache")),
        always("gateway/expand_dir", path_below("/expand")),
        key("gateway/pull_recheck", one(&["90s", "1h"])),
        key("gateway/workers/threads", number(1..64)),
        key("gateway/admins", list(&["root", "admin"])),
        key("gateway/munge_socket", path()),
        key("gateway/log_level", one(&["error", "info", "debug"])),
    ]
}

/// What only some releases know.
fn of(target: Target) -> Vec<Key> {
    let mut keys = vec![
        always("target/shifter", Just(target.as_str().into())),
        key("registry/registry-1.docker.io/default", Just(true.into())),
        key("registry/registry-1.docker.io/auth_method", one(&["token", "basic"])),
    ];
    if target.is_native() {
        keys.extend([
            always("gateway/database/uri", Just("sqlite:///x/gateway.db".into())),
            key("runtime/rootfs_size", one(&["1GiB", "512MiB"])),
            key("runtime/user_namespaces", one(&["host", "deny"])),
            key("runtime/home", one(&["site", "image", "none", "/x/home"])),
            key("runtime/keep_env", list(&["SLURM_*", "DISPLAY"])),
            key("runtime/deny", list(&["/x/secret", "/x/other"])),
            key("gateway/anonymous", flag()),
            key("gateway/limits/layers", number(1..200)),
            key("gateway/limits/image_size", one(&["100GiB"])),
        ]);
    } else {
        keys.extend([
            key("runtime/rootfs", one(&["tmpfs", "ramfs"])),
            key("gateway/database/name", one(&["Shifter"])),
            always("gateway/database/uri", Just("mongodb://db.example/Shifter".into())),
        ]);
        let keeper =
            [("user", Value::from("keeper")), ("password", table(vec![("file", "secrets/mongodb-keeper".into())]))];
        keys.extend(keeper.map(|(name, value)| match name {
            "user" => always("gateway/database/user", Just(value)),
            _ => always("gateway/database/password", Just(value)),
        }));
    }
    let (old, is_gpu) = (target < Target::V1803, matches!(target, Target::V1608Gpu | Target::V1704));
    if old {
        keys.extend([
            key("kernel_modules/autoload", flag()),
            key("kernel_modules/base_path", path()),
            always("gateway/broker/uri", Just("redis://localhost/".into())),
            key("gateway/broker/password", Just(table(vec![("file", "secrets/redis".into())]))),
        ]);
    } else {
        keys.extend([
            key("module/mpi/copy_from", path()),
            key("module/mpi/default", flag()),
            key("module/mpi/enabled", Just(true.into())),
            key("module/mpi/env/set", variables('M')),
            key("module/mpi/env/prepend", search_paths('N')),
            key("module/mpi/filesystem", mounts(2)),
            key("module/mpi/hooks/root", path()),
            key("module/mpi/hooks/user", path()),
            key("gateway/import_users", list(&["alice", "bob"])),
        ]);
    }
    if is_gpu {
        keys.push(key("gpu/site_resources", path()));
    }
    if target >= Target::Master {
        keys.push(key("runtime/populate_etc", one(&["static", "dynamic"])));
    }
    keys
}

fn put(table: &mut Table, path: &str, value: Value) {
    match path.split_once('/') {
        None => drop(table.insert(path.to_owned(), value)),
        Some((key, rest)) => {
            let inner = table.entry(key).or_insert_with(|| Value::Table(Table::new()));
            put(inner.as_table_mut().unwrap(), rest, value);
        }
    }
}

/// A profile for some target.
pub(crate) fn profile() -> impl Strategy<Value = (Target, Table)> {
    select(Target::ALL.to_vec()).prop_flat_map(|target| {
        let keys: Vec<Key> = of_every_target().into_iter().chain(of(target)).collect();
        keys.prop_map(move |keys| {
            let mut profile = Table::new();
            keys.into_iter().flatten().for_each(|(path, value)| put(&mut profile, &path, value));
            // Files that are copied come from somewhere.
            let is_static =
                profile.get("runtime").and_then(|runtime| runtime.get("populate_etc")?.as_str()) == Some("static");
            if is_static && !profile.contains_key("etc") {
                put(&mut profile, "etc/path", "/x/etc".into());
            }
            (target, profile)
        })
    })
}
