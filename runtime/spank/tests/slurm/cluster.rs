//! A small cluster of Slurm: munged, slurmctld and three slurmd, each in mount, name and network namespaces of its own.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::ground::{self, ALICE, PREFIX, at, must, write};
use crate::images::{self, Gateway};

pub(crate) const NODES: u32 = 3;
/// No single command of a test takes longer.
const LONGEST: &str = "60";

pub(crate) struct Cluster {
    nodes: Vec<Child>,
    pub(crate) gateway: Option<Gateway>,
    /// The identity of `hello:1`.
    pub(crate) hello: String,
    _daemons: Vec<Child>,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}\n{}", logs());
        self.out
    }

    #[track_caller]
    pub(crate) fn fails(self) -> String {
        assert_ne!(self.code, Some(0), "{self:#?}");
        self.err
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// The end of each log.
pub(crate) fn logs() -> String {
    let mut shown = String::new();
    for entry in fs::read_dir(at("log")).expect("logs").flatten() {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(25)..].join("\n");
        shown += &format!("== {}\n{end}\n", entry.file_name().to_string_lossy());
    }
    shown
}

/// Whether something becomes true in a while.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}\n{}", logs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Cluster {
    pub(crate) fn start() -> Cluster {
        ground::lay();
        let hello = images::publish("hello", "1", &[]);
        images::publish("other", "1", &[]);
        must("ip", &["link", "set", "lo", "up"]);
        must("ip", &["link", "add", "br0", "type", "bridge"]);
        must("ip", &["addr", "add", "10.77.0.1/24", "dev", "br0"]);
        must("ip", &["link", "set", "br0", "up"]);
        must("hostname", &["ctl"]);
        let mut hosts = "127.0.0.1 localhost\n10.77.0.1 ctl\n".to_owned();
        (1..=NODES).for_each(|nth| hosts += &format!("10.77.0.{} n{nth}\n", 10 + nth));
        fs::write("/etc/hosts", hosts).expect("written");
        let mut cluster =
            Cluster { nodes: Vec::new(), gateway: Some(Gateway::start()), hello, _daemons: vec![munged()] };
        plugstack("required", "");
        udiroot("");
        slurm_conf("");
        cluster._daemons.push(daemon("slurmctld", Command::new("slurmctld").args(["-D", "-c", "-f", CONF])));
        cluster.nodes = (1..=NODES).map(boot).collect();
        cluster.until_idle();
        for image in ["hello:1", "other:1"] {
            cluster.as_alice(&[&format!("{PREFIX}/bin/shifterimg"), "pull", image]).ok();
        }
        cluster
    }

    /// Before each test: every node idle, the usual configuration, a gateway.
    pub(crate) fn as_it_was(&mut self) {
        plugstack("required", "");
        udiroot("");
        if self.gateway.is_none() {
            self.gateway = Some(Gateway::start());
        }
        self.until_idle();
    }

    /// Runs a command on the login node as root.
    pub(crate) fn run(&self, words: &[&str]) -> Said {
        command(words).output().expect("timeout of coreutils").into()
    }

    /// Runs a command on the login node as alice.
    pub(crate) fn as_alice(&self, words: &[&str]) -> Said {
        self.alice(words).output().expect("timeout of coreutils").into()
    }

    /// The command of [`Self::as_alice`], for one that goes on.
    pub(crate) fn alice(&self, words: &[&str]) -> Command {
        let mut command = command(words);
        command.uid(ALICE).gid(ALICE).env("HOME", "/srv/home").env("USER", "alice");
        command
    }

    /// Submits a script as alice; the number of the job.
    pub(crate) fn sbatch(&self, words: &[&str], script: &str) -> Submitted {
        let first = if script.starts_with("#!") { "" } else { "#!/bin/sh\n" };
        let path = write("out/script", format!("{first}{script}\n"), 0o755);
        let path = path.display().to_string();
        let all = [&["sbatch", "--parsable", "--output=/srv/out/%j"], words, &[path.as_str()]].concat();
        Submitted(self.as_alice(&all))
    }

    /// What a job printed, when it has ended.
    #[track_caller]
    pub(crate) fn output(&self, job: &str) -> String {
        self.until_ended(job);
        fs::read_to_string(at(&format!("out/{job}"))).unwrap_or_default()
    }

    /// Waits until a job has ended on all its nodes.
    #[track_caller]
    pub(crate) fn until_ended(&self, job: &str) {
        until("the job ends", || {
            let shown = self.run(&["squeue", "-h", "-j", job, "-t", "all", "-o", "%T"]);
            let ended = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL"];
            shown.code != Some(0) || shown.out.trim().is_empty() || ended.contains(&shown.out.trim())
        });
    }

    /// The state of a job, as squeue names it.
    pub(crate) fn state(&self, job: &str) -> String {
        self.run(&["squeue", "-h", "-j", job, "-t", "all", "-o", "%T"]).out.trim().to_owned()
    }

    /// The states of all nodes, in their order.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let shown = self.run(&["sinfo", "-h", "-N", "-p", "main", "-o", "%T"]).out;
        shown.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    pub(crate) fn until_idle(&self) {
        until("all nodes are idle", || self.nodes() == ["idle"; NODES as usize]);
    }

    /// Runs a shell script as root on a node.
    pub(crate) fn on_node(&self, nth: u32, script: &str) -> Said {
        let pid = self.nodes[nth as usize - 1].id().to_string();
        self.run(&["nsenter", "-t", &pid, "-m", "-u", "-n", "--", "sh", "-c", script])
    }

    /// What is mounted of containers on a node.
    pub(crate) fn mounted(&self, nth: u32) -> usize {
        let table = self.on_node(nth, "grep -c ' /srv/udi' /proc/self/mountinfo || :").out;
        table.trim().parse().expect("a count")
    }

    /// A node loses its power, in effect: nothing of Slurm is left on it, and its mounts stay.
    pub(crate) fn lose(&mut self, nth: u32, body: impl FnOnce(&Cluster)) {
        let index = nth as usize - 1;
        let pid = self.nodes[index].id().to_string();
        // Something keeps the namespaces, as a node that was only cut off would.
        let mut keeper = Command::new("nsenter")
            .args(["-t", &pid, "-m", "-u", "-n", "--", "sleep", "1000"])
            .spawn()
            .expect("nsenter of util-linux");
        until("it is there", || is_called(&keeper, "sleep"));
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/mnt")).ok();
        let own = of(&pid);
        for entry in fs::read_dir("/proc").expect("processes").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_there = own.is_some() && of(&name) == own && name != keeper.id().to_string();
            if let Some(pid) = name.parse().ok().filter(|_| is_there) {
                let _ended_already = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        let _ended = self.nodes[index].wait();
        body(self);
        let mut slurmd = Command::new("nsenter");
        let keeper_pid = keeper.id().to_string();
        let name = format!("n{nth}");
        slurmd.args(["-t", &keeper_pid, "-m", "-u", "-n", "--", "slurmd", "-D", "-N", &name, "-f", CONF]);
        self.nodes[index] = daemon(&format!("slurmd-{name}-again"), &mut slurmd);
        until("slurmd is there", || is_called(&self.nodes[index], "slurmd"));
        let _ended_already = keeper.kill();
        let _ended = keeper.wait();
    }
}

