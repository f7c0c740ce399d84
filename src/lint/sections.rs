//! The tables of a view, an empty one where the profile has none.

use std::sync::LazyLock;

use crate::lint::View;
use crate::profile::section::{
    EtcSection, ExtraSection, GatewaySection, GpuSection, HooksSection, IdentitySection, ImagesSection, InstallSection,
    KernelModulesSection, PathsSection, RuntimeSection, ScaleSection, SiteSection, TargetSection, WlmSection,
};

macro_rules! sections {
    ($($name:ident as $table:ident: $section:ident),+ $(,)?) => {
        impl<'a> View<'a> {
            $(
                #[doc = concat!("The table `", stringify!($table), "`.")]
                pub(crate) fn $name(&self) -> &'a $section {
                    static EMPTY: LazyLock<$section> = LazyLock::new($section::default);
                    self.profile.$table.as_ref().unwrap_or(&EMPTY)
                }
            )+
        }
    };
}

sections! {
    site as site: SiteSection,
    installed as target: TargetSection,
    scale as scale: ScaleSection,
    paths as paths: PathsSection,
    images as images: ImagesSection,
    runtime as runtime: RuntimeSection,
    etc as etc: EtcSection,
    kernel as kernel_modules: KernelModulesSection,
    hooks as hooks: HooksSection,
    gpu as gpu: GpuSection,
    gateway as gateway: GatewaySection,
    identity as identity: IdentitySection,
    wlm as wlm: WlmSection,
    install as install: InstallSection,
    extra as extra: ExtraSection,
}

impl View<'_> {
    /// Whether the nodes run Cray's Linux Environment of this main version: `cle5.2` for 5.
    pub(crate) fn is_cle(&self, main: u8) -> bool {
        let os = self.installed().os.as_deref().unwrap_or_default();
        os.strip_prefix("cle").and_then(|version| version.split('.').next()) == Some(&main.to_string())
    }

    /// Whether nodes of the view run users' jobs: the class `compute`, one that Cray calls so, or a profile without a class.
    pub(crate) fn has_compute_nodes(&self) -> bool {
        let Some(class) = self.class else { return true };
        let cray = self.profile.class.get(class).and_then(|section| section.cray_class.as_deref());
        class == "compute" || matches!(cray, Some("default" | "compute"))
    }

    /// Nodes of the largest job; 1 where the profile does not tell.
    pub(crate) fn nodes_per_job(&self) -> u32 {
        self.scale().nodes_per_job.unwrap_or(1)
    }

    /// Whether the ssh daemon runs in containers.
    pub(crate) fn has_sshd(&self) -> bool {
        self.wlm().sshd.as_ref().is_some_and(|sshd| sshd.enable == Some(true))
    }

    /// Whether `etc` of a container is made at each start.
    pub(crate) fn has_dynamic_etc(&self) -> bool {
        self.runtime().populate_etc == Some(crate::profile::section::PopulateEtc::Dynamic)
    }
}
