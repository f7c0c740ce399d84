//! SITE rules about layers and suppressions. Loading reports most of them.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*, structural};
use crate::lint::rule::{Impact, Repair, Tier, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::item::Item;

rule! {
    /// Layers include one another, or a layer is not there.
    ///
    /// # What it checks
    /// Following `extends` never leads back to a file, and every named file can be read.
    ///
    /// # Why is this bad
    /// There is no first layer to begin with.
    ///
    /// # Bad
    /// ```toml
    /// extends = ["site.toml", "missing.toml"]
    /// ```
    ///
    /// # Good
    /// ```toml base.toml
    /// [site]
    /// organization = "NCSA"
    /// ```
    ///
    /// ```toml
    /// extends = "base.toml"
    /// ```
    pub(crate) static EXTENDS_CYCLE = {
        id: structural::EXTENDS_CYCLE,
        impact: Impact::EveryStart,
        source: "the order of layers",
    }
}

rule! {
    /// A suppression suppresses nothing.
    ///
    /// # What it checks
    /// Each code of `# shifter-site: ignore[CODE]` has a finding on its line or the next.
    ///
    /// # Why is this bad
    /// The next finding there, a new one, will not be seen.
    ///
    /// # Bad
    /// ```toml
    /// [[filesystem]]
    /// source = "/home" # shifter-site: ignore[FS011] two of them until May
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[filesystem]]
    /// source = "/home"
    /// ```
    ///
    /// # Fix
    /// `--fix` takes the code out of the comment, and the comment away with its last code.
    pub(crate) static UNUSED_SUPPRESSION = {
        id: structural::UNUSED_SUPPRESSION,
        fix: Repair::Safe,
        impact: Impact::Untidy,
        source: "the suppression comments of this tool",
    }
}

rule! {
    /// A suppression gives no reason.
    ///
    /// # What it checks
    /// Behind the bracket of a suppression stands why the finding is accepted.
    ///
    /// # Why is this bad
    /// Nobody can tell later whether the reason still holds.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// allow_local_chroot = true # shifter-site: ignore[RT016]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// allow_local_chroot = true # shifter-site: ignore[RT016] used to debug unpacked layers
    /// ```
    pub(crate) static SUPPRESSION_WITHOUT_REASON = {
        id: structural::SUPPRESSION_WITHOUT_REASON,
        impact: Impact::Untidy,
        source: "the suppression comments of this tool",
    }
}

rule! {
    /// A layer replaces a list where it was perhaps meant to be longer.
    ///
    /// # What it checks
    /// No layer writes a list that a lower layer writes too; `KEY_add` and `KEY_remove` change one.
    ///
    /// # Why is this bad
    /// Lists replace one another. The entries of the lower layer are gone, and nothing in the upper one shows it.
    ///
    /// # Bad
    /// ```toml base.toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// ```
    ///
    /// ```toml
    /// extends = "base.toml"
    ///
    /// [kernel_modules]
    /// preload = ["xfs"]
    /// ```
    ///
    /// # Good
    /// ```toml base.toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// ```
    ///
    /// ```toml
    /// extends = "base.toml"
    ///
    /// [kernel_modules]
    /// preload_add = ["xfs"]
    /// ```
    pub(crate) static LIST_REPLACED = {
        id: structural::LIST_REPLACED,
        impact: Impact::Silent,
        tier: Tier::Strict,
        source: "the rules by which layers are merged",
    }
}

rule! {
    /// A class overrides something with the value it has anyway.
    ///
    /// # What it checks
    /// Each value in `set` of a class is another than that of all classes.
    ///
    /// # Why is this bad
    /// Readers look for the difference. And when the common value changes, the class keeps the old one.
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// rootfs = "tmpfs"
    ///
    /// [class.login]
    /// set.runtime.rootfs = "tmpfs"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// rootfs = "tmpfs"
    ///
    /// [class.login]
    /// artifacts = ["udiroot"]
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the override.
    pub(crate) static UNUSED_OVERRIDE = {
        id: id("SITE014", "unused-override", Warn, Style),
        impact: Impact::Untidy,
        fix: Repair::Safe,
        source: "the rules by which layers are merged",
        check: Check::View(unused_override),
    }
}

fn unused_override(view: &View<'_>, out: &mut Findings<'_>) {
    let Some(class) = view.class else { return };
    let common = view.context.common.origins.root();
    let begins_with_another = view.profile.class.get(class).is_some_and(|section| !section.from.is_empty());
    let set = KeyPath::from(["class", class, "set"]);
    let Some(overrides) = common.get(&set).filter(|_| !begins_with_another) else { return };
    for path in leaves(overrides) {
        let is_the_same = overrides.get(&path).zip(common.get(&path)).is_some_and(|(own, all)| own.same(all));
        if is_the_same {
            let at = set.clone().join(&path);
            out.report(format!("class `{class}` overrides `{path}` with the value it has anyway"), |finding| {
                finding
                    .at(at.clone(), "")
                    .also(path, "the value of all classes")
                    .help("remove the override")
                    .fix(Fix::safe("remove it", vec![Edit::remove(at)]))
            });
        }
    }
}

/// The paths of all values below a table that are no tables themselves.
fn leaves(item: &Item) -> Vec<KeyPath> {
    let Some(entries) = item.as_table() else { return vec![KeyPath::root()] };
    let below = |(key, item): (&String, &Item)| {
        let key = KeyPath::from([key.as_str()]);
        leaves(item).into_iter().map(move |rest| key.clone().join(&rest))
    };
    entries.iter().flat_map(below).collect()
}
