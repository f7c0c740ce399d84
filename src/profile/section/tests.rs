//! The sections decode what the format's description shows, and refuse what it does not.

use super::Profile;
use validator::Validate;

fn read(text: &str) -> Profile {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> String {
    toml::from_str::<Profile>(text).unwrap_err().message().to_owned()
}

#[test]
fn an_empty_profile_decodes_to_the_default() {
    assert_eq!(read(""), Profile::default());
    assert!(Profile::default().validate().is_ok());
}

#[test]
fn every_key_of_a_centre_decodes() {
    let profile = read(
        r#"
        schema = 1
        kind   = "gateway"
        serves = ["cori.toml", "edison.toml"]
        extends = ["a.toml", "b.toml"]
        requires = ">=0.2"
        [site]
        name = "muller"
        role = "test"
        twin = { of = "perlmutter.toml", may_differ = ["site", "scale", "images.path"] }
        [platform.edison]
        munge = { socket = "/run/munge/edison.sock", key = { file = "secrets/edison-munge" } }
        ssh   = { hosts = ["edison-dtn1", "edison-dtn2"], user = "shifter", key = { file = "secrets/edison-ssh" } }
        [class.gpu-mi300]
        from   = ["compute"]
        hosts  = "nid[3073-4096]"
        arch   = "amd64"
        kernel = "5.14"
        set.runtime.rootfs = "tmpfs"
        [storage]
        "/global/homes" = { type = "nfs4", root_squash = true, users_write = true }
        "/pscratch"     = { type = "lustre", users_write = true, purge = "56d" }
        [identity]
        source = "sssd"
        enumerate = false
        container_users = "job"
        resolve_at = "submit"
        [gpu.nvidia]
        module  = "gpu"
        classes = ["gpu-a100"]
        driver  = "550.90.07"
        cdi     = "/etc/cdi/nvidia.yaml"
        [gpu.amd]
        devices = ["/dev/kfd", "/dev/dri/renderD*"]
        [fabric]
        kind    = "slingshot"
        devices = ["/dev/cxi*"]
        files   = ["/usr/lib64/libcxi.so.1"]
        env     = { FI_PROVIDER = "cxi" }
        keep_env = ["SLINGSHOT_*", "PMI_*", "PMIX_*"]
        [module.mpich]
        family  = "mpi"
        default_version = "8.1.30"
        [module.mpich.version]
        "8.1.30" = { from = "/opt/shifter/mpich/8.1.30", abi = "libmpi.so.12", requires = ["fabric"], wireup = ["pmi2"] }
        "8.1.28" = { from = "/opt/shifter/mpich/8.1.28", deprecated = { until = 2027-03-31, use = "8.1.30" } }
        [module.cvmfs]
        filesystem = [{ source = "/cvmfs", options = ["rec", "slave"], automount = ["sft.cern.ch"], optional = true }]
        [env]
        unset = ["_ModuleTable*", "LMOD_*", "BASH_FUNC_*"]
        set.LM_LICENSE_FILE = { list = ["27000@lic1", "27000@lic2"], separator = ":" }
        proxy = "site"
        [registry."docker.io"]
        aliases = ["index.docker.io", "registry-1.docker.io"]
        mirrors = ["https://harbor.site/hub"]
        direct  = false
        credential = { file = "secrets/harbor" }
        [images]
        platforms   = ["linux/amd64", "linux/arm64"]
        readable_by = "world"
        quota       = { user = "200GiB", total = "80TiB", start_expiry_at = "85%" }
        retention   = { unused = "180d", warn = "14d", pin_max = "730d", keep = ["docker:site/base:*"] }
        [runtime]
        user_namespaces = "deny"
        home = "site"
        [wlm.slurm]
        version = "24.05"
        cgroup  = "v2"
        plugin  = "optional"
        on_setup_failure = "fail-job"
        "#,
    );
    assert_eq!(profile.class["gpu-mi300"].hosts.len(), 1024);
    assert_eq!(profile.class["gpu-mi300"].set["runtime"]["rootfs"], "tmpfs");
    assert_eq!(profile.module["mpich"].version.len(), 2);
    assert_eq!(profile.extends.as_ref().map(|e| e.0.len()), Some(2));
    assert!(profile.validate().is_ok());
}

#[test]
fn an_unknown_key_is_refused_everywhere() {
    for text in [
        "siteFs = 'x'",
        "[runtime]\nlibc_pwds_calls = true",
        "[gateway.database]\nurl = 'x'",
        "[install.'x']\nuser = 'root'",
        "[module.x.hooks]\nUser = '/x'",
    ] {
        assert!(refusal(text).starts_with("unknown field"), "{text}");
    }
}

#[test]
fn a_wrong_type_names_a_right_value() {
    let cases = [
        ("[install.'x']\nmode = 640", "such as \"0640\""),
        ("[gateway]\ntimeout = 300", "such as \"300s\""),
        ("[images]\npath = 3", "such as \"/var/lib/shifter\""),
        ("[images.quota]\nuser = '10GB'", "such as \"512MiB\""),
        ("[class.x]\nhosts = 'n[1'", "such as \"login01\""),
    ];
    for (text, hint) in cases {
        assert!(refusal(text).contains(hint), "{text}: {}", refusal(text));
    }
}

#[test]
fn a_number_out_of_range_is_found_after_decoding() {
    assert!(read("[scale]\nnodes_per_job = 0").validate().is_err());
    assert!(read("[gateway]\nworkers = { threads = 0 }").validate().is_err());
}

#[test]
fn the_schema_refuses_unknown_keys_and_describes_every_key() {
    let schema = serde_json::to_value(schemars::schema_for!(Profile)).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], serde_json::json!(["schema"]));
    let bare: Vec<String> = schema["$defs"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(name, def)| {
            def["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(_, value)| value.get("description").is_none())
                .map(move |(key, _)| format!("{name}.{key}"))
        })
        .collect();
    assert!(bare.is_empty(), "keys without a description: {bare:?}");
}
