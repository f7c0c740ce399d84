//! The scripts that Torque runs around a job, run: with stand-ins for the programs of a Cray that record how they are
//! called, in a mount namespace with a `/run` and users of its own.
//!
//! Needs root: the scripts do, and they take on a user.

#[path = "torque/mom.rs"]
mod mom;
#[path = "torque/node.rs"]
mod node;

use mom::{Job, Mom};

const KEYED: &str = "setupRoot -U 4242 -G 4243 -u ada -s ssh-rsa KEY -N nid00012/16 nid00013/16 docker ";

#[test]
fn a_job_with_an_image_gets_services_then_the_image_then_a_container_on_every_node() {
    let Some(mom) = Mom::new() else { return };
    let ran = mom.prologue(&Job::with_image("ubuntu:24.04"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let calls = mom.calls();
    let expected = [
        "pcmd -r -q -n 12-13 | cray-shifter-extra-service start 77",
        "shifterimg pull ubuntu:24.04 as 4242",
        "shifterimg lookup ubuntu:24.04 as 4242",
        &format!("xtxqtcmd nid00012 nid00013 | {KEYED}{}", "a".repeat(64)),
    ];
    assert_eq!(calls, expected);
    assert_eq!(mom.seeds(), ["group.77 0600", "passwd.77 0600"]);

    assert_eq!(mom.epilogue(&Job::with_image("ubuntu:24.04")).code, 0);
    let expected = [
        "pcmd -r -q -n 12-13 | cray-shifter-ssh-cleanup 4242",
        "xtxqtcmd nid00012 nid00013 | unsetupRoot",
        "pcmd -r -q -n 12-13 | cray-shifter-extra-service stop 77",
    ];
    assert_eq!(mom.calls()[calls.len()..], expected);
    mom.assert_nothing_is_left();
}

#[test]
fn a_job_without_an_image_gets_the_services_alone() {
    let Some(mom) = Mom::new() else { return };
    assert_eq!(mom.prologue(&Job::default()).code, 0);
    assert_eq!(mom.calls(), ["pcmd -r -q -n 12-13 | cray-shifter-extra-service start 77"]);
    assert_eq!(mom.epilogue(&Job::default()).code, 0);
    assert_eq!(mom.calls()[1..], ["pcmd -r -q -n 12-13 | cray-shifter-extra-service stop 77"]);
    mom.assert_nothing_is_left();
}

#[test]
fn a_job_without_the_resource_is_left_alone() {
    let Some(mom) = Mom::new() else { return };
    for gres in ["", "shifter16x", "xshifter16", "shifter", "matlab:2"] {
        let job = Job { gres: gres.to_owned(), ..Job::with_image("ubuntu:24.04") };
        assert_eq!((mom.prologue(&job).code, mom.epilogue(&job).code), (0, 0), "{gres:?}");
    }
    assert!(mom.calls().is_empty(), "{:?}", mom.calls());
    for gres in ["shifter16", "shifter16:1", "matlab:2,shifter16", "shifter16:1,matlab"] {
        let job = Job { gres: gres.to_owned(), ..Job::default() };
        assert_eq!(mom.prologue(&job).code, 0, "{gres:?}");
        assert!(mom.calls().last().is_some_and(|call| call.ends_with("start 77")), "{gres:?}");
        assert_eq!(mom.epilogue(&job).code, 0, "{gres:?}");
    }
    mom.assert_nothing_is_left();
}

#[test]
fn what_a_user_writes_is_never_run_and_never_becomes_an_option() {
    let Some(mom) = Mom::new() else { return };
    let images = [
        "centos:latest -m local -v x\";touch PWNED;\"",
        "\"; touch PWNED; \"",
        "$(touch PWNED)",
        "`touch PWNED`",
        "a;touch PWNED",
        "-m",
        "--help",
        "a'b",
        "a|touch PWNED",
        "../../etc",
        "a\\",
    ];
    for image in images {
        let ran = mom.prologue(&Job::with_image(image));
        assert_eq!(ran.code, 1, "{image:?}: {}", ran.err);
        assert!(ran.err.contains("UDI is not the name of an image"), "{image:?}: {}", ran.err);
    }
    for user in ["-u", "a b", "$(touch PWNED)", "ada;touch PWNED", "", "../ada"] {
        let ran = mom.prologue(&Job { user: user.to_owned(), ..Job::with_image("ubuntu") });
        assert_eq!(ran.code, 1, "{user:?}: {}", ran.err);
    }
    for id in ["", "x", "7 7", "77;touch PWNED", "-f", "77/../..", "$(touch PWNED)"] {
        let ran = mom.prologue(&Job { id: id.to_owned(), ..Job::with_image("ubuntu") });
        assert_eq!(ran.code, 1, "{id:?}: {}", ran.err);
        assert_ne!(mom.epilogue(&Job { id: id.to_owned(), ..Job::default() }).code, 0, "{id:?}");
    }
    for nids in ["", "12;touch PWNED", "$(touch PWNED)", "12 13"] {
        let ran = mom.prologue(&Job { nids: nids.to_owned(), ..Job::with_image("ubuntu") });
        assert_eq!(ran.code, 2, "{nids:?}: {}", ran.err);
    }
    assert!(mom.calls().is_empty(), "{:?}", mom.calls());
    mom.assert_nothing_is_left();
}

#[test]
fn root_has_no_container() {
    let Some(mom) = Mom::new() else { return };
    let ran = mom.prologue(&Job { user: "root".to_owned(), ..Job::with_image("ubuntu") });
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("root has no containers"), "{}", ran.err);
    assert!(mom.calls().is_empty());
}

#[test]
fn a_lookup_that_is_no_id_aborts_and_env_lines_are_none() {
    let Some(mom) = Mom::new() else { return };
    mom.answers("lookup", "ENV:PATH=/bin *\nENTRY:sh -c 'x y'\nWORKDIR:/\nabc123\n");
    assert_eq!(mom.prologue(&Job::with_image("ubuntu")).code, 0);
    assert!(mom.calls().last().expect("called").ends_with(" docker abc123"), "{:?}", mom.calls());
    assert_eq!(mom.epilogue(&Job::with_image("ubuntu")).code, 0);
    for wrong in ["", "ENV:PATH=/bin\n", "abc; touch PWNED\n", "-v\n", "ABC\n"] {
        mom.answers("lookup", wrong);
        let ran = mom.prologue(&Job::with_image("ubuntu"));
        assert_eq!(ran.code, 1, "{wrong:?}: {}", ran.err);
        mom.assert_nothing_is_left();
    }
}

#[test]
fn a_node_that_fails_or_is_silent_is_named_and_everything_is_taken_back() {
    let Some(mom) = Mom::new() else { return };
    for (reply, missing) in [
        ("Reply (complete) from nid00012 exit code: 0\nReply (complete) from nid00013 exit code: 3\n", "nid00013"),
        ("Reply (complete) from nid00013 exit code: 0\nReply (timeout) from nid00012\n", "nid00012"),
        (
            "Reply (complete) from nid00012 exit code: 0\nnid00012: Reply (complete) from nid00013 exit code: 0\n",
            "nid00013",
        ),
        ("", "nid00012 nid00013"),
    ] {
        mom.answers("setupRoot", reply);
        let before = mom.calls().len();
        let ran = mom.prologue(&Job::with_image("ubuntu:24.04"));
        assert_eq!(ran.code, 2, "{reply}");
        assert!(ran.err.contains(&format!("no container on {missing} \n")), "{}", ran.err);
        let after = mom.calls()[before..].to_vec();
        assert!(after.iter().any(|call| call.ends_with("| unsetupRoot")), "{after:?}");
        assert!(after.last().is_some_and(|call| call.ends_with("cray-shifter-extra-service stop 77")), "{after:?}");
        mom.assert_nothing_is_left();
    }
}

#[test]
fn a_prologue_that_is_killed_at_any_step_leaves_nothing_after_the_epilogue() {
    let Some(mom) = Mom::new() else { return };
    for step in ["qstat", "pcmd", "pull", "lookup", "xtxqtcmd"] {
        for signal in ["TERM", "KILL"] {
            mom.kill_at(step, signal);
            let ran = mom.prologue(&Job::with_image("ubuntu:24.04"));
            assert_ne!(ran.code, 0, "{step} {signal}: {}", ran.err);
            mom.kill_at("", "");
            assert_eq!(mom.epilogue(&Job::with_image("ubuntu:24.04")).code, 0, "{step} {signal}");
            mom.assert_nothing_is_left();
        }
    }
}

#[test]
fn a_spool_that_others_may_write_gets_no_seed() {
    let Some(mom) = Mom::new() else { return };
    mom.open_spool();
    let ran = mom.prologue(&Job::with_image("ubuntu"));
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is not root's alone (0700)"), "{}", ran.err);
    assert!(mom.seeds().is_empty() && !mom.calls().iter().any(|call| call.contains("start")), "{:?}", mom.calls());
}

#[test]
fn a_job_that_is_queued_again_begins_anew() {
    let Some(mom) = Mom::new() else { return };
    for _ in 0..2 {
        assert_eq!(mom.prologue(&Job::with_image("ubuntu:24.04")).code, 0);
    }
    assert_eq!(mom.epilogue(&Job::with_image("ubuntu:24.04")).code, 0);
    mom.assert_nothing_is_left();
}

#[test]
fn an_element_of_a_job_array_has_a_state_of_its_own() {
    let Some(mom) = Mom::new() else { return };
    let job = |id: &str| Job { id: id.to_owned(), ..Job::default() };
    assert_eq!(mom.prologue(&job("12[3].bw")).code, 0);
    assert_eq!(mom.prologue(&job("12[4].bw")).code, 0);
    assert_eq!(mom.seeds(), ["group.12-3 0600", "group.12-4 0600", "passwd.12-3 0600", "passwd.12-4 0600"]);
    assert_eq!(mom.epilogue(&job("12[3].bw")).code, 0);
    assert_eq!(mom.seeds(), ["group.12-4 0600", "passwd.12-4 0600"]);
}
