//! ENV rules about search paths, the variables that are lists with colons.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::paths::{is_or_lies_in, lies_in};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};

/// Variables in which images keep a search path of their own.
const IMAGE_PATHS: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "MANPATH", "PKG_CONFIG_PATH", "PYTHONPATH"];

/// Variables that are no lists in any program.
const SCALARS: [&str; 12] =
    ["LANG", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "PWD", "HOSTNAME", "DISPLAY", "EDITOR", "PAGER"];

/// Directories that images have.
const IMAGE_DIRECTORIES: [&str; 10] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/tmp"];

rule! {
    /// The image's search path is thrown away.
    ///
    /// # What it checks
    /// `PATH`, `LD_LIBRARY_PATH`, `MANPATH`, `PKG_CONFIG_PATH` and `PYTHONPATH` are extended, not set.
    ///
    /// # Why is this bad
    /// Images keep their programs and libraries where they like and say so in these variables. A value of the site replaces theirs,
    /// and the image no longer finds its own (manual 6.1).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// PATH = "/opt/site/bin"
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.prepend]
    /// PATH = ["/opt/site/bin"]
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// ```
    ///
    /// # Fix
    /// `--fix` moves the value to `prepend`.
    pub(crate) static ENV_REPLACES_PATH = {
        id: id("ENV003", "env-replaces-path", Warn, Correctness),
        fix: Repair::Safe,
        source: "manual 6.1",
        check: Check::View(|view, out| {
            for env in view.environments() {
                for (at, name, value) in env.set().into_iter().filter(|(_, name, _)| IMAGE_PATHS.contains(name)) {
                    let parts: Vec<&str> = value.split(':').collect();
                    let to = env.at.clone().key("prepend").key(name);
                    out.report(format!("`{name}` of every image is replaced"), |finding| {
                        finding
                            .at(at.clone(), "the image's value is lost")
                            .help("use `prepend` or `append`")
                            .fix(Fix::safe("move it to `prepend`", vec![Edit::set(to, parts), Edit::remove(at)]))
                    });
                }
            }
        }),
    }
}

rule! {
    /// A variable that is no list is extended.
    ///
    /// # What it checks
    /// `LANG`, `LC_*`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `TERM`, `TZ`, `PWD`, `HOSTNAME`, `DISPLAY`, `EDITOR` and `PAGER` do not stand in
    /// `prepend` or `append`.
    ///
    /// # Why is this bad
    /// The runtime joins the image's value and the site's with a colon, and `en_US.UTF-8:C` is no locale.
    ///
    /// # Bad
    /// ```toml
    /// [env.append]
    /// LANG = ["C"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// LANG = "C"
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` moves a single value to `set`.
    pub(crate) static ENV_APPEND_SCALAR = {
        id: id("ENV004", "env-append-scalar", Warn, Correctness),
        fix: Repair::Unsafe,
        source: "manual 5.2 siteEnvAppend",
        check: Check::View(append_scalar),
    }
}

fn append_scalar(view: &View<'_>, out: &mut Findings<'_>) {
    for env in view.environments() {
        for list in env.lists().into_iter().filter(|list| is_a_scalar(list.name)) {
            out.report(format!("`{}` is no list, and gets one", list.name), |mut finding| {
                finding = finding.at(list.at.clone(), "joined with a colon").help("use `set`");
                match list.parts.as_slice() {
                    [(_, only)] => {
                        let to = env.at.clone().key("set").key(list.name);
                        finding.fix(Fix::risky(
                            "move it to `set`",
                            vec![Edit::set(to, *only), Edit::remove(list.at.clone())],
                        ))
                    }
                    _ => finding,
                }
            });
        }
    }
}

fn is_a_scalar(name: &str) -> bool {
    SCALARS.contains(&name) || name.starts_with("LC_")
}

rule! {
    /// A search path has an empty element, which means the current directory.
    ///
    /// # What it checks
    /// Lists in `prepend` and `append`, and colon lists in `set` whose name ends in `PATH`, have no empty element.
    ///
    /// # Why is this bad
    /// An empty element of `PATH` or `LD_LIBRARY_PATH` is the directory in which a program is started: whoever can write there
    /// chooses the program or library (execvp(3), ld.so(8)).
    ///
    /// # Bad
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/site/bin::/opt/site/sbin"]
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/site/bin", "/opt/site/sbin"]
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the empty elements out.
    pub(crate) static ENV_EMPTY_COMPONENT = {
        id: id("ENV006", "env-empty-component", Error, Security),
        impact: Impact::Exposure,
        fix: Repair::Safe,
        source: "execvp(3); ld.so(8)",
        check: Check::View(empty_component),
    }
}

fn empty_component(view: &View<'_>, out: &mut Findings<'_>) {
    for env in view.environments() {
        let sets = env
            .set()
            .into_iter()
            .filter(|(_, name, value): &(_, &str, String)| name.ends_with("PATH") && !value.is_empty());
        let lists = env.lists().into_iter().flat_map(|list| {
            let name = list.name;
            list.parts.into_iter().map(move |(at, part)| (at, name, part.to_owned()))
        });
        for (at, name, value) in sets.chain(lists).filter(|(_, _, value)| value.split(':').any(str::is_empty)) {
            let kept: Vec<&str> = value.split(':').filter(|part| !part.is_empty()).collect();
            out.report(format!("`{name}` gets an empty element, which means the current directory"), |finding| {
                let edit =
                    if kept.is_empty() { Edit::remove(at.clone()) } else { Edit::set(at.clone(), kept.join(":")) };
                finding.at(at, "").help("take it out").fix(Fix::safe("take the empty element out", vec![edit]))
            });
        }
    }
}

rule! {
    /// A search path leads to a directory that containers do not have.
    ///
    /// # What it checks
    /// Each absolute element of `prepend` and `append` lies in a file system, in `/opt/udiImage`, or in a directory that images bring
    /// along.
    ///
    /// # Why is this bad
    /// The directory is on the host. In containers the element finds nothing (manual 5.2).
    ///
    /// # Bad
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/site/bin"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.append]
    /// PATH = ["/opt/site/bin"]
    ///
    /// [[filesystem]]
    /// source = "/opt/site"
    /// ```
    pub(crate) static ENV_HOST_ONLY_PATH = {
        id: id("ENV012", "env-host-only-path", Warn, Correctness),
        impact: Impact::OneStart,
        source: "manual 5.2 siteEnvAppend",
        check: Check::View(host_only),
    }
}

fn host_only(view: &View<'_>, out: &mut Findings<'_>) {
    if !view.is_whole() {
        return;
    }
    let mounts = view.all_mounts();
    let links = view.symlinks();
    let is_in_containers = |path: &str| {
        is_or_lies_in(path, "/opt/udiImage")
            || IMAGE_DIRECTORIES.iter().any(|directory| is_or_lies_in(path, directory))
            || mounts.iter().any(|mount| is_or_lies_in(path, mount.target) || lies_in(mount.target, path))
            || links.iter().any(|link| is_or_lies_in(path, link.link))
    };
    for env in view.environments() {
        for list in env.lists() {
            for (at, part) in list.parts {
                for path in part.split(':').filter(|path| path.starts_with('/') && !is_in_containers(path)) {
                    out.at(at.clone(), format!("`{path}` is on the host only"), "bind it with a `[[filesystem]]`");
                }
            }
        }
    }
}
