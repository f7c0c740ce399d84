//! Several modules at once: versions, what they require, the order of what they do.

use std::fs;

use crate::world::{ALICE, World, at, with_and_without_privilege, write};

const LINES: &str = "siteEnv=LAST=site\nsiteEnvPrepend=PATH=/site\nsiteEnvUnset=GONE\n\
    module_base_siteEnv=LIST=base LAST=base ONLY=base GONE=base\nmodule_base_siteEnvPrepend=PATH=/base\n\
    module_mpich_family=mpi\nmodule_mpich_version=8.1.30\nmodule_mpich_requires=fabric\n\
    module_mpich_siteEnvAppend=LIST=mpich\nmodule_mpich_siteEnvUnset=ONLY\n\
    module_mpich@8.1.30_siteEnvPrepend=PATH=/mpich/8.1.30\nmodule_mpich@8.1.30_siteFs=/srv/host/mpich/8.1.30:/mpich:ro\n\
    module_mpich@8.1.28_siteEnvPrepend=PATH=/mpich/8.1.28\nmodule_mpich@8.1.28_siteFs=/srv/host/mpich/8.1.28:/mpich:ro\n\
    module_mpich@8.1.28_conflict=gpu\nmodule_fabric_siteEnvAppend=LIST=fabric\nmodule_fabric_siteFs=/srv/host/fabric:/fabric\n\
    module_openmpi_family=mpi\nmodule_gpu_siteEnvAppend=LIST=gpu\nmodule_gpu_requires=mpich/8.1.30\n\
    module_shared_conflict=gpu\nmodule_partly_optional=1\nmodule_partly_siteFs=/srv/host/none:/none;/srv/host/fabric:/partly\n\
    module_partly_devices=/dev/no-such*\nmodule_partly_siteEnv=PARTLY=1\nmodule_only@1_siteEnv=ONLY1=1";

fn site(world: &World) {
    for version in ["8.1.30", "8.1.28"] {
        write(&format!("host/mpich/{version}/version"), &format!("{version}\n"));
    }
    write("host/fabric/file", "fabric\n");
    world.configure(LINES);
}

/// The value of a variable with these modules.
fn value(world: &World, modules: &str, name: &str) -> String {
    let environment = world.shifter(&["-e", "LIST=user", "-m", modules, "/bin/env"]).ok();
    let start = format!("{name}=");
    environment.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("(none)").to_owned()
}

#[test]
fn modules_change_the_environment_in_their_order_and_the_site_comes_last() {
    with_and_without_privilege(|world| {
        site(world);
        assert_eq!(value(world, "base,gpu", "LIST"), "base:fabric:mpich:gpu");
        assert_eq!(value(world, "gpu,base", "LIST"), "base", "a later siteEnv replaces what was put together");
        assert_eq!(value(world, "fabric,gpu", "LIST"), "user:fabric:mpich:gpu");
        assert_eq!(value(world, "base,mpich", "PATH"), "/site:/mpich/8.1.30:/base:/bin:/usr/bin");
        assert_eq!(value(world, "mpich,base", "PATH"), "/site:/base:/mpich/8.1.30:/bin:/usr/bin");
        assert_eq!(value(world, "base", "LAST"), "site");
        assert_eq!(value(world, "base", "GONE"), "(none)");
        assert_eq!(value(world, "base", "ONLY"), "base");
        assert_eq!(value(world, "base,mpich", "ONLY"), "(none)", "a module unsets what one before it has set");
        assert_eq!(value(world, "mpich,base", "ONLY"), "base");
    });
}

#[test]
fn the_version_named_is_the_one_loaded_with_what_it_requires() {
    with_and_without_privilege(|world| {
        site(world);
        let version = |modules: &str| world.shifter(&["-m", modules, "cat", "/mpich/version", "/fabric/file"]).ok();
        assert_eq!(version("mpich"), "8.1.30\nfabric\n");
        assert_eq!(version("mpich/8.1.28"), "8.1.28\nfabric\n");
        assert_eq!(version("gpu"), "8.1.30\nfabric\n");
        assert_eq!(version("mpich/8.1.30,mpich,gpu,fabric"), "8.1.30\nfabric\n", "what is named twice is loaded once");
        assert_eq!(value(world, "mpich,mpich", "LIST"), "user:fabric:mpich");
        assert_eq!(value(world, "only/1", "ONLY1"), "1");
        let refused = |modules: &str| world.shifter(&["-m", modules, "id"]).fails(1);
        assert!(refused("only").contains("module `only` has no default version; write `only/VERSION`"));
        assert!(refused("mpich/8.1.30,mpich/8.1.28").contains("exclude each other"));
        assert!(refused("mpich/8.1.28,gpu").contains("`mpich/8.1.28` and `mpich/8.1.30` exclude each other"));
        assert!(refused("mpich,openmpi").contains("are both of the family `mpi`"));
        assert!(refused("openmpi,gpu").contains("are both of the family `mpi`"), "also when it is only required");
        for modules in ["shared,gpu", "gpu,shared"] {
            assert!(refused(modules).contains("exclude each other"), "{modules}");
        }
        assert!(refused("base, mpich").contains("modules `base, mpich`, ` mpich`"));
    });
}

#[test]
fn a_list_can_be_empty_and_come_from_the_environment() {
    with_and_without_privilege(|world| {
        site(world);
        world.configure(&format!("{LINES}\ndefaultModules=base"));
        let list = |variable: Option<&'static str>, words: &[&str]| {
            let prepare = |command: &mut std::process::Command| {
                command.envs(variable.map(|list| ("SHIFTER_MODULE", list)));
            };
            let words = [&["--image=id:busy"], words, &["/bin/env"]].concat();
            let environment = world.run_as(ALICE, prepare, &words).ok();
            environment.lines().find_map(|line| line.strip_prefix("LIST=")).unwrap_or("(none)").to_owned()
        };
        assert_eq!(list(None, &[]), "base");
        assert_eq!(list(Some("fabric"), &[]), "fabric");
        assert_eq!(list(Some("fabric"), &["-m", "base,fabric"]), "base:fabric");
        assert_eq!(list(Some(""), &[]), "base", "an empty variable is none");
        for none in ["none", "NONE", ""] {
            assert_eq!(list(None, &["--module", none]), "(none)", "{none}");
        }
    });
}

#[test]
fn a_module_that_may_lack_parts_brings_the_others() {
    with_and_without_privilege(|world| {
        site(world);
        assert_eq!(world.shifter(&["-m", "partly", "cat", "/partly/file"]).ok(), "fabric\n");
        assert_eq!(value(world, "partly", "PARTLY"), "1");
        fs::remove_dir_all(at("host/mpich/8.1.28")).unwrap();
        assert!(world.shifter(&["-m", "mpich/8.1.28", "id"]).fails(1).contains("`/srv/host/mpich/8.1.28`"));
    });
}
