//! What users and administrators do with images once they are there.

use serde_json::{Value, json};

use super::run::{Gateway, Ran};

fn line(ran: &Ran) -> &str {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    ran.out.trim_end()
}

#[test]
fn a_user_lets_go_of_an_image() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    assert_eq!(line(&gateway.client(&["rm", "hello:1"])), "docker:hello:1: removed");
    let again = gateway.client(&["rm", "hello:1"]);
    assert_eq!((again.code, again.err.as_str()), (1, "shifterimg: docker:hello:1: image not found\n"));
    gateway.admin(&["pull", "hello:1"]);
    let refused = gateway.client(&["rm", "hello:1"]);
    let why = "shifterimg: `docker:hello:1`: only who pulled an image, or an administrator, removes it\n";
    assert_eq!((refused.code, refused.err.as_str()), (1, why));
    gateway.client(&["pull", "hello:1"]);
    let stays = gateway.client(&["rm", "hello:1"]);
    assert_eq!(line(&stays), "docker:hello:1: no longer yours; it stays for 1 who pulled it too");
}

#[test]
fn a_pin_is_put_on_and_taken_off() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    assert_eq!(line(&gateway.client(&["pin", "hello:1"])), "docker:hello:1: pinned");
    let pinned = gateway.client(&["pin", "hello:1", "--for", "30d"]);
    assert!(line(&pinned).starts_with("docker:hello:1: pinned until 2"), "{pinned:?}");
    let refused = gateway.admin(&["expire", "hello:1"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("it is pinned"), "{refused:?}");
    assert_eq!(line(&gateway.client(&["unpin", "hello:1"])), "docker:hello:1: not pinned");
    let body = gateway.client(&["--output", "json", "pin", "hello:1"]);
    assert_eq!(serde_json::from_str::<Value>(&body.out).unwrap(), json!({ "pinned": true, "until": null }));
}

#[test]
fn an_administrator_lets_images_expire_as_silently_as_with_the_original() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    let refused = gateway.client(&["expire", "hello:1"]);
    assert_eq!(refused.err, "shifterimg: only administrators of the system let images expire\n");
    assert_eq!((refused.code, gateway.client(&["autoexpire"]).code), (1, 1));
    assert_eq!(line(&gateway.admin(&["autoexpire"])), "");
    assert_eq!(line(&gateway.admin(&["expire", "hello:1"])), "");
    assert_eq!(gateway.admin(&["expire", "hello:1"]).code, 1);
    assert_eq!(gateway.client(&["lookup", "hello:1"]).code, 1);
}

#[test]
fn a_quota_an_image_and_its_history_are_shown() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    let quota = gateway.client(&["quota"]);
    let lines: Vec<&str> = line(&quota).lines().collect();
    assert!(lines[0].starts_with("you        ") && lines[1].starts_with("system     "), "{quota:?}");
    let shown = gateway.client(&["inspect", "hello:1"]);
    let value = |name: &str| line(&shown).lines().find_map(|line| line.strip_prefix(&format!("{name:<10} "))).unwrap();
    assert_eq!((value("id"), value("tags"), value("held by")), (gateway.id.as_str(), "hello:1", "65534"));
    assert!(value("platform").starts_with("linux/amd64 squashfs ") && value("platform").ends_with(&gateway.id));
    gateway.client(&["rm", "hello:1"]);
    let history = gateway.client(&["history", "hello:1"]);
    let rows: Vec<Vec<&str>> = line(&history).lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][1..], ["pulled", gateway.id.as_str(), "65534"]);
    assert_eq!(rows[1][1..], ["removed", gateway.id.as_str(), "65534"]);
    assert_eq!(gateway.client(&["inspect", "hello:1"]).code, 1);
}

#[test]
fn a_sweep_removes_only_when_it_is_told_to() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    assert_eq!(gateway.client(&["sweep"]).code, 1);
    assert_eq!(line(&gateway.admin(&["sweep"])), "");
    let stray = format!("{}.squashfs", "a".repeat(64));
    let path = gateway.site.path("images").join(&stray);
    std::fs::write(&path, "old").unwrap();
    let shown = gateway.admin(&["sweep"]);
    assert_eq!((shown.code, shown.out), (0, format!("file without record: {stray} 3 bytes\n")));
    assert_eq!(shown.err, "shifterimg: nothing was removed: `shifterimg sweep --remove` does\n");
    assert!(path.exists());
    gateway.admin(&["sweep", "--remove"]);
    assert!(!path.exists());
    assert_eq!(gateway.client(&["lookup", "hello:1"]).code, 0);
}

#[test]
fn a_mistake_about_the_life_of_images_is_exit_status_2() {
    let gateway = Gateway::start();
    gateway.client(&["pull", "hello:1"]);
    for args in [
        &["rm"][..],
        &["pin", "hello:1", "--for", "soon"],
        &["pin", "hello:1", "--for", "0d"],
        &["unpin", "hello:1", "--for", "1d"],
        &["rm", "hello:1", "--remove"],
        &["sweep", "hello:1"],
        &["quota", "hello:1"],
        &["autoexpire", "hello:1"],
        &["history", "local:/tmp"],
    ] {
        let ran = gateway.client(args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(!ran.err.is_empty());
    }
}
