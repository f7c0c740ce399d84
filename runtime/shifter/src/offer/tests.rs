use super::*;

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n";

const MODULES: &str = "defaultModules=base\nmodule_base_description=what everybody needs\n\
    module_mpich_description=MPICH for this fabric\nmodule_mpich_family=mpi\nmodule_mpich_version=8.1.30\n\
    module_mpich@8.1.30_requires=fabric\nmodule_mpich@8.1.28_deprecatedUntil=2027-03-31\n\
    module_mpich@8.1.28_replacedBy=8.1.30\nmodule_fabric_optional=1\nmodule_openmpi_family=mpi\n\
    module_openmpi_conflict=fabric\nmodule_off_enabled=0\nmodule_bare@1_siteEnv=A=1\n";

fn printed(lines: &str, form: Form) -> String {
    print(&Conf::parse_native(format!("{SITE}{lines}")).unwrap(), form)
}

#[test]
fn the_table_says_what_can_be_loaded_and_with_what() {
    insta::assert_snapshot!(printed(MODULES, Form::Table), @r"
    base     what everybody needs
    mpich    MPICH for this fabric
             versions: 8.1.30 (default; requires fabric), 8.1.28 (until 2027-03-31; use 8.1.30)
             one of the family mpi
    fabric   excludes openmpi; leaves out what this node lacks
    openmpi  one of the family mpi; excludes fabric
    off      not enabled
    bare     versions: 1
             has no default version

    Loaded unless you name others: base. --module=NAME[/VERSION][,...] names them.
    ");
}

#[test]
fn the_document_has_every_key_always() {
    insta::assert_snapshot!(printed(MODULES, Form::Json).replace("},", "},\n"), @r#"
    {"modules":[{"name":"base","description":"what everybody needs","family":null,"default":true,"enabled":true,"optional":false,"requires":[],"conflicts":[],"deprecated_until":null,"replaced_by":null,"versions":[]},
    {"name":"mpich","description":"MPICH for this fabric","family":"mpi","default":false,"enabled":true,"optional":false,"requires":[],"conflicts":[],"deprecated_until":null,"replaced_by":null,"versions":[{"version":"8.1.30","default":true,"enabled":true,"description":null,"requires":["fabric"],"deprecated_until":null,"replaced_by":null},
    {"version":"8.1.28","default":false,"enabled":true,"description":null,"requires":[],"deprecated_until":"2027-03-31","replaced_by":"8.1.30"}]},
    {"name":"fabric","description":null,"family":null,"default":false,"enabled":true,"optional":true,"requires":[],"conflicts":["openmpi"],"deprecated_until":null,"replaced_by":null,"versions":[]},
    {"name":"openmpi","description":null,"family":"mpi","default":false,"enabled":true,"optional":false,"requires":[],"conflicts":["fabric"],"deprecated_until":null,"replaced_by":null,"versions":[]},
    {"name":"off","description":null,"family":null,"default":false,"enabled":false,"optional":false,"requires":[],"conflicts":[],"deprecated_until":null,"replaced_by":null,"versions":[]},
    {"name":"bare","description":null,"family":null,"default":false,"enabled":true,"optional":false,"requires":[],"conflicts":[],"deprecated_until":null,"replaced_by":null,"versions":[{"version":"1","default":false,"enabled":true,"description":null,"requires":[],"deprecated_until":null,"replaced_by":null}]}]}
    "#);
}

#[test]
fn a_site_without_modules_says_so() {
    assert_eq!(printed("", Form::Table), "This node offers no modules.\n");
    assert_eq!(printed("", Form::Json), "{\"modules\":[]}\n");
}
