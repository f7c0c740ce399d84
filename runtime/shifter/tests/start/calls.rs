//! What a start asks of the kernel. The time of a start is its calls, so their number is pinned, never the time.

use std::fs;
use std::process::Command;

use crate::images::give_store_to;
use crate::world::{BOB, alice_is_known_to_the_host, at, isolated, run, write};
use crate::{image, node};

/// Lines of the long passwd and group, each.
const LINES: u32 = 5_000;

/// What a start of the small site may ask at most before the command is what runs, the loader's calls included. Of the
/// 41 capabilities of its bounding set the kernel takes one at a time.
const MOST: usize = 235;
/// The same from a directory, of which what the site has too is looked at as the user, and mounts in it are looked for.
const MOST_OF_A_DIRECTORY: usize = 248;
/// The same with records, four entries of `optUdiImage`, and a store that is not root's.
const MOST_ON_A_NODE: usize = 318;
/// What the allocator may ask more for a file of some 300 KB.
const MORE_FOR_LONG_FILES: usize = 30;

/// The calls of a start by alice and of all its children, up to the one that makes it the command.
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
    let lines: Vec<&str> = trace.lines().collect();
    let is_exec = |line: &&str| line.contains(" execve(") && line.ends_with("= 0");
    assert_eq!(lines.iter().filter(|line| is_exec(line)).count(), 2, "{trace}");
    let last = lines.iter().rposition(is_exec).unwrap();
    // Without optimisation std asks of every descriptor whether it is open before it closes it. The time is a call only where
    // the machine has no clock that a program can read by itself (vdso(7)), as under an emulator.
    lines[..last].iter().filter(|line| !line.contains("F_GETFD") && !line.contains(" clock_gettime(")).count()
}

#[test]
fn a_start_asks_the_same_of_the_kernel_whatever_is_in_the_image_and_forks_nothing() {
    isolated(|world| {
        image::install_wide();
        let tree = at("images/tree");
        assert!(Command::new("cp").arg("-a").arg(image::tree()).arg(tree).status().unwrap().success());
        write("images/tree.meta", "FORMAT: VFS\nENV: PATH=/bin:/usr/bin\n");
        for ([small, wide], most) in [(["busy", "wide"], MOST), (["tree", "wide-tree"], MOST_OF_A_DIRECTORY)] {
            for image in [small, wide] {
                // A first start, which leaves a note.
                world.start(&[&format!("--image=id:{image}"), "pwd"]).ok();
            }
            let mut others: Vec<_> = [small, wide].map(crate::loops::begin).into();
            others.iter_mut().for_each(crate::loops::answers);
            let (of_small, of_wide) = (calls(small), calls(wide));
            others.into_iter().for_each(crate::loops::end);
            assert_eq!(of_small, of_wide, "{wide}");
            assert!(of_small <= most, "{small}: {of_small}");
        }
    });
}

/// With a record in memory and in the log, which a start of the small site lacks, a directory of programs, and images of a
/// user of the gateway's.
#[test]
fn a_start_on_a_node_as_nodes_are_asks_a_little_more() {
    isolated(|world| {
        node::memory();
        let _log = node::log();
        for name in ["bin/a", "lib/b", "share/c", "README"] {
            write(&format!("programs/{name}"), "");
        }
        world.configure("optUdiImage=/srv/programs");
        give_store_to(BOB);
        world.start(&["--image=id:busy", "pwd"]).ok();
        let mut other = crate::loops::begin("busy");
        crate::loops::answers(&mut other);
        let asked = calls("busy");
        crate::loops::end(other);
        assert!(asked <= MOST_ON_A_NODE, "{asked}");
    });
}

#[test]
fn a_start_asks_hardly_more_of_the_kernel_for_long_files() {
    isolated(|world| {
        world.start(&["--image=id:busy", "pwd"]).ok();
        let mut other = crate::loops::begin("busy");
        crate::loops::answers(&mut other);
        let short = calls("busy");
        let more: String =
            (0..LINES).map(|nth| format!("user{nth}:x:{}:100::/home/user{nth}:/bin/sh\n", 20_000 + nth)).collect();
        for name in ["passwd", "group"] {
            let path = at("etc").join(name);
            fs::write(&path, fs::read_to_string(&path).unwrap() + &more).unwrap();
        }
        let long = calls("busy");
        crate::loops::end(other);
        assert!(long <= short + MORE_FOR_LONG_FILES, "{long}, and {short} with short files");
    });
}
