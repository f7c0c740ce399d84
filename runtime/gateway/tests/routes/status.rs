//! `GET /status`

use serde_json::json;

use super::fake::{Needs, Registry};
use super::site::Site;

/// A site with a public and a private image, a pull that runs, one that waits, and failures.
async fn busy(anonymous: bool) -> Site {
    let site = Site::with(Registry::closed(), |config| {
        config["WorkerThreads"] = json!(1);
        config["Compat"] = json!({ "anonymous": anonymous });
    });
    site.registry.push("open:1", "x", Needs::Nothing);
    site.registry.push("secret:1", "12345", Needs::Password);
    site.registry.gate.add_permits(3);
    let root = site.user(0).with_passwords(&json!({ "docker.io": "u:p" }));
    assert_eq!(site.user(1000).pull("open:1", "").await.state(), "READY");
    assert_eq!(root.pull("secret:1", "").await.state(), "READY");
    assert_eq!(site.user(1000).pull("none:1", "").await.state(), "FAILURE");
    site.user(1000).post("/api/pull/cori/docker/running:1/", "").await;
    site.until(async || site.registry.pulls() == 4).await;
    root.post("/api/pull/cori/docker/veiled:1/", "").await;
    site
}

#[tokio::test]
async fn users_see_what_they_may_use_and_the_pulls_that_are_everybodys() {
    let site = busy(false).await;
    let (headers, page) = site.user(1000).page().await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for shown in ["docker:open:1", "docker:running:1", "value=\"40\"", "docker:none:1", "no such image", "quay.io"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for hidden in ["secret", "veiled", "<script"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let (_, own) = site.user(0).page().await;
    for shown in ["docker:secret:1", "docker:veiled:1", "private", "docker:open:1"] {
        assert!(own.contains(shown), "{shown}: {own}");
    }
}

#[tokio::test]
async fn strangers_see_sums_and_no_names_unless_the_site_lets_them_in() {
    let site = busy(false).await;
    let (_, page) = site.stranger().page().await;
    for shown in ["Pulls for cori", "docker.io", "not shown", "pill wait", "value=\"40\""] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for hidden in ["open:1", "running", "none:1", "secret", "veiled", "Pulling layer", "sha256:ab"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let site = busy(true).await;
    let (_, page) = site.stranger().page().await;
    assert!(page.contains("docker:open:1") && page.contains("docker:running:1"), "{page}");
    assert!(!page.contains("secret") && !page.contains("veiled"), "{page}");
}
