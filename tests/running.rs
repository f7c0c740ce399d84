//! Nothing changes under running jobs: 64 containers of the real setuid runtime go on executing and loading what their
//! modules brought, while the configuration rolls forward and back; then what nobody holds is removed.
//!
//! The test runs again in a process and a mount namespace of its own and leaves nothing behind.

#[path = "running/containers.rs"]
mod containers;
#[path = "running/ground.rs"]
mod ground;
#[path = "running/site.rs"]
mod site;

use std::time::{Duration, SystemTime};

use shifter_site::versioned::{Collection, Fate, collect};

use containers::Container;
use site::{Site, VERSIONS};

const CONTAINERS: usize = 64;

/// Runs `body` with a site in a child process with its own mounts.
fn isolated(body: impl FnOnce(&Site)) {
    ground::isolated(|| body(&Site::new()));
}

/// What became of each version that is there, by its number.
fn fates(site: &Site, named: usize, older_than: Duration) -> Vec<(usize, Fate)> {
    let asked = Collection {
        root: "/".as_ref(),
        trees: site.tree_paths(),
        named: site.places(named),
        older_than,
        now: SystemTime::now(),
        dry_run: false,
    };
    let collected = collect(&asked).expect("the trees can be read");
    let number = |place: &std::path::Path| {
        let place = place.to_str().expect("UTF-8");
        (1..=VERSIONS).find(|version| site.places(*version).contains(place)).expect("one of the versions")
    };
    collected.into_iter().map(|one| (number(&one.place), one.fate)).collect()
}

#[test]
fn sixty_four_containers_run_on_while_the_configuration_rolls_forward_and_back() {
    isolated(|site| {
        let mut running: Vec<Container> = Vec::new();
        let mut rolls = [1, 2, 3, 2, 1, 3].into_iter().cycle();
        let mut now = 0;
        for _ in 0..16 {
            now = rolls.next().expect("it never ends");
            site.roll_to(now);
            // They start while the configuration is swapped below them.
            running.extend((0..CONTAINERS / 16).map(|_| Container::start()));
            now = rolls.next().expect("it never ends");
            site.roll_to(now);
        }
        for container in &mut running {
            container.wait_until_it_runs();
        }
        for _ in 0..24 {
            now = rolls.next().expect("it never ends");
            site.roll_to(now);
            std::thread::sleep(Duration::from_millis(50));
        }
        let versions: std::collections::BTreeSet<usize> = running.iter().map(Container::version).collect();
        assert!(versions.len() > 1, "all containers have one version, so nothing was rolled under them");

        let held = fates(site, now, Duration::ZERO);
        for (version, fate) in &held {
            match fate {
                Fate::Named => assert_eq!(*version, now),
                Fate::Held(_) => assert!(versions.contains(version), "{version} is held by nobody"),
                Fate::Removed => assert!(!versions.contains(version), "{version} was removed under a container"),
                Fate::Young => panic!("no age was asked for"),
            }
        }
        assert!(held.iter().any(|(_, fate)| matches!(fate, Fate::Held(_))), "{held:?}");

        for container in running {
            let ended = container.end();
            assert!(ended.rounds > 3, "{ended:?}");
            assert_eq!(ended.config_id, site.config_id(ended.version), "{ended:?}");
        }
        let young = fates(site, now, Duration::from_secs(86_400));
        assert!(young.iter().all(|(_, fate)| matches!(fate, Fate::Young | Fate::Named)), "{young:?}");
        let free = fates(site, now, Duration::ZERO);
        assert!(free.iter().all(|(version, fate)| (*fate == Fate::Named) == (*version == now)), "{free:?}");
        assert!(free.iter().all(|(version, fate)| *version == now || *fate == Fate::Removed), "{free:?}");
        assert!(fates(site, now, Duration::ZERO).iter().all(|(version, _)| *version == now));
    });
}

/// What the versions are for: the same loop notices at once when a directory changes in place.
#[test]
fn a_container_fails_when_its_module_is_changed_in_place() {
    isolated(|site| {
        site.roll_to(1);
        let mut container = Container::start();
        container.wait_until_it_runs();
        site.spoil(1);
        let why = container.fails();
        assert!(why.contains("dlopen") || why.contains("exec"), "{why}");
    });
}
