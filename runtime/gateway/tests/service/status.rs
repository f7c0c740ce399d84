//! The status page of the real gateway, as a browser draws it where one is installed.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::munged::Munged;
use super::{layout, program, pull, site_with_hello, wire};

/// Chromium is large and no part of what tests need: where it is there, the page is drawn by it.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// The width and height of a PNG file (PNG specification, 11.2.2).
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
fn the_page_shows_what_there_is_and_a_browser_draws_it_without_complaint() {
    let munged = Munged::start();
    let (mut site, _) = site_with_hello(&munged);
    layout::write(&site.path("layouts"), "lab/tools", "2024.1", &[("tools", vec![7; 3 << 20].as_slice())]);
    // A registry that is not there.
    site.config["Locations"]["gone.example"] = json!({ "remotetype": "dockerv2", "url": "http://127.0.0.1:9" });
    site.config["Compat"] = json!({ "anonymous": true });
    let _daemon = site.start(program());
    assert_eq!(pull(&site, "hello:1").state(), "READY");
    assert_eq!(pull(&site, "lab%2Ftools%3A2024.1").state(), "READY");
    assert_eq!(pull(&site, "hello:9").state(), "FAILURE");
    assert_eq!(pull(&site, "gone.example%2Fapp%3A1").state(), "FAILURE");
    let page = wire::tcp(&site.address(), "GET /status", None);
    assert_eq!(page.status(), 200);
    for shown in
        ["docker:hello:1", "docker:lab/tools:2024.1", "docker:hello:9", "gone.example", "trouble", "Connection refused"]
    {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }

    let Some(browser) = BROWSERS.into_iter().find(|path| Path::new(path).exists()) else {
        println!("the page was not drawn: no Chromium is installed");
        return;
    };
    for (name, dark) in [("light", false), ("dark", true)] {
        let picture = site.path(&format!("{name}.png"));
        let mut draw = Command::new(browser);
        draw.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,1500"]);
        draw.arg(format!("--user-data-dir={}", site.path("browser").display()));
        draw.arg(format!("--screenshot={}", picture.display()));
        if dark {
            draw.arg("--blink-settings=preferredColorScheme=0");
        }
        // The log of the page's console goes to standard error: a style sheet that its policy refuses is told there.
        draw.args(["--enable-logging=stderr", &format!("http://{}/status", site.address())]);
        let output = draw.output().expect("the browser runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !told.contains("Content Security Policy"), "{told}");
        assert_eq!(size(&std::fs::read(&picture).expect("a picture")), (1200, 1500));
        if let Some(kept) = std::env::var_os("SHIFTER_PICTURES") {
            std::fs::copy(&picture, Path::new(&kept).join(format!("status-{name}.png"))).expect("a copy");
        }
    }
}
