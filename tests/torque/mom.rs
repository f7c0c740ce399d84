//! A MOM node: the rendered scripts of Blue Waters, stand-ins for what they call, users and a `/run` of its own.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A job as Torque describes it.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) gres: String,
    pub(crate) nids: String,
    pub(crate) image: Option<String>,
}

impl Default for Job {
    fn default() -> Self {
        let text = str::to_owned;
        Self { id: text("77.bw"), user: text("ada"), gres: text("shifter16"), nids: text("12-13"), image: None }
    }
}

impl Job {
    pub(crate) fn with_image(image: &str) -> Self {
        Self { image: Some(image.to_owned()), ..Self::default() }
    }
}

/// What a script did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) err: String,
}

pub(crate) struct Mom {
    directory: tempfile::TempDir,
}

/// A stand-in: it records its call, waits to see its caller killed where it is told to, and answers.
const STUB: &str = r#"#!/bin/sh
here=HERE
step=${0##*/}
case $step in shifterimg) step=$1 ;; esac
if [ "$(cat "$here/kill" 2>/dev/null)" = "$step" ]; then
    echo > "$here/answers/reached"
    sleep 1
fi
NODES
"#;

impl Mom {
    /// The node, or nothing where nobody may make one.
    pub(crate) fn new() -> Option<Self> {
        if fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).ok() != Some(0) {
            println!("skipped: the scripts run as root and take on a user");
            return None;
        }
        let mom = Self { directory: tempfile::tempdir().expect("a directory") };
        fs::set_permissions(mom.path(""), fs::Permissions::from_mode(0o755)).expect("others may enter");
        for directory in ["bin", "prefix/bin", "prefix/sbin", "run/nscd", "home", "answers"] {
            fs::create_dir_all(mom.path(directory)).expect("made");
        }
        mom.write("run/nscd/passwd", "users");
        mom.write("run/nscd/group", "groups");
        mom.write(
            "passwd",
            &format!("root:x:0:0::/root:/bin/sh\nada:x:4242:4243::{}:/bin/sh\n", mom.path("home").display()),
        );
        mom.write("shadow", "root:*:19000:0:99999:7:::\nada:*:19000:0:99999:7:::\n");
        mom.write("group", "root:x:0:\nada:x:4243:\n");
        fs::set_permissions(mom.path("answers"), fs::Permissions::from_mode(0o777)).expect("users answer too");
        mom.write("calls", "");
        fs::set_permissions(mom.path("calls"), fs::Permissions::from_mode(0o666)).expect("users record too");
        std::os::unix::fs::chown(mom.path("home"), Some(4242), Some(4243)).expect("the user's home");
        mom.stub("bin/qstat", "cat \"$here/job\"");
        mom.stub("bin/pcmd", "echo \"pcmd $1 $2 $3 $4 | ${5##*/sbin/}\" >> \"$here/calls\"");
        mom.stub(
            "bin/xtxqtcmd",
            "eval \"set -- '$1' ${2##*/sbin/}\"
             nodes=$(tr '\\n' ' ' < \"$1\"); file=$1; shift
             echo \"xtxqtcmd $nodes| $*\" | sed 's/ssh-rsa [^ ]* /ssh-rsa KEY /' >> \"$here/calls\"
             [ -e \"$here/answers/$1\" ] && exec cat \"$here/answers/$1\"
             sed 's/.*/Reply (complete) from & exit code: 0/' \"$file\"",
        );
        mom.stub(
            "prefix/bin/shifterimg",
            "echo \"shifterimg $* as $(id -u)\" >> \"$here/calls\"
             [ \"$1\" = pull ] && exit 0
             [ -e \"$here/answers/$1\" ] && exec cat \"$here/answers/$1\"
             printf '%064d\\n' 0 | tr 0 a",
        );
        mom.render();
        Some(mom)
    }

    /// Blue Waters with everything below the directory.
    fn render(&self) {
        let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles/bluewaters.toml");
        let prefix = self.path("prefix").display().to_string();
        let text = fs::read_to_string(site).expect("the profile");
        let text = text.replace("/opt/cray/shifter/16.08.3", &prefix);
        let text = text.replace("/scratch/system/shifter/jobs", &self.path("spool").display().to_string());
        let bin = format!("{}/", self.path("bin").display());
        let text = text.replace("/opt/cray/nodehealth/default/bin/", &bin).replace("/opt/torque/default/bin/", &bin);
        self.write("site.toml", &text);
        let out = self.path("rendered").display().to_string();
        let status = Command::new(env!("CARGO_BIN_EXE_shifter-site"))
            .args(["render", "site.toml", "--out", &out, "--secrets", "placeholder", "--force"])
            .current_dir(self.path(""))
            .output()
            .expect("shifter-site runs");
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
        for name in ["cray-shifter-prologue", "cray-shifter-epilogue"] {
            let script = self.path(&format!("prefix/sbin/{name}"));
            fs::copy(self.path(&format!("rendered/wlm/{name}")), &script).expect("installed");
        }
    }

    fn stub(&self, name: &str, what: &str) {
        let text = STUB.replace("HERE", &self.path("").display().to_string()).replace("NODES", what);
        self.write(name, &text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("executable");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    pub(crate) fn prologue(&self, job: &Job) -> Ran {
        self.run("cray-shifter-prologue", job)
    }

    pub(crate) fn epilogue(&self, job: &Job) -> Ran {
        self.run("cray-shifter-epilogue", job)
    }

    fn run(&self, script: &str, job: &Job) -> Ran {
        let image = job.image.iter().map(|image| format!(",UDI={image}")).collect::<String>();
        let gres = if job.gres.is_empty() { String::new() } else { format!("    Resource_List.gres = {}\n", job.gres) };
        self.write(
            "job",
            &format!(
                "Job Id: {}\n    Job_Name = x\n{gres}    Resource_List.nodes = 2:ppn=16\n    \
                 Variable_List = PBS_O_QUEUE=normal,PBS_O_HOME=/home/ada{image},PBS_O_SHELL=/bin/bash\n",
                job.id
            ),
        );
        let set_up = "here=$1; shift; mount --bind $here/run /run && mount --bind $here/passwd /etc/passwd && \
                      mount --bind $here/group /etc/group && mount --bind $here/shadow /etc/shadow && cd $here && exec \"$@\"";
        let child = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", set_up, "sh"])
            .arg(self.path(""))
            .arg(self.path(&format!("prefix/sbin/{script}")))
            .args([job.id.as_str(), &job.user, "users", "name", "nodes=2:ppn=16", "normal", "account"])
            .env_clear()
            .envs([("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("NIDS", &job.nids)])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        self.kill_when_reached(script);
        let output = child.wait_with_output().expect("it ends");
        assert!(!self.path("PWNED").exists(), "{script} ran what the user wrote: {}", job.id);
        Ran { code: output.status.code().unwrap_or(-1), err: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// Every call of a stand-in, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).expect("recorded");
        calls.lines().map(str::to_owned).collect()
    }

    /// What a stand-in answers from now on.
    pub(crate) fn answers(&self, step: &str, text: &str) {
        self.write(&format!("answers/{step}"), text);
    }

    /// From now on the prologue gets `signal` at `step`; nothing with an empty name.
    pub(crate) fn kill_at(&self, step: &str, signal: &str) {
        self.write("kill", step);
        self.write("signal", signal);
    }

    fn kill_when_reached(&self, script: &str) {
        if fs::read_to_string(self.path("kill")).unwrap_or_default().is_empty() {
            return;
        }
        let (reached, start) = (self.path("answers/reached"), Instant::now());
        while !reached.exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "the step is never reached");
            std::thread::sleep(Duration::from_millis(5));
        }
        let signal = fs::read_to_string(self.path("signal")).expect("written");
        let whom = format!("^/bin/sh {}", self.path(&format!("prefix/sbin/{script}")).display());
        let status = Command::new("pkill").args([&format!("-{signal}"), "-f", &whom]).status().expect("pkill runs");
        assert!(status.success(), "nothing to kill");
        // What takes back must not be taken for the step.
        self.write("kill", "");
        fs::remove_file(reached).expect("there");
    }

    pub(crate) fn open_spool(&self) {
        fs::create_dir(self.path("spool")).expect("made");
        fs::set_permissions(self.path("spool"), fs::Permissions::from_mode(0o1777)).expect("opened");
    }

    /// The seeds in the spool, each with its mode.
    pub(crate) fn seeds(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("spool")) else { return Vec::new() };
        let named = |entry: fs::DirEntry| {
            let mode = entry.metadata().expect("there").permissions().mode() & 0o7777;
            format!("{} {mode:04o}", entry.file_name().to_string_lossy())
        };
        let mut seeds: Vec<String> = entries.map(|entry| named(entry.expect("readable"))).collect();
        seeds.sort();
        seeds
    }

    pub(crate) fn assert_nothing_is_left(&self) {
        assert!(self.seeds().is_empty(), "{:?}", self.seeds());
        let jobs = fs::read_dir(self.path("run/shifter-jobs")).map(Iterator::count).unwrap_or_default();
        assert_eq!(jobs, 0, "states of jobs are left");
    }
}
