//! SITE rules about node classes.

use std::collections::BTreeMap;

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*, structural};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};

rule! {
    /// A class is named that is not declared.
    ///
    /// # What it checks
    /// Each name in `classes` of file systems, symlinks, modules, accelerators, `[fabric]` and `[storage]`, in `from` of a class, and
    /// `render.class` is a `[class.NAME]`.
    ///
    /// # Why is this bad
    /// What only an undeclared class has, no node has.
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// artifacts = ["udiroot"]
    ///
    /// [[filesystem]]
    /// source = "/ufs"
    /// classes = ["compte"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// artifacts = ["udiroot"]
    ///
    /// [[filesystem]]
    /// source = "/ufs"
    /// classes = ["compute"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` writes the nearest declared name.
    pub(crate) static UNKNOWN_CLASS = {
        id: structural::UNKNOWN_CLASS,
        fix: Repair::Unsafe,
        source: "the profile's own classes",
        check: Check::View(unknown_class),
    }
}

fn unknown_class(view: &View<'_>, out: &mut Findings<'_>) {
    let declared = &view.profile.class;
    for (at, name) in every_named_class(view).into_iter().filter(|(_, name)| !declared.contains_key(*name)) {
        let nearest = declared.keys().min_by_key(|known| strsim::levenshtein(known, name));
        let nearest = nearest.filter(|known| strsim::levenshtein(known, name) <= 2);
        out.report(format!("there is no class `{name}`"), |finding| {
            let finding = finding.at(at.clone(), "");
            match nearest {
                Some(known) => finding
                    .help(format!("did you mean `{known}`?"))
                    .fix(Fix::risky(format!("write {known}"), vec![Edit::set(at, known.as_str())])),
                None => finding.help(format!("declare `[class.{name}]`, or drop the name")),
            }
        });
    }
}

/// Every place that names a class, whatever class it is for. Loading itself looks at `from` of classes.
fn every_named_class<'a>(view: &View<'a>) -> Vec<(KeyPath, &'a str)> {
    let profile = view.profile;
    let mut lists: Vec<(KeyPath, &'a [String])> = Vec::new();
    let files = profile.filesystem.iter().enumerate();
    lists.extend(files.map(|(n, entry)| (KeyPath::from("filesystem").index(n), entry.classes.as_slice())));
    let links = profile.symlink.iter().enumerate();
    lists.extend(links.map(|(n, entry)| (KeyPath::from("symlink").index(n), entry.classes.as_slice())));
    for (name, module) in &profile.module {
        let at = KeyPath::from(["module", name.as_str()]);
        lists.push((at.clone(), &module.classes));
        let versions = module.version.iter();
        lists.extend(
            versions.map(|(version, table)| (at.clone().key("version").key(version), table.classes.as_slice())),
        );
        let files = module.filesystem.iter().enumerate();
        lists.extend(files.map(|(n, entry)| (at.clone().key("filesystem").index(n), entry.classes.as_slice())));
    }
    let storage = profile.storage.iter();
    lists.extend(storage.map(|(place, entry)| (KeyPath::from(["storage", place.as_str()]), entry.classes.as_slice())));
    let vendors = profile.gpu.iter().flat_map(|gpu| gpu.vendors());
    lists.extend(vendors.map(|(vendor, table)| (KeyPath::from(["gpu", vendor]), table.classes.as_slice())));
    lists.extend(profile.fabric.iter().map(|fabric| (KeyPath::from("fabric"), fabric.classes.as_slice())));

    let named = |(at, names): (KeyPath, &'a [String])| {
        let at = at.key("classes");
        names.iter().enumerate().map(move |(n, name)| (at.clone().index(n), name.as_str())).collect::<Vec<_>>()
    };
    let mut found: Vec<(KeyPath, &'a str)> = lists.into_iter().flat_map(named).collect();
    let rendered = profile.render.as_ref().and_then(|render| render.class.as_deref());
    found.extend(rendered.map(|class| (KeyPath::from("render.class"), class)));
    found
}

rule! {
    /// A node is in two classes.
    ///
    /// # What it checks
    /// No host is in `hosts` of two classes, unless one of them begins with the other (`from`).
    ///
    /// # Why is this bad
    /// A node has one udiRoot.conf. Which of the two it gets is decided by chance.
    ///
    /// # Bad
    /// ```toml
    /// [class.compute]
    /// hosts = "nid[0001-0016]"
    ///
    /// [class.gpu]
    /// hosts = "nid[0016-0032]"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [class.compute]
    /// hosts = "nid[0001-0015]"
    ///
    /// [class.gpu]
    /// hosts = "nid[0016-0032]"
    /// ```
    pub(crate) static CLASS_OVERLAP = {
        id: id("SITE019", "class-overlap", Error, Correctness),
        source: "the profile's own classes",
        check: Check::View(class_overlap),
    }
}

fn class_overlap(view: &View<'_>, out: &mut Findings<'_>) {
    let mut owner: BTreeMap<String, &str> = BTreeMap::new();
    let mut told: Vec<(&str, &str)> = Vec::new();
    for (class, section) in &view.profile.class {
        for host in section.hosts.hosts() {
            let Some(first) = owner.insert(host.clone(), class) else { continue };
            let related = view.belongs_to(first, class) || view.belongs_to(class, first);
            if first == class || related || told.contains(&(first, class)) {
                continue;
            }
            told.push((first, class));
            out.report(format!("`{host}` is in the classes `{first}` and `{class}`"), |finding| {
                finding
                    .at(KeyPath::from(["class", class.as_str(), "hosts"]), "in this class")
                    .also(KeyPath::from(["class", first, "hosts"]), "and in this one")
                    .help("give each node one class; a class can begin with another by `from`")
            });
        }
    }
}

rule! {
    /// There are more nodes than the classes name.
    ///
    /// # What it checks
    /// Where every class lists its `hosts` and `scale.nodes` is told, the classes that run containers have at least that many hosts together.
    ///
    /// # Why is this bad
    /// A node that is in no class does not know which files it gets.
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// nodes_per_job = 16
    /// nodes = 32
    ///
    /// [class.compute]
    /// hosts = "nid[0001-0016]"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// nodes_per_job = 16
    /// nodes = 16
    ///
    /// [class.compute]
    /// hosts = "nid[0001-0016]"
    /// ```
    pub(crate) static NODE_IN_NO_CLASS = {
        id: id("SITE020", "node-in-no-class", Warn, Correctness),
        impact: Impact::OneStart,
        source: "the profile's own classes",
        check: Check::View(node_in_no_class),
    }
}

fn node_in_no_class(view: &View<'_>, out: &mut Findings<'_>) {
    let classes = &view.profile.class;
    let Some(nodes) = view.scale().nodes.filter(|_| !classes.is_empty()) else { return };
    if classes.values().any(|class| class.hosts.is_empty()) {
        return;
    }
    let hosts: std::collections::BTreeSet<String> = classes.values().flat_map(|class| class.hosts.hosts()).collect();
    if hosts.len() < nodes as usize {
        out.report(format!("{} of {nodes} nodes are in no class", nodes as usize - hosts.len()), |finding| {
            let finding = finding.at("scale.nodes", "nodes of the system").help("list them in `hosts` of a class");
            let names = classes.keys().map(|class| KeyPath::from(["class", class.as_str(), "hosts"]));
            names.fold(finding, |finding, at| finding.also(at, "named here"))
        });
    }
}
