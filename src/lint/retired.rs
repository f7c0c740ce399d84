//! Codes that are not used again, and why there is no such rule.

/// A rule that was planned or once existed.
#[derive(Debug, Clone, Copy)]
pub struct Retired {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Why there is no such rule.
    pub reason: &'static str,
}

const fn gone(code: &'static str, name: &'static str, reason: &'static str) -> Retired {
    Retired { code, name, reason }
}

/// All of them, in the order of the manual.
pub static RETIRED: &[Retired] = &[
    gone("RT023", "default-type-unset", "`images.default_type` is `docker` where it is not written"),
    gone("RT025", "boot-dir-mismatch", "the boot snippet is rendered from the same keys as udiRoot.conf"),
    gone("FS008", "parent-not-created", "the parents of all targets are rendered into the premount script"),
    gone("FS010", "target-order", "mounts are rendered parents first, whatever their order in a profile"),
    gone("FS030", "mount-namespace-dsl", "it spoke against `/dsl/opt`, which Blue Waters binds on purpose (L18)"),
    gone("MOD003", "default-module-unknown", "a default module is marked in its own table, so it is always there"),
    gone("MOD006", "default-module-twice", "a default module is marked in its own table, so it is there once"),
    gone("MOD015", "module-fs-invalid", "the FS rules look at the file systems of modules too"),
    gone("MOD018", "module-parent-not-created", "the parents of all targets are rendered into the premount script"),
    gone("ENV005", "env-no-equals", "names and values are keys and values of a table"),
    gone("GW014", "expire-format", "`images.expire_after` is a duration, and rendered as four integers"),
    gone("GW015", "pull-recheck-ignored", "one key of a profile is rendered as both keys that the original needs"),
    gone(
        "GW016",
        "converter-options-name",
        "`gateway.converter_options` is rendered under the name that the code reads",
    ),
    gone("GW027", "munge-socket-missing", "the socket has a default"),
    gone("GW036", "metrics-type", "`gateway.metrics` is true or false"),
    gone("WLM018", "alps-root", "the line of roots.conf is rendered from `paths.udi_mount`"),
    gone("KMOD011", "xfs-missing", "RT021 says so"),
    gone("GPU001", "site-resources-path", "SITE008 says so"),
    gone("VER006", "broker-missing", "SITE004 asks for `gateway.broker` where the installed gateway needs one"),
    gone("VER009", "acl-too-old", "a profile grants no access to single images"),
];
