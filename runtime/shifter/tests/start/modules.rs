use std::fs;

use crate::world::{World, at, with_and_without_privilege, write};

const LINES: &str = "defaultModules=base\nmodule_base_siteEnv=BASE=1\n\
    module_mpich_family=mpi\nmodule_mpich_version=8.1.30\nmodule_mpich_siteEnvPrepend=PATH=/opt/udiImage/modules/mpich/bin\n\
    module_mpich@8.1.30_copyPath=/srv/host/mpich/8.1.30\nmodule_mpich@8.1.28_copyPath=/srv/host/mpich/8.1.28\n\
    module_openmpi_family=mpi\nmodule_openmpi_siteEnv=OMPI=1\nmodule_fs_siteFs=/srv/host/fs:/fs:ro\n\
    module_off_enabled=0\nmodule_foe_conflict=base\noptUdiImage=/srv/host/udiImage\n\
    module_gpu_devices=/dev/nul?\nmodule_gpu_globs=/srv/host/lib/lib*.so\nmodule_none-here_devices=/dev/no-such*";

fn site(world: &World) {
    for version in ["8.1.30", "8.1.28"] {
        write(&format!("host/mpich/{version}/lib/version"), version);
    }
    write("host/fs/file", "fs\n");
    write("host/udiImage/bin/tool", "");
    write("host/udiImage/modules/old/file", "");
    write("host/lib/libx.so", "x\n");
    write("host/lib/other", "");
    std::os::unix::fs::symlink("bin", at("host/udiImage/sbin")).unwrap();
    world.configure(LINES);
}

#[test]
fn the_default_modules_are_loaded_unless_others_are_named() {
    with_and_without_privilege(|world| {
        site(world);
        assert!(world.shifter(&["env"]).ok().contains("BASE=1\n"));
        assert!(!world.shifter(&["-m", "none", "env"]).ok().contains("BASE=1"));
        assert!(!world.shifter(&["--module=fs", "env"]).ok().contains("BASE=1"));
    });
}

#[test]
fn a_module_brings_its_files_and_variables() {
    with_and_without_privilege(|world| {
        site(world);
        let version = "/opt/udiImage/modules/mpich/lib/version";
        assert_eq!(world.shifter(&["-m", "mpich", "cat", version]).ok(), "8.1.30");
        assert_eq!(world.shifter(&["-m", "mpich/8.1.28", "cat", version]).ok(), "8.1.28");
        let environment = world.shifter(&["-m", "fs,mpich", "env"]).ok();
        assert!(environment.contains("PATH=/opt/udiImage/modules/mpich/bin:/bin:/usr/bin\n"), "{environment}");
        assert_eq!(world.shifter(&["-m", "fs", "cat", "/fs/file"]).ok(), "fs\n");
        assert!(world.shifter(&["cat", "/fs/file"]).fails(1).contains("No such file"));
        assert_eq!(world.shifter(&["ls", "/opt/udiImage"]).ok(), "bin\nmodules\nsbin\n");
        assert_eq!(
            world.shifter(&["ls", "/opt/udiImage/modules", "/opt/udiImage/sbin/"]).ok(),
            "/opt/udiImage/modules:\nold\n\n/opt/udiImage/sbin/:\ntool\n"
        );
        assert!(world.shifter(&["touch", "/opt/udiImage/bin/x"]).fails(1).contains("Read-only"));
    });
}

#[test]
fn modules_that_do_not_go_together_are_refused() {
    with_and_without_privilege(|world| {
        site(world);
        for (modules, why) in [
            ("mpich,openmpi", "are both of the family `mpi`"),
            ("foe,base", "exclude each other"),
            ("base,foe", "exclude each other"),
            ("off", "module `off` is not enabled"),
            ("unknown", "no module is called `unknown`"),
            ("mpich/1", "there is no `mpich/1`"),
        ] {
            let said = world.shifter(&["-m", modules, "id"]).fails(1);
            assert!(said.contains(why), "{modules}: {said}");
        }
    });
}

#[test]
fn devices_must_be_there_and_matching_files_appear() {
    with_and_without_privilege(|world| {
        site(world);
        assert_eq!(world.shifter(&["-m", "gpu", "cat", "/srv/host/lib/libx.so"]).ok(), "x\n");
        assert_eq!(world.shifter(&["-m", "gpu", "ls", "/srv/host/lib"]).ok(), "libx.so\n");
        let said = world.shifter(&["-m", "none-here", "id"]).fails(1);
        assert!(said.contains("this node has nothing that matches `/dev/no-such*`"), "{said}");
        fs::write("/etc/shifter/udiRoot.conf", format!("{}{LINES}\nmodule_none-here_optional=1\n", world.conf.lines))
            .unwrap();
        world.shifter(&["-m", "none-here", "id"]).ok();
    });
}
