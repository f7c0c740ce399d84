//! Rules whose findings other programs make: the shells, shellcheck, systemd; and the comparison with what is installed.
//!
//! `check --tools` runs the programs ([`crate::check::tools`]); `diff` and `apply` compare.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};

rule! {
    /// Somebody edited an installed file.
    ///
    /// # What it checks
    /// `diff` and `apply` compare each installed file with what the last generation wrote there.
    ///
    /// # Why is this bad
    /// The next `apply` would undo what somebody did for a reason, or keep what nobody knows of.
    ///
    /// # Bad
    /// ```conf /etc/shifter/udiRoot.conf
    /// # the last generation wrote maxGroupCount=31
    /// maxGroupCount=30
    /// ```
    ///
    /// # Good
    /// ```conf /etc/shifter/udiRoot.conf
    /// maxGroupCount=31
    /// ```
    pub static EDITED_IN_PLACE = {
        id: id("INST001", "edited-in-place", Warn, Correctness),
        source: "the generation's own record",
        check: Check::Outside,
    }
}

rule! {
    /// systemd does not understand a rendered unit.
    ///
    /// # What it checks
    /// With `--tools systemd-analyze`: `systemd-analyze verify` names no line of a rendered unit. What it says of programs and units that this
    /// machine lacks is left out.
    ///
    /// # Why is this bad
    /// systemd ignores the line, or does not start the service.
    ///
    /// # Bad
    /// ```conf shifter-imagegw.service
    /// [Service]
    /// ExecStart=/usr/bin/shifter-imagegw
    /// LimitNOFILES=65536
    /// ```
    ///
    /// # Good
    /// ```conf shifter-imagegw.service
    /// [Service]
    /// ExecStart=/usr/bin/shifter-imagegw
    /// LimitNOFILE=65536
    /// ```
    pub static UNIT_VERIFY = {
        id: id("INST004", "unit-verify", Error, Correctness),
        impact: Impact::EveryStart,
        source: "systemd-analyze(1), verify",
        check: Check::Outside,
    }
}

rule! {
    /// A rendered unit may do more than it needs.
    ///
    /// # What it checks
    /// With `--tools systemd-analyze`: the exposure of a rendered service (`systemd-analyze security --offline`) is at most 7.0, "medium". Another
    /// limit stands under `INST005` in `[lint.thresholds]`.
    ///
    /// # Why is this bad
    /// Whoever takes the gateway over gets what its unit allows: the whole system, or its directories.
    ///
    /// # Bad
    /// ```conf shifter-imagegw.service
    /// [Service]
    /// ExecStart=/usr/bin/shifter-imagegw
    /// ```
    ///
    /// # Good
    /// ```conf shifter-imagegw.service
    /// [Service]
    /// ExecStart=/usr/bin/shifter-imagegw
    /// User=shifter
    /// NoNewPrivileges=yes
    /// ProtectSystem=strict
    /// ProtectHome=yes
    /// PrivateTmp=yes
    /// PrivateDevices=yes
    /// CapabilityBoundingSet=
    /// ```
    ///
    /// # No fix
    /// The unit is rendered hardened; what is left to tighten depends on the site's directories.
    pub static UNIT_EXPOSURE = {
        id: id("INST005", "unit-exposure", Info, Security),
        impact: Impact::Exposure,
        source: "systemd-analyze(1), security",
        check: Check::Outside,
    }
}

rule! {
    /// A shell does not understand a rendered script.
    ///
    /// # What it checks
    /// With `--tools sh`: each rendered script passes `sh -n` or, where its first line asks for it, `bash -n`. With `--tools shellcheck`: shellcheck
    /// has no error or warning about it.
    ///
    /// # Why is this bad
    /// Root runs these scripts on every node.
    ///
    /// # Bad
    /// ```sh premount.sh
    /// if [ -d global ]; then
    ///     echo there
    /// ```
    ///
    /// # Good
    /// ```sh premount.sh
    /// if [ -d global ]; then
    ///     echo there
    /// fi
    /// ```
    pub static SCRIPT_NOT_POSIX = {
        id: id("INST006", "script-not-posix", Error, Correctness),
        impact: Impact::EveryStart,
        source: "POSIX sh, -n; shellcheck(1)",
        check: Check::Outside,
    }
}

rule! {
    /// shellcheck has something to say about a script of the site.
    ///
    /// # What it checks
    /// With `--tools shellcheck`: the scripts that the profile names have no error or warning of shellcheck, which is quoted with its code.
    ///
    /// # Why is this bad
    /// See the page of the code at www.shellcheck.net/wiki.
    ///
    /// # Bad
    /// ```sh premount.sh
    /// #!/bin/sh
    /// cd global
    /// rm "$unset/x"
    /// ```
    ///
    /// # Good
    /// ```sh premount.sh
    /// #!/bin/sh
    /// cd global || exit 1
    /// rm x
    /// ```
    pub static HOOK_SHELLCHECK = {
        id: id("HOOK012", "hook-shellcheck", Warn, Correctness),
        source: "shellcheck(1)",
        check: Check::Outside,
    }
}
