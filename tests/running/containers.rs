//! A container whose program executes and loads its module's files again and again, and ends at the first surprise.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::ground::at;

/// The user of the containers.
pub(crate) const ALICE: u32 = 11_100;

/// What runs in a container. It prints `up VERSION`, and when it is told to end `ok VERSION ROUNDS CONFIG_ID`.
pub(crate) const LOOPER: &str = r#"
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t over;
static void end(int signal) { (void)signal; over = 1; }
static int fail(const char *what, int want, int got) {
    fprintf(stderr, "%s: version %d, not %d: %s\n", what, got, want, dlerror());
    return 3;
}
static int loaded(void) {
    void *library = dlopen("/opt/udiImage/modules/tool/lib/libversion.so", RTLD_NOW);
    if (!library) return -1;
    int (*version)(void) = (int (*)(void))dlsym(library, "version");
    int number = version ? version() : -1;
    dlclose(library);
    return number;
}
static int executed(void) {
    pid_t child = fork();
    if (child == 0) {
        execl("/opt/udiImage/modules/tool/bin/version", "version", (char *)0);
        _exit(99);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
static int mounted(void) {
    FILE *file = fopen("/data/version", "r");
    int number = -1;
    if (file && fscanf(file, "%d", &number) != 1) number = -1;
    if (file) fclose(file);
    return number;
}
int main(void) {
    signal(SIGTERM, end);
    int version = loaded(), rounds = 0, got;
    printf("up %d\n", version);
    fflush(stdout);
    while (!over) {
        if ((got = loaded()) != version || got < 1) return fail("dlopen", version, got);
        if ((got = executed()) != version) return fail("exec", version, got);
        if ((got = mounted()) != version) return fail("open", version, got);
        rounds++;
        struct timespec pause = { 0, 150000000 };
        nanosleep(&pause, 0);
    }
    const char *id = getenv("SHIFTER_CONFIG_ID");
    printf("ok %d %d %s\n", version, rounds, id ? id : "none");
    return 0;
}
"#;

/// A running container.
pub(crate) struct Container {
    child: Child,
    out: BufReader<ChildStdout>,
    version: usize,
}

/// What a container said at its end.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) version: usize,
    pub(crate) rounds: u32,
    pub(crate) config_id: String,
}

impl Container {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(at("bin/shifter"))
            .args(["--image=id:loop", "/bin/looper"])
            .uid(ALICE)
            .gid(ALICE)
            .current_dir("/")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("shifter starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, out, version: 0 }
    }

    pub(crate) fn wait_until_it_runs(&mut self) {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it speaks");
        match line.trim_end().strip_prefix("up ").and_then(|number| number.parse().ok()) {
            Some(version) => self.version = version,
            None => panic!("a container did not start: `{line}` {}", self.errors()),
        }
    }

    pub(crate) fn version(&self) -> usize {
        self.version
    }

    /// Ends it, and sees that nothing failed until then.
    pub(crate) fn end(mut self) -> Ended {
        // shifter executes the program in its own place, so the process is the program.
        let pid = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("it still runs");
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it speaks");
        let status = self.child.wait().expect("it ends");
        let errors = self.errors();
        assert!(status.success(), "version {}: {status}: {errors}", self.version);
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["ok", version, rounds, config_id] = words[..] else { panic!("`{line}`") };
        let version = version.parse().expect("a number");
        assert_eq!(version, self.version);
        Ended { version, rounds: rounds.parse().expect("a number"), config_id: config_id.to_owned() }
    }

    /// Why it failed by itself.
    pub(crate) fn fails(mut self) -> String {
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(3), "{}", self.errors());
        self.errors()
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        // Whatever there is helps.
        let _ = self.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut text));
        text
    }
}
