//! What a start asks of the kernel. The time of a start is its calls, so their number is pinned, never the time.

use std::fs;
use std::process::Command;

use crate::image;
use crate::world::{alice_is_known_to_the_host, at, isolated, run, write};

/// What a start of the small site may ask at most, the loader's calls and the command's own included.
const MOST: usize = 640;

/// The calls of a start by alice and of all its children.
pub(crate) fn calls(image: &str) -> usize {
    alice_is_known_to_the_host();
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
        image::install_wide();
        let tree = at("images/tree");
        assert!(Command::new("cp").arg("-a").arg(image::tree()).arg(tree).status().unwrap().success());
        write("images/tree.meta", "FORMAT: VFS\nENV: PATH=/bin:/usr/bin\n");
        for [small, wide] in [["busy", "wide"], ["tree", "wide-tree"]] {
            for image in [small, wide] {
                // A first start, which leaves a note.
                world.start(&[&format!("--image=id:{image}"), "pwd"]).ok();
            }
            let mut others: Vec<_> = [small, wide].map(crate::loops::begin).into();
            others.iter_mut().for_each(crate::loops::answers);
            let (of_small, of_wide) = (calls(small), calls(wide));
            others.into_iter().for_each(crate::loops::end);
            assert_eq!(of_small, of_wide, "{wide}");
            assert!(of_small <= MOST, "{small}: {of_small}");
        }
    });
}
