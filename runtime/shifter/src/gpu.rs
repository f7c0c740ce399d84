//! Which accelerators the caller wants, and what that means for the module `gpu`. Pure.
//!
//! `SHIFTER_GPU` is `none`, `all`, or a list of numbers and names as NVIDIA's tools print them. Where it says nothing,
//! `CUDA_VISIBLE_DEVICES` counts, which workload managers set to what a job was given; empty and `NoDevFiles` mean
//! nothing, as in the releases 16.08 to 17.04.
//!
//! | modules come from | `SHIFTER_GPU` | `CUDA_VISIBLE_DEVICES` |
//! |---|---|---|
//! | `--module` | they stay as they are | they stay as they are |
//! | `SHIFTER_MODULE` | adds `gpu`, or takes it out | they stay as they are |
//! | the site's defaults | adds `gpu`, or takes it out | adds `gpu` if there is one, or takes it out |
//!
//! A list is a choice and no protection: `/dev` is the host's, and the workload manager's cgroup says which device files
//! the job may open. So the list is told to the programs, as `CUDA_VISIBLE_DEVICES`.

use std::ffi::OsString;
use std::fmt;

use shifter_formats::udiroot::{Conf, ModuleChoice};

/// The module that is meant.
pub const MODULE: &str = "gpu";

/// What programs are told that may use none. CUDA takes a list up to the first name that it does not know.
const NO_DEVICES: &str = "NoDevFiles";

/// What the caller's environment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpu {
    /// `SHIFTER_GPU`, or what Slurm's plugin has for it; an empty value counts as none.
    pub asked: Option<String>,
    /// Whether `CUDA_VISIBLE_DEVICES` names any; none where it is not set.
    pub given: Option<bool>,
}

/// Where the modules were named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// By `--module`.
    Option,
    /// By `SHIFTER_MODULE`.
    Variable,
    /// By the site, as those that everybody gets.
    Site,
}

/// Why a wish cannot be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuError {
    /// It is no list of devices.
    Form(String),
    /// The site has no such module.
    NoModule(String),
}

impl fmt::Display for GpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GpuError::Form(text) => write!(
                f,
                "SHIFTER_GPU is `{text}`; it can be none, all, or numbers and names of devices such as 0,1 or GPU-8932f937"
            ),
            GpuError::NoModule(text) => {
                write!(f, "SHIFTER_GPU is `{text}`, and this site has no module called `{MODULE}`")
            }
        }
    }
}

impl std::error::Error for GpuError {}

/// What `SHIFTER_GPU` means.
enum Wish<'a> {
    None,
    All,
    These(&'a str),
}

impl Gpu {
    /// Looks the variables up.
    #[must_use]
    pub fn find(environment: &[(OsString, OsString)]) -> Gpu {
        let value = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        // What is no UTF-8 is no list either, and is refused as such.
        let text =
            |name: &str| value(name).map(|value| value.to_string_lossy().into_owned()).filter(|text| !text.is_empty());
        Gpu {
            asked: text("SHIFTER_GPU").or_else(|| text("SLURM_SPANK_SHIFTER_GPU")),
            given: value("CUDA_VISIBLE_DEVICES")
                .map(|value| !(value.is_empty() || value == NO_DEVICES || value == "-1")),
        }
    }

    /// What comes of it.
    ///
    /// # Errors
    /// A text that is no list, and a wish for devices where the site has no module for them.
    pub fn choose(&self, mut modules: Vec<ModuleChoice>, by: NamedBy, conf: &Conf) -> Result<Choice, GpuError> {
        let wish = self.asked.as_deref().map(wish).transpose()?;
        let site_has_it =
            conf.modules.iter().any(|(name, module)| name.name == MODULE && module.enabled != Some(false));
        let (wanted, because) = match (&wish, by) {
            (_, NamedBy::Option) | (None, NamedBy::Variable) => (None, ""),
            (Some(wish), _) => (Some(!matches!(wish, Wish::None)), "SHIFTER_GPU"),
            (None, NamedBy::Site) => (self.given.filter(|given| !given || site_has_it), "CUDA_VISIBLE_DEVICES"),
        };
        let has_it = |modules: &[ModuleChoice]| modules.iter().any(|module| module.name == MODULE);
        let had_it = has_it(&modules);
        match wanted {
            Some(true) if !site_has_it => {
                return Err(GpuError::NoModule(self.asked.clone().unwrap_or_default()));
            }
            Some(true) if !had_it => {
                // `none` stands alone, or means nothing.
                modules.retain(|module| !module.is_none());
                modules.push(ModuleChoice { name: MODULE.to_owned(), version: None });
            }
            Some(false) => modules.retain(|module| module.name != MODULE),
            _ => {}
        }
        let visible_devices = match wish {
            Some(Wish::These(list)) => Some(list.to_owned()),
            Some(Wish::None) if !has_it(&modules) => Some(NO_DEVICES.to_owned()),
            _ => None,
        };
        let because = (has_it(&modules) != had_it).then_some(because);
        Ok(Choice { modules, visible_devices, because })
    }
}

/// What comes of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The modules to load.
    pub modules: Vec<ModuleChoice>,
    /// What programs are told in `CUDA_VISIBLE_DEVICES`, beside what the caller's says.
    pub visible_devices: Option<String>,
    /// The variable because of which the module came or went.
    pub because: Option<&'static str>,
}

