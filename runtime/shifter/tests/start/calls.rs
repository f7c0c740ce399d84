//! What a start asks of the kernel. The time of a start is its calls, so their number is pinned, never the time.

use std::fs;
use std::process::Command;

use crate::image;
use crate::world::{ALICE, at, isolated, run};

/// Entries in `/` and in `/etc` of the wide image, each.
const ENTRIES: usize = 10_000;

/// What a start of the small site may ask at most, the loader's calls and the command's own included.
const MOST: usize = 640;

/// The calls of a start by alice and of all its children.
pub(crate) fn calls(image: &str) -> usize {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    if !passwd.contains("\nalice:") {
        fs::write("/etc/passwd", format!("{passwd}alice:x:{ALICE}:{ALICE}::/:/bin/sh\n")).unwrap();
    }
    let (trace, name) = (at("out/trace"), format!("id:{image}"));
    let mut command = Command::new("strace");
    command.args(["-f", "-u", "alice", "-o"]).arg(&trace);
    command.args(["/srv/bin/shifter", "-i", &name, "pwd"]).current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
    assert_eq!(run(0, command).ok(), "/\n");
    let trace = fs::read_to_string(trace).unwrap();
    let forks =
        trace.lines().filter(|line| line.contains(" fork(") || line.contains(" clone(") || line.contains(" clone3("));
    assert_eq!(forks.count(), 0, "{trace}");
    assert_eq!(trace.lines().filter(|line| line.contains(" execve(") && line.ends_with("= 0")).count(), 2, "{trace}");
    // Without optimisation std asks of every descriptor whether it is open before it closes it.
    trace.lines().filter(|line| !line.contains("F_GETFD")).count()
}

#[test]
fn a_start_asks_the_same_of_the_kernel_whatever_is_in_the_image_and_forks_nothing() {
    isolated(|world| {
        let tree = at("wide");
        assert!(Command::new("cp").arg("-a").arg(image::tree()).arg(&tree).status().unwrap().success());
        for nth in 0..ENTRIES {
            fs::write(tree.join(format!("f{nth}")), "").unwrap();
            fs::write(tree.join(format!("etc/f{nth}")), "").unwrap();
        }
        image::install("wide", "");
        let file = at("images/wide.squashfs");
        fs::remove_file(&file).unwrap();
        let mut mksquashfs = Command::new("mksquashfs");
        mksquashfs.arg(&tree).arg(&file).args(["-all-root", "-quiet", "-no-progress"]);
        assert!(mksquashfs.output().unwrap().status.success());
        for image in ["busy", "wide"] {
            // A first start, which leaves a note.
            world.start(&[&format!("--image=id:{image}"), "pwd"]).ok();
        }
        let mut others: Vec<_> = ["busy", "wide"].map(crate::loops::begin).into();
        others.iter_mut().for_each(crate::loops::answers);
        let (small, wide) = (calls("busy"), calls("wide"));
        others.into_iter().for_each(crate::loops::end);
        assert_eq!(small, wide);
        assert!(small <= MOST, "{small}");
    });
}
