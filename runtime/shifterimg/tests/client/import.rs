//! `shifterimg import`.

use std::os::unix::fs::{PermissionsExt as _, chown};

use super::daemon::Site;
use super::munged::Munged;
use super::run::{client, conf, gateway_program};

#[test]
fn a_user_whom_the_site_lets_imports_a_file_of_his_own() {
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    let allowed = site.path("allowed");
    std::fs::create_dir(&allowed).unwrap();
    std::fs::set_permissions(&allowed, std::fs::Permissions::from_mode(0o755)).unwrap();
    let file = allowed.join("own.img");
    std::fs::write(&file, b"hsqs and the rest").unwrap();
    chown(&file, Some(65534), Some(65534)).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let roots = allowed.join("roots.img");
    std::fs::write(&roots, b"hsqs of root").unwrap();
    std::fs::set_permissions(&roots, std::fs::Permissions::from_mode(0o600)).unwrap();
    site.config["ImportUsers"] = serde_json::json!(["nobody"]);
    site.config["ImportDirectories"] = serde_json::json!([allowed]);
    let _daemon = site.start(gateway_program());
    let conf = conf(&site.path("udiRoot.conf"), &format!("unix:{}", site.path("socket").display()));
    let text = |path: &std::path::Path| path.display().to_string();

    let ran = client(&conf, &["import", &text(&file), "own:1"]);
    let end = " Importing Image: custom:own:1, status: READY";
    assert!(ran.code == 0 && ran.out.trim_end().ends_with(end), "{ran:?}");
    let id = shifter_formats::sha256::hex_digest(b"hsqs and the rest");
    assert_eq!(client(&conf, &["lookup", "custom:own:1"]).out.trim_end(), id);

    let refused = client(&conf, &["import", &text(&roots), "roots:1", "--format", "squashfs"]);
    let why = format!("shifterimg: custom:roots:1: you may not read `{}`\n", roots.display());
    assert_eq!((refused.code, refused.err), (1, why), "the gateway could");
    let unseen = client(&conf, &["import", &text(&roots), "roots:1"]);
    assert_eq!(unseen.code, 2, "{unseen:?}");
    for args in [&["import", "/a"][..], &["import"], &["pull", "a:1", "b:1"], &["import", "/a", "docker:b:1"]] {
        let ran = client(&conf, args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
    }
}