fn wish(text: &str) -> Result<Wish<'_>, GpuError> {
    match text {
        "none" | "NONE" => Ok(Wish::None),
        "all" | "ALL" => Ok(Wish::All),
        list if list.split(',').all(is_device) => Ok(Wish::These(list)),
        other => Err(GpuError::Form(other.to_owned())),
    }
}

/// A number, or the name of a device or of a part of one: `GPU-8932f937`, `MIG-GPU-8932f937/1/0`.
fn is_device(text: &str) -> bool {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/');
    let is_name = ["GPU-", "MIG-"].iter().any(|start| text.len() > start.len() && text.starts_with(start));
    is_number || (is_name && text.len() <= 96 && text.bytes().all(is_of_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str =
        "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\nmodule_mpich_enabled=1\n";

    fn choose(lines: &str, variables: &[(&str, &str)], modules: &str, by: NamedBy) -> Result<String, String> {
        let conf = Conf::parse_native(format!("{SITE}{lines}")).unwrap();
        let environment: Vec<_> = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let modules = ModuleChoice::parse_list(modules).unwrap();
        let choice = Gpu::find(&environment).choose(modules, by, &conf).map_err(|error| error.to_string())?;
        let names: Vec<&str> = choice.modules.iter().map(|module| module.name.as_str()).collect();
        Ok(format!("{} {}", names.join(","), choice.visible_devices.unwrap_or_default()).trim().to_owned())
    }

    fn site(variables: &[(&str, &str)]) -> String {
        choose("module_gpu_enabled=1\n", variables, "mpich", NamedBy::Site).unwrap()
    }

    #[test]
    fn the_jobs_devices_load_the_module_as_they_once_did() {
        assert_eq!(site(&[]), "mpich");
        assert_eq!(site(&[("CUDA_VISIBLE_DEVICES", "0,1")]), "mpich,gpu");
        for none in ["", "NoDevFiles", "-1"] {
            assert_eq!(site(&[("CUDA_VISIBLE_DEVICES", none)]), "mpich");
        }
        let default =
            |value| choose("module_gpu_enabled=1\n", &[("CUDA_VISIBLE_DEVICES", value)], "gpu,mpich", NamedBy::Site);
        assert_eq!((default("").unwrap(), default("3").unwrap()), ("mpich".to_owned(), "gpu,mpich".to_owned()));
    }

    #[test]
    fn a_wish_comes_before_what_the_job_has() {
        let job = ("CUDA_VISIBLE_DEVICES", "0,1");
        assert_eq!(site(&[job, ("SHIFTER_GPU", "none")]), "mpich NoDevFiles");
        assert_eq!(site(&[("CUDA_VISIBLE_DEVICES", ""), ("SHIFTER_GPU", "all")]), "mpich,gpu");
        assert_eq!(site(&[job, ("SHIFTER_GPU", "1")]), "mpich,gpu 1");
        assert_eq!(site(&[("SLURM_SPANK_SHIFTER_GPU", "GPU-8932f937-d72c")]), "mpich,gpu GPU-8932f937-d72c");
        assert_eq!(site(&[job, ("SHIFTER_GPU", "")]), "mpich,gpu", "an empty value is none");
    }

    #[test]
    fn modules_that_are_named_stay_as_they_are() {
        let with =
            |variables: &[(&str, &str)], modules, by| choose("module_gpu_enabled=1\n", variables, modules, by).unwrap();
        let job = ("CUDA_VISIBLE_DEVICES", "0");
        assert_eq!(with(&[job, ("SHIFTER_GPU", "all")], "none", NamedBy::Option), "none");
        assert_eq!(with(&[("SHIFTER_GPU", "none")], "gpu", NamedBy::Option), "gpu");
        assert_eq!(with(&[job], "mpich", NamedBy::Variable), "mpich");
        assert_eq!(with(&[("SHIFTER_GPU", "all")], "none", NamedBy::Variable), "gpu");
        assert_eq!(with(&[("SHIFTER_GPU", "none")], "gpu,mpich", NamedBy::Variable), "mpich NoDevFiles");
    }

    #[test]
    fn what_is_no_list_and_what_is_not_there_are_refused() {
        let without = |value: &str| choose("", &[("SHIFTER_GPU", value)], "mpich", NamedBy::Site);
        assert_eq!(without("all").unwrap_err(), "SHIFTER_GPU is `all`, and this site has no module called `gpu`");
        assert_eq!(without("none").unwrap(), "mpich NoDevFiles");
        for text in ["0;1", "0,", "some", "GPU-", "99999", "0\nX=1", "GPU-\u{e4}"] {
            assert!(without(text).unwrap_err().contains("it can be none, all, or numbers"), "{text}");
        }
        assert_eq!(choose("", &[("CUDA_VISIBLE_DEVICES", "0")], "mpich", NamedBy::Site).unwrap(), "mpich");
        assert_eq!(
            choose("module_gpu_enabled=0\n", &[("CUDA_VISIBLE_DEVICES", "0")], "mpich", NamedBy::Site).unwrap(),
            "mpich"
        );
    }
}
