//! Who is told what: tokens, credentials, redirects, retries.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shifter_imagegw::pull::{Authentication, Credential};

use super::builder::Image;
use super::puller::Puller;
use super::server::{Answer, Asked, Server, blob_answer, image_answer};
use super::stacks;

fn image() -> Image {
    Image::of(&stacks::many(2))
}

fn user() -> Credential {
    Credential::new("user", "pass:word")
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("user:pass:word"))
}

/// A registry with tokens. Anybody gets the token `anonymous`, the user gets `users`; only
/// `sufficient` shows the image.
fn token_server(sufficient: &'static str, field: &'static str) -> Server {
    let image = image();
    Server::start(move |asked, _| {
        if asked.target.starts_with("/token") {
            let token = match asked.header("authorization") {
                None => "anonymous",
                Some(header) if header == basic() => "users",
                Some(_) => return Answer::new(401),
            };
            return Answer::ok(format!(r#"{{"{field}":"{token}","expires_in":300}}"#));
        }
        if asked.header("authorization") == Some(&format!("Bearer {sufficient}")) {
            return image_answer(&image, asked);
        }
        let scope = "repository:a/b:pull,push";
        Answer::new(401)
            .with("WWW-Authenticate", format!(r#"Bearer realm="/token?x=1",service="a service",scope="{scope}""#))
    })
}

fn with_credential(server: &Server) -> Puller {
    let mut puller = Puller::of_registry(&server.url());
    puller.credential = Some(user());
    puller.registry().plain_credentials = true;
    puller
}

fn authorizations(asked: &[Asked]) -> Vec<Option<&str>> {
    asked.iter().map(|asked| asked.header("authorization")).collect()
}

#[test]
fn an_anonymous_token_is_fetched_once() {
    let server = token_server("anonymous", "token");
    let pulled = Puller::of_registry(&server.url()).pull("a/b").unwrap();
    assert!(!pulled.private);
    let asked = server.asked();
    let tokens: Vec<&str> =
        asked.iter().map(|asked| asked.target.as_str()).filter(|target| target.starts_with("/token")).collect();
    let expected = "/token?x=1&service=a+service&scope=repository%3Aa%2Fb%3Apull%2Cpush";
    assert_eq!(tokens, [expected]);
}

#[test]
fn the_user_is_named_only_where_nobody_is_served() {
    let public = token_server("anonymous", "access_token");
    assert!(!with_credential(&public).pull("a/b").unwrap().private);
    assert!(!authorizations(&public.asked()).contains(&Some(&basic())));
    let private = token_server("users", "access_token");
    assert!(with_credential(&private).pull("a/b").unwrap().private);
    let hint = Puller::of_registry(&private.url()).refusal("a/b");
    assert!(hint.ends_with("if it is private, it needs a credential for this registry"), "{hint}");
}

#[test]
fn a_credential_does_not_travel_in_the_clear() {
    let server = token_server("users", "token");
    let mut puller = with_credential(&server);
    puller.registry().plain_credentials = false;
    let text = puller.refusal("a/b");
    assert!(text.contains("is not sent over plain http"), "{text}");
    assert!(!authorizations(&server.asked()).contains(&Some(&basic())));
}

#[test]
fn a_wrong_credential_ends_the_pull() {
    let server = token_server("users", "token");
    let mut puller = with_credential(&server);
    puller.credential = Some(Credential::new("user", "wrong"));
    let text = puller.refusal("a/b");
    assert!(text.contains("the user name and password for it are not accepted"), "{text}");
    assert!(server.asked().len() < 8, "{:?}", server.asked());
}

#[test]
fn a_registry_that_always_refuses_is_left_soon() {
    let server = Server::start(|asked, _| match asked.target.starts_with("/token") {
        true => Answer::ok(r#"{"token":"t"}"#),
        false => Answer::new(401).with("WWW-Authenticate", r#"Bearer realm="/token""#),
    });
    let text = with_credential(&server).refusal("a/b");
    assert!(text.starts_with("test refuses a/b:latest"), "{text}");
    assert!(server.asked().len() < 8, "{:?}", server.asked());
}

#[test]
fn basic_authentication_waits_for_its_challenge() {
    let image = image();
    let server = Server::start(move |asked, _| match asked.header("authorization") {
        Some(header) if header == basic() => image_answer(&image, asked),
        _ => Answer::new(401).with("WWW-Authenticate", r#"Basic realm="r""#),
    });
    assert!(with_credential(&server).pull("a/b").unwrap().private);
    assert_eq!(server.asked()[0].header("authorization"), None);
    let mut puller = with_credential(&server);
    puller.registry().authentication = Authentication::Basic;
    assert!(puller.pull("a/b").unwrap().private);
}

/// A registry whose blobs are elsewhere, and that other place.
fn redirecting(status: u16) -> (Server, Server) {
    let image = image();
    let blobs = image.clone();
    let storage = Server::start(move |asked, _| image_answer(&blobs, asked));
    let elsewhere = storage.url();
    let registry = Server::start(move |asked, _| {
        if asked.header("authorization") != Some(&basic()) {
            return Answer::new(401).with("WWW-Authenticate", "Basic");
        }
        match asked.target.contains("/blobs/") {
            true => Answer::new(status).with("Location", format!("{elsewhere}{}?X-Signature=s3cret", asked.target)),
            false => image_answer(&image, asked),
        }
    });
    (registry, storage)
}

#[test]
fn a_redirect_to_another_host_carries_no_credential() {
    for status in [302, 307] {
        let (registry, storage) = redirecting(status);
        with_credential(&registry).pull("a/b").unwrap();
        let asked = storage.asked();
        assert!(asked.len() >= 3 && asked[0].target.ends_with("?X-Signature=s3cret"));
        assert!(authorizations(&asked).iter().all(Option::is_none));
    }
}

#[test]
fn redirect_loops_end() {
    let server = Server::start(|asked, _| Answer::new(302).with("Location", format!("{}x", asked.target)));
    let text = Puller::of_registry(&server.url()).refusal("a/b");
    assert!(text.ends_with("it redirects more than 5 times"), "{text}");
    let other = Server::start(|_, _| Answer::new(302).with("Location", "file:///etc/passwd"));
    let text = Puller::of_registry(&other.url()).refusal("a/b");
    assert!(text.ends_with("it redirects to something that is not http"), "{text}");
}

#[test]
fn a_broken_blob_is_resumed_where_it_broke() {
    let image = image();
    let layer = image.layers[0].clone();
    let (digest, whole) = (layer.digest().to_string(), layer.bytes.len());
    let server = Server::start(move |asked, _| {
        let answer = image_answer(&image, asked);
        match asked.target.ends_with(&digest) && asked.header("range").is_none() {
            true => answer.cut_after(whole / 2),
            false => answer,
        }
    });
    Puller::of_registry(&server.url()).pull("a/b").unwrap();
    let asked = server.asked();
    let ranges: Vec<_> = asked.iter().filter_map(|asked| asked.header("range")).collect();
    assert_eq!(ranges, [format!("bytes={}-", whole / 2)]);
}

#[test]
fn a_registry_without_ranges_is_asked_for_the_whole_again() {
    let image = image();
    let layer = image.layers[0].clone();
    let digest = layer.digest().to_string();
    let server = Server::start(move |asked, so_far| {
        if !asked.target.ends_with(&digest) {
            return image_answer(&image, asked);
        }
        let tries = so_far.iter().filter(|asked| asked.target.ends_with(&digest));
        match tries.count() {
            1 => Answer::ok(layer.bytes.clone()).cut_after(100),
            _ => Answer::ok(layer.bytes.clone()),
        }
    });
    Puller::of_registry(&server.url()).pull("a/b").unwrap();
}

#[test]
fn a_blob_that_always_breaks_is_given_up() {
    let image = image();
    let digest = image.layers[0].digest().to_string();
    let server = Server::start(move |asked, _| {
        let answer = image_answer(&image, asked);
        match asked.target.ends_with(&digest) {
            true => answer.cut_after(10),
            false => answer,
        }
    });
    let text = Puller::of_registry(&server.url()).refusal("a/b");
    assert!(text.contains("after 50 of"), "{text}");
}

#[test]
fn passing_failures_are_tried_again_and_pauses_are_honoured() {
    let image = Arc::new(image());
    let flaky = {
        let image = Arc::clone(&image);
        Server::start(move |asked, so_far| match so_far.len() {
            1 => Answer::new(429).with("Retry-After", "0"),
            2 => Answer::new(503),
            _ => image_answer(&image, asked),
        })
    };
    Puller::of_registry(&flaky.url()).pull("a/b").unwrap();
    let limited = Server::start(|_, _| Answer::new(429).with("Retry-After", "86400"));
    let text = Puller::of_registry(&limited.url()).refusal("a/b");
    assert!(text.ends_with("asks to wait for 86400 s"), "{text}");
    assert_eq!(limited.asked().len(), 1);
    let broken = Server::start(|_, _| {
        let errors = r#"{"errors":[{"code":"UNKNOWN","message":"out of order\u001b[31m"}]}"#;
        Answer { status: 500, ..Answer::ok(errors) }
    });
    let text = Puller::of_registry(&broken.url()).refusal("a/b");
    assert!(text.ends_with(r"answered 500: UNKNOWN out of order\u{1b}[31m"), "{text}");
    assert_eq!(broken.asked().len(), 5);
}

#[test]
fn each_blob_is_asked_for_once() {
    let layer = stacks::many(1).remove(0);
    let image = Image::of(&[layer.clone(), vec![], layer]);
    let server = Server::of_image(&image);
    let puller = Puller::of_registry(&server.url());
    puller.pull("a/b").unwrap();
    let blobs = |server: &Server| {
        let asked = server.asked();
        asked.iter().filter(|asked| asked.target.contains("/blobs/")).count()
    };
    assert_eq!(blobs(&server), 3);
    puller.pull("a/b").unwrap();
    assert_eq!(blobs(&server), 3, "the cache was not used");
}

#[test]
fn a_part_that_was_not_asked_for_is_refused() {
    let image = image();
    let layer = image.layers[0].clone();
    let digest = layer.digest().to_string();
    let server = Server::start(move |asked, _| {
        let answer = image_answer(&image, asked);
        if !asked.target.ends_with(&digest) {
            return answer;
        }
        match asked.header("range") {
            None => answer.cut_after(100),
            Some(_) => {
                let mut answer = blob_answer(&layer, asked);
                answer.headers = vec![("Content-Range".into(), "bytes 0-9/10".into())];
                answer
            }
        }
    });
    let text = Puller::of_registry(&server.url()).refusal("a/b");
    assert!(text.ends_with("another part of the blob than was asked for"), "{text}");
}

#[test]
fn a_registry_that_trickles_or_says_nothing_is_given_up() {
    let image = image();
    let digest = image.layers[0].digest().to_string();
    let slow = Server::start(move |asked, _| {
        let mut answer = image_answer(&image, asked);
        if asked.target.ends_with(&digest) {
            answer.trickle = Some(Duration::from_millis(5));
        }
        answer
    });
    let mut puller = Puller::of_registry(&slow.url());
    puller.registry().timing.grace = Duration::from_millis(100);
    puller.registry().timing.slowest = 1 << 20;
    let text = puller.refusal("a/b");
    assert!(text.contains("the registry is too slow after"), "{text}");
    let trickling =
        Server::start(|_, _| Answer { trickle: Some(Duration::from_millis(20)), ..Answer::ok("{}".repeat(99)) });
    let mut puller = Puller::of_registry(&trickling.url());
    puller.registry().timing.grace = Duration::from_millis(100);
    let text = puller.refusal("a/b");
    assert!(text.contains("/manifests/latest: the registry is too slow after"), "{text}");
    let silent = Server::start(|_, _| {
        let mut answer = Answer::ok("{}");
        answer.trickle = Some(Duration::from_secs(10));
        answer
    });
    let mut puller = Puller::of_registry(&silent.url());
    puller.registry().timing.idle = Duration::from_millis(50);
    let text = puller.refusal("a/b");
    assert!(text.starts_with("cannot fetch http://127.0.0.1:"), "{text}");
}

#[test]
fn mirrors_are_asked_first_and_without_a_credential() {
    let image = image();
    let broken = {
        let image = image.clone();
        Server::start(move |asked, _| match asked.target.contains("/blobs/") {
            true => Answer::new(404),
            false => image_answer(&image, asked),
        })
    };
    let private = token_server("users", "token");
    let mut puller = with_credential(&private);
    puller.registry().mirrors = vec![broken.url().parse().unwrap(), Server::of_image(&image).url().parse().unwrap()];
    assert!(!puller.pull("a/b").unwrap().private);
    assert!(!broken.asked().is_empty() && private.asked().is_empty());
    puller.registry().mirrors.pop();
    assert!(with_credential(&private).pull("a/b").unwrap().private);
    let mut puller = with_credential(&private);
    puller.registry().mirrors = vec![broken.url().parse().unwrap()];
    assert!(puller.pull("a/b").unwrap().private);
    assert!(authorizations(&broken.asked()).iter().all(Option::is_none));
    let mut puller = with_credential(&private);
    puller.registry().mirrors = vec![broken.url().parse().unwrap()];
    puller.registry().direct = false;
    insta::assert_snapshot!(puller.refusal("a/b"), @"test has no image a/b:latest");
}

#[test]
fn where_only_mirrors_are_asked_the_credential_is_theirs() {
    let mirror = token_server("users", "token");
    let mut puller = with_credential(&mirror);
    puller.registry().url = "https://registry.invalid".parse().unwrap();
    puller.registry().mirrors = vec![mirror.url().parse().unwrap()];
    puller.registry().direct = false;
    assert!(puller.pull("a/b").unwrap().private);
    assert!(authorizations(&mirror.asked()).contains(&Some(basic().as_str())));
    // As anywhere else, not over plain http.
    let mut puller = with_credential(&mirror);
    puller.registry().plain_credentials = false;
    puller.registry().mirrors = vec![mirror.url().parse().unwrap()];
    puller.registry().direct = false;
    let text = puller.refusal("a/b");
    assert!(text.starts_with("the credential for test is not sent over plain http to http://127.0.0.1:"), "{text}");
}

#[test]
fn a_mirror_that_redirects_takes_the_credential_nowhere() {
    let (mirror, storage) = redirecting(307);
    let mut puller = with_credential(&mirror);
    puller.registry().url = "https://registry.invalid".parse().unwrap();
    puller.registry().mirrors = vec![mirror.url().parse().unwrap()];
    puller.registry().direct = false;
    puller.pull("a/b").unwrap();
    assert!(authorizations(&storage.asked()).iter().all(Option::is_none));
}

#[test]
fn the_hubs_names_hold_for_its_mirrors() {
    let image = image();
    let mirror = Server::start(move |asked, _| match asked.target.starts_with("/v2/library/busybox/") {
        true => image_answer(&image, asked),
        false => Answer::new(404),
    });
    let mut puller = Puller::of_registry("https://registry-1.docker.io");
    puller.registry().mirrors = vec![mirror.url().parse().unwrap()];
    puller.registry().direct = false;
    assert!(puller.pull("busybox").is_ok());
}

#[test]
fn pulls_of_one_image_at_once_are_one_download_and_one_conversion() {
    let image = image();
    let server = Server::of_image(&image);
    let puller = Puller::of_registry(&server.url());
    let target = puller.images().join(format!("{}.squashfs", image.id()));
    let pulls = (0..8).map(|number| {
        let request = puller.request(&format!("a/b:{number}"));
        let target = &target;
        async move {
            let pulled = shifter_imagegw::pull::pull(request, &shifter_imagegw::pull::Silent).await.unwrap();
            let known = pulled.known;
            pulled.product.publish(target).unwrap();
            known
        }
    });
    let known = super::puller::runtime().block_on(futures_util::future::join_all(pulls));
    assert_eq!(known.iter().filter(|known| !**known).count(), 1);
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|asked| asked.target.contains("/blobs/")).count(), 3);
}

#[test]
fn an_abandoned_pull_leaves_nothing() {
    let server = Server::of_image(&Image::of(&stacks::awkward()));
    let puller = Puller::of_registry(&server.url()).with_tar2sqfs();
    let runtime = super::puller::runtime();
    for pause in (0..60).step_by(4) {
        let request = puller.request("a/b");
        runtime.block_on(async {
            let pull = shifter_imagegw::pull::pull(request, &shifter_imagegw::pull::Silent);
            // Whether the pull ends first does not matter: what it leaves must be the same.
            let _ = tokio::time::timeout(Duration::from_millis(pause), pull).await;
        });
    }
    // Waits for the conversions that are being given up.
    drop(runtime);
    assert_eq!(std::fs::read_dir(puller.images()).unwrap().count(), 0);
    let blobs = std::fs::read_dir(puller.cache().join("blobs/sha256")).unwrap();
    let partial = blobs.filter(|blob| blob.as_ref().unwrap().file_name().len() != 64);
    assert_eq!(partial.count(), 0);
}

#[test]
fn a_proxy_is_used_but_for_the_exempt() {
    let image = image();
    let proxy = Server::start(move |asked, _| match asked.target.starts_with("http://registry.test/v2/") {
        true => image_answer(&image, asked),
        false => Answer::new(400),
    });
    let mut puller = Puller::of_registry("http://registry.test");
    puller.registry().proxy = Some(proxy.url().parse().unwrap());
    assert!(puller.pull("a/b").is_ok());
    let server = Server::of_image(&Image::of(&stacks::many(1)));
    let mut puller = Puller::of_registry(&server.url());
    puller.registry().proxy = Some(proxy.url().parse().unwrap());
    puller.registry().no_proxy = vec!["127.0.0.1".to_owned()];
    assert!(puller.pull("a/b").is_ok());
}
