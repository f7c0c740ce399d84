//! What the site and the modules mount in a container, each with the key that says so.

use shifter_formats::udiroot::{Conf, Loaded};
use shifter_formats::volume::VolumeEntry;

/// In the order in which they are mounted: `/global/home:/home:ro (siteFs)`, `/usr/lib64/libcuda.so* (module gpu)`.
pub(super) fn of(conf: &Conf, modules: &[Loaded<'_>]) -> Vec<String> {
    let mut mounts: Vec<String> = conf.site_fs.entries.iter().map(|entry| by("siteFs", &entry.signature())).collect();
    mounts
        .extend(conf.opt_udi_image.iter().map(|from| by("optUdiImage", &format!("{}:/opt/udiImage", from.display()))));
    for module in modules {
        let who = format!("module {module}");
        for part in &module.parts {
            let patterns = part.devices.iter().chain(&part.globs).map(ToString::to_string);
            let files =
                part.copy_path.iter().map(|from| format!("{}:/opt/udiImage/modules/{}", from.display(), module.name));
            let all = part.site_fs.entries.iter().map(VolumeEntry::signature).chain(patterns).chain(files);
            mounts.extend(all.map(|what| by(&who, &what)));
        }
    }
    mounts
}

fn by(who: &str, what: &str) -> String {
    format!("{what} ({who})")
}

#[cfg(test)]
mod tests {
    use shifter_formats::udiroot::{ModuleChoice, select};

    use super::*;

    #[test]
    fn each_mount_is_told_with_the_key_that_says_so() {
        let conf = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\netcPath=/e\nsiteFs=/home:/home:rec;/a:/b:ro\n\
            module_m_siteFs=/m:/n\nmodule_m_copyPath=/programs\nmodule_m_globs=/lib/libm*\nmodule_other_siteFs=/x:/y\n";
        let conf = Conf::parse_native(conf).unwrap();
        let modules = select(&conf.modules, &ModuleChoice::parse_list("m").unwrap()).unwrap();
        assert_eq!(
            of(&conf, &modules),
            [
                "/home:/home:rec (siteFs)",
                "/a:/b:ro (siteFs)",
                "/m:/n (module m)",
                "/lib/libm* (module m)",
                "/programs:/opt/udiImage/modules/m (module m)"
            ]
        );
    }
}
