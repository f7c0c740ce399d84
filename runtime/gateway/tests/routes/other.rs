//! What is no route, and what is one with another method.

use super::fake::Registry;
use super::site::Site;

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let site = Site::new(Registry::open());
    let user = site.user(1000);
    for path in
        ["/nope", "/api/", "/api/lookup/cori/docker/", "/api/import/cori/docker/a:1/", "/api/expire/cori/docker/"]
    {
        let answer = user.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.error(), format!("Requested URL {path} not found"));
        assert_eq!(answer.json["message"], format!("Not Found: http://gw{path}"));
        assert_eq!(answer.json["status"], 404);
    }
}

#[tokio::test]
async fn a_wrong_method_is_said_in_json() {
    let site = Site::new(Registry::open());
    let answer = site.user(1000).send("DELETE", "/api/list/cori/", "").await;
    assert_eq!(answer.status, 405);
    assert_eq!(site.user(1000).get("/api/pull/cori/docker/a:1/").await.status, 405);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_credential() {
    let site = Site::new(Registry::open());
    for path in ["/api/list/cori/", "/api/lookup/cori/docker/a:1/", "/api/queue/cori/", "/api/quota/cori/"] {
        let answer = site.stranger().get(path).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    assert_eq!(site.stranger().get("/api/list/edison/").await.status, 404);
}

#[tokio::test]
async fn a_credential_of_somebody_else_is_refused_on_the_socket() {
    let site = Site::new(Registry::open());
    let user = site.user(1000).with_passwords(&serde_json::json!({}));
    let answer = user.get("/api/list/cori/").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.error(), "the credential is of uid 0, the connection of uid 1000");
}