/// Whether a process has become this program.
fn is_called(process: &Child, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/comm", process.id())).is_ok_and(|comm| comm.trim() == name)
}

/// What became of a submission.
pub(crate) struct Submitted(pub(crate) Said);

impl Submitted {
    #[track_caller]
    pub(crate) fn job(self) -> String {
        self.0.ok().trim().to_owned()
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.arg(LONGEST).args(words).env_clear().current_dir("/srv/out").stdin(Stdio::null());
    command.env("PATH", format!("{PREFIX}/bin:{}", crate::inside::PATH)).env("SLURM_CONF", CONF);
    command
}

fn daemon(name: &str, command: &mut Command) -> Child {
    let log = fs::File::create(at(&format!("log/{name}"))).expect("a log");
    command.env_clear().env("PATH", crate::inside::PATH).current_dir("/").stdin(Stdio::null());
    command.stdout(log.try_clone().expect("the same")).stderr(log).spawn().expect("a daemon")
}

fn munged() -> Child {
    write("munge/key", [7_u8; 1024], 0o400);
    let words = ["--foreground", "--force", "--key-file=/srv/munge/key", "--socket=/srv/munge/socket"];
    let files = ["--pid-file=/srv/munge/pid", "--log-file=/srv/munge/log", "--seed-file=/srv/munge/seed"];
    fs::set_permissions(at("munge"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours");
    let child = daemon("munged", Command::new("munged").args(words).args(files));
    until("munged listens", || at("munge/socket").exists());
    child
}

/// A node: it waits for its end of the cable, and has what Slurm and containers leave on a node for itself.
fn boot(nth: u32) -> Child {
    let script = "hostname n$1; mount -t tmpfs -o mode=755 none /run; mkdir -p /run/shifter
until ip link set eth0 up 2>/dev/null; do sleep .02; done
ip link set lo up; ip addr add 10.77.0.$((10+$1))/24 dev eth0
exec slurmd -D -N n$1 -f $2";
    let number = nth.to_string();
    let child = daemon(
        &format!("slurmd-n{nth}"),
        Command::new("unshare")
            .args(["--mount", "--uts", "--net", "--propagation", "slave", "--", "sh", "-euc", script, "sh"])
            .args([&number, CONF]),
    );
    let (own, peer) = (format!("v{nth}"), child.id().to_string());
    until("the node has a network namespace", || {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        of(&peer).is_some_and(|its| Some(its) != of("self"))
    });
    must("ip", &["link", "add", &own, "type", "veth", "peer", "name", "eth0", "netns", &peer]);
    must("ip", &["link", "set", &own, "master", "br0", "up"]);
    child
}

const CONF: &str = "/srv/slurm/slurm.conf";

/// Writes slurm.conf, with these lines more.
pub(crate) fn slurm_conf(more: &str) {
    let cpus = std::thread::available_parallelism().expect("a count");
    let mut text = format!(
        "ClusterName=rig\nSlurmctldHost=ctl(10.77.0.1)\nSlurmUser=root\nSlurmdUser=root\nAuthType=auth/munge\n\
         AuthInfo=socket=/srv/munge/socket\nCredType=cred/munge\nStateSaveLocation=/srv/slurm/state\n\
         SlurmdSpoolDir=/srv/slurm/spool/%n\nSlurmctldPidFile=/srv/slurm/ctld.pid\nSlurmdPidFile=/srv/slurm/d.%n.pid\n\
         PlugStackConfig=/srv/slurm/plugstack.conf\nPrologFlags=Alloc,Contain\nProctrackType=proctrack/linuxproc\n\
         TaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n\
         SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\nSwitchType=switch/none\nMpiDefault=none\n\
         ReturnToService=2\nMailProg=/bin/true\nKillWait=2\nSlurmdTimeout=300\nMessageTimeout=30\nMinJobAge=300\n\
         InactiveLimit=0\nJobSubmitPlugins=lua\nRebootProgram=/bin/true\nSlurmctldDebug=verbose\nSlurmdDebug=verbose\n{more}"
    );
    for nth in 1..=NODES {
        let address = 10 + nth;
        text += &format!("NodeName=n{nth} NodeAddr=10.77.0.{address} CPUs={cpus} RealMemory=64 State=UNKNOWN\n");
    }
    text += "PartitionName=main Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP OverSubscribe=EXCLUSIVE\n\
             PartitionName=shared Nodes=n[1-3] MaxTime=INFINITE State=UP OverSubscribe=NO\n";
    write("slurm/slurm.conf", text, 0o644);
    write("slurm/cgroup.conf", "CgroupPlugin=cgroup/v1\n", 0o644);
    let hold = include_str!("../../../../templates/slurm/shifter_hold.lua").replace("{{ source }}", "rig.toml");
    write("slurm/job_submit.lua", hold, 0o644);
}

/// Writes the line that loads the plugin; every process of Slurm reads it anew.
pub(crate) fn plugstack(need: &str, arguments: &str) {
    let line = format!("{need} {PREFIX}/lib/shifter_slurm.so {arguments}\n");
    write("slurm/plugstack.conf", line, 0o644);
}

/// Writes udiRoot.conf, with these lines more.
pub(crate) fn udiroot(more: &str) {
    let text = format!(
        "system=rig\nudiRootPath={PREFIX}\nudiMount=/srv/udi\nloopMount=/srv/loop\nimagePath=/srv/images\n\
         etcPath=/srv/etc\nimageGateway=unix:/srv/gateway.sock\nmountUdiRootWritable=1\nmaxGroupCount=31\n\
         siteFs=/srv/out:/srv/out;/srv/scratch:/scratch\n{more}\n"
    );
    let path = std::path::Path::new("/etc/shifter/udiRoot.conf");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("ours");
}
