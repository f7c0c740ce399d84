//! The caller's variables that say what to start. Each has a second name that Slurm's plugin uses.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use crate::gpu::Gpu;

/// A variable of the caller's that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name it was found by.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What was found; an empty value counts as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `SHIFTER_IMAGETYPE`.
    pub image_type: Option<Variable>,
    /// `SHIFTER_IMAGE`.
    pub image: Option<Variable>,
    /// `SHIFTER_IMAGEREQUEST`.
    pub image_request: Option<Variable>,
    /// `SHIFTER`, as the manual has it.
    pub shifter: Option<Variable>,
    /// `SHIFTER_VOLUME`.
    pub volume: Option<Variable>,
    /// `SHIFTER_MODULE`.
    pub modules: Option<Variable>,
    /// `SHIFTER_CONFIG`, for a start without privilege.
    pub config: Option<OsString>,
    /// Which accelerators are wanted.
    pub gpu: Gpu,
}

impl Variables {
    /// Looks them up. Values that are not UTF-8 name no image and no path of a volume map, and are left out.
    #[must_use]
    pub fn find(environment: &[(OsString, OsString)]) -> Variables {
        let raw = |name: &str| {
            let found = environment.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let text = |name: String| Some(Variable { value: raw(&name)?.into_string().ok()?, name });
        let either = |name: &str| text(name.to_owned()).or_else(|| text(format!("SLURM_SPANK_{name}")));
        Variables {
            image_type: either("SHIFTER_IMAGETYPE"),
            image: either("SHIFTER_IMAGE"),
            image_request: either("SHIFTER_IMAGEREQUEST"),
            shifter: text("SHIFTER".to_owned()),
            volume: either("SHIFTER_VOLUME"),
            modules: either("SHIFTER_MODULE"),
            config: raw("SHIFTER_CONFIG"),
            gpu: Gpu::find(environment),
        }
    }
}

/// The variables that the loader removes before a set-id program begins (ld.so(8), "secure-execution mode"; glibc's
/// `sysdeps/generic/unsecvars.h`). A container starts the same way whether its start was set-id or not.
const UNSAFE: [&str; 24] = [
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "LD_AUDIT",
    "LD_BIND_NOT",
    "LD_DEBUG",
    "LD_DEBUG_OUTPUT",
    "LD_DYNAMIC_WEAK",
    "LD_HWCAP_MASK",
    "LD_LIBRARY_PATH",
    "LD_ORIGIN_PATH",
    "LD_PRELOAD",
    "LD_PROFILE",
    "LD_SHOW_AUXV",
    "LD_USE_LOAD_BIAS",
    "LOCALDOMAIN",
    "LOCPATH",
    "NIS_PATH",
    "NLSPATH",
    "RESOLV_HOST_CONF",
    "RES_OPTIONS",
    "TMPDIR",
    "TZDIR",
];

/// Whether a variable is one of those. `MALLOC_*` belong to them too.
#[must_use]
pub fn is_unsafe_name(name: &OsStr) -> bool {
    UNSAFE.iter().any(|unsafe_name| name == *unsafe_name) || name.as_bytes().starts_with(b"MALLOC_")
}
