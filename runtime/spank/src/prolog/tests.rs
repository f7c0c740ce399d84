use super::*;

fn job() -> Job {
    Job {
        id: 4711,
        uid: 1000,
        gid: 100,
        user: Some("ada".to_owned()),
        nodes: "nid[00012-00013],login1".to_owned(),
        cpus: "64(x2),4".to_owned(),
        node: "nid00013".to_owned(),
    }
}

fn wish() -> Wish {
    Wish {
        image: Some("0123".to_owned()),
        image_type: Some("id".to_owned()),
        request: Some("docker:ubuntu:24.04".to_owned()),
        volumes: Some("/a:/b;/c:/d".to_owned()),
        modules: Some("mpich".to_owned()),
    }
}

fn decided(job: &Job, wish: &Wish) -> Decision {
    decide(job, wish, &Arguments::default(), Some(64)).expect("decided")
}

#[test]
fn setup_root_is_told_all_of_the_job_and_options_come_first() {
    let Decision::SetUp(words) = decided(&job(), &wish()) else { panic!("it is to be set up") };
    let expected =
        "-U|1000|-G|100|-u|ada|-j|4711|-N|nid00012/64 nid00013/64 login1/4|-v|/a:/b;/c:/d|-m|mpich|--|id|0123";
    assert_eq!(words.join("|"), expected);
    let wish = Wish { volumes: None, modules: None, ..wish() };
    let Decision::SetUp(words) = decided(&job(), &wish) else { panic!("it is to be set up") };
    assert!(words.join("|").ends_with("login1/4|--|id|0123"));
}

#[test]
fn a_job_without_an_image_is_no_concern() {
    assert_eq!(decided(&Job::default(), &Wish::default()), Decision::NoWish);
    assert_eq!(
        decided(&Job::default(), &Wish { volumes: Some("/a:/b".to_owned()), ..Wish::default() }),
        Decision::NoWish
    );
}

#[test]
fn a_job_that_shares_its_node_makes_its_containers_itself() {
    let small = Job { cpus: "64,63,4".to_owned(), ..job() };
    assert_eq!(decided(&small, &wish()), Decision::Without(Why::Shared { has: 63, of: 64 }));
    let exclusive = Arguments { exclusive_nodes: true, ..Arguments::default() };
    assert!(matches!(decide(&small, &wish(), &exclusive, Some(64)), Ok(Decision::SetUp(_))));
    let off = Arguments { setup_root: false, ..exclusive };
    assert!(matches!(decide(&job(), &wish(), &off, Some(64)), Ok(Decision::Without(Why::Off))));
}

#[test]
fn root_and_images_that_are_not_there_yet_get_none() {
    assert_eq!(decided(&Job { uid: 0, ..job() }, &wish()), Decision::Without(Why::Root));
    let pending = Wish { image: None, image_type: None, ..wish() };
    assert_eq!(decided(&job(), &pending), Decision::Without(Why::Unresolved("docker:ubuntu:24.04".to_owned())));
}

#[test]
fn what_slurm_says_has_to_fit_together() {
    let said =
        |job: &Job, wish: &Wish| decide(job, wish, &Arguments::default(), None).expect_err("it fails").to_string();
    assert_eq!(
        said(&Job { cpus: "64".to_owned(), ..job() }, &wish()),
        "SLURM_NODELIST has 3 nodes and SLURM_JOB_CPUS_PER_NODE counts 1"
    );
    assert_eq!(said(&Job { node: "n9".to_owned(), ..job() }, &wish()), "SLURM_NODELIST does not name this node, `n9`");
    assert_eq!(said(&Job { user: None, ..job() }, &wish()), "nobody knows what uid 1000 is called");
    assert!(said(&Job { nodes: "n[1".to_owned(), ..job() }, &wish()).starts_with("SLURM_NODELIST: "));
    assert!(said(&job(), &Wish { image_type: Some("docker".to_owned()), ..wish() }).contains("`docker`"));
}

#[test]
fn only_a_site_that_says_so_has_its_nodes_drained() {
    let failure = SetupFailure::SetupRoot("setupRoot: no such image".to_owned());
    assert_eq!(failure.to_string(), "no such image");
    let of = |on_setup_failure| fail(1, &failure, &Arguments { on_setup_failure, ..Arguments::default() });
    assert_eq!(of(OnSetupFailure::Continue).expect("no note"), Consequence::GoesOn);
    assert_eq!(of(OnSetupFailure::Drain).expect("no note"), Consequence::NodeDrains);
    assert_eq!(Arguments::default().on_setup_failure, OnSetupFailure::Continue);
}
