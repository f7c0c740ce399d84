//! A session channel: what the client asks for before it starts something, and the program once it is started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use russh::server::{Handle, Msg};
use russh::{ChannelWriteHalf, Sig};
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::account::Account;
use crate::flow::{self, Feed, Flow};
use crate::leader;

pub(crate) mod ended;
pub(crate) mod terminal;

use terminal::{Master, Terminal, Wanted};

/// How many variables a client may send for a session, and how long one may be, in bytes.
const MOST_VARIABLES: usize = 256;
const LONGEST_VARIABLE: usize = 32 << 10;
/// The client's standard error, among the kinds of data (RFC 4254, 5.2).
const STDERR: u32 = 1;

/// What a session is to run.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// The user's shell, as at a login.
    Shell,
    /// A line for his shell.
    Line(OsString),
    /// File transfer.
    Sftp,
}

/// A session channel.
pub(crate) struct Session {
    write: ChannelWriteHalf<Msg>,
    client: Handle,
    variables: BTreeMap<OsString, OsString>,
    wanted: Option<Wanted>,
    running: Option<Running>,
}

/// A session whose program runs, or has run.
struct Running {
    feed: Option<Feed>,
    leader: Pid,
    master: Option<Arc<Master>>,
    /// Nobody takes the output any more when this is dropped.
    _open: oneshot::Sender<()>,
}

/// Where a session comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// The client's.
    pub(crate) client: SocketAddr,
    /// Ours.
    pub(crate) server: SocketAddr,
}

impl Session {
    pub(crate) fn new(write: ChannelWriteHalf<Msg>, client: Handle) -> Session {
        Session { write, client, variables: BTreeMap::new(), wanted: None, running: None }
    }

    /// A variable of the client's (`SendEnv`, `SetEnv`). Those that the loader or the login decides are not taken.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) -> bool {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_ours = name.starts_with("LD_") || ["HOME", "USER", "LOGNAME", "SHELL", "PATH"].contains(&name);
        let fits = name.len() + value.len() < LONGEST_VARIABLE && self.variables.len() < MOST_VARIABLES;
        let is_taken = is_name && !is_ours && fits && !value.contains('\0') && self.running.is_none();
        if is_taken {
            self.variables.insert(name.into(), value.into());
        }
        is_taken
    }

    pub(crate) fn want_terminal(&mut self, wanted: Wanted) -> bool {
        let is_first = self.wanted.is_none() && self.running.is_none();
        if is_first {
            self.wanted = Some(wanted);
        }
        is_first
    }

    pub(crate) fn resize(&self, size: rustix::termios::Winsize) {
        if let Some(master) = self.running.as_ref().and_then(|running| running.master.as_ref()) {
            master.resize(size);
        }
    }

    /// To all processes of the session's first group (RFC 4254, 6.9).
    pub(crate) fn signal(&self, signal: &Sig) {
        if let (Some(running), Some(signal)) = (&self.running, ended::number(signal)) {
            // Whose group is gone gets none.
            let _is_gone = rustix::process::kill_process_group(running.leader, signal);
        }
    }

    /// Where the client's bytes go.
    pub(crate) fn feed(&self) -> Option<&Feed> {
        self.running.as_ref()?.feed.as_ref()
    }

    /// The client has no more bytes.
    pub(crate) fn end_input(&mut self) {
        if let Some(running) = &mut self.running {
            running.feed = None;
        }
    }

    /// The client has closed the channel: a program with a terminal loses it, as at a hang-up.
    pub(crate) fn close(self) {
        let Some(running) = self.running else { return };
        if running.master.is_some() {
            let _is_gone = rustix::process::kill_process_group(running.leader, Signal::HUP);
        }
    }

    /// Starts the program of the session; there is one in the life of a session.
    pub(crate) fn start(&mut self, task: &Task, account: &Account, ends: Ends, flow: &Arc<Flow>) -> io::Result<()> {
        if self.running.is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let terminal = self.wanted.take().map(|wanted| Terminal::open(&wanted)).transpose()?;
        let mut command = command(task, account, terminal.is_some());
        command.envs(login_variables(account, ends));
        command.envs(&self.variables);
        if let Some(terminal) = &terminal {
            command.env("TERM", &terminal.kind).env("SSH_TTY", &terminal.path);
        }
        let (feed, inbound) = flow::channel(flow);
        let (open, closed) = oneshot::channel();
        let (client, channel) = (self.client.clone(), self.write.id());
        let (flow, out) = (Arc::clone(flow), self.write.make_writer());
        let (leader, master) = match terminal {
            Some(Terminal { master, slave, .. }) => {
                let end = || slave.try_clone().map(Stdio::from);
                command.stdin(end()?).stdout(end()?).stderr(end()?);
                let child = command.spawn()?;
                // ORDER: as long as an end of the terminal is open here, the other does not end.
                drop((slave, command));
                let (leader, master) = (pid(&child)?, Arc::new(master));
                let (input, output) = (Arc::clone(&master), Arc::clone(&master));
                let input = tokio::spawn(async move { input.write_all(inbound).await });
                tokio::spawn(async move {
                    let outputs = until(closed, flow::to_client(&flow, output.reader(), out));
                    let ((), ended) = tokio::join!(outputs, ended::wait(child));
                    input.abort();
                    ended::tell(&client, channel, ended).await;
                });
                (leader, Some(master))
            }
            None => {
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                let mut child = command.spawn()?;
                let err = self.write.make_writer_ext(Some(STDERR));
                let ends = (child.stdin.take(), child.stdout.take(), child.stderr.take());
                let (Some(mut stdin), Some(stdout), Some(stderr)) = ends else {
                    return Err(io::ErrorKind::BrokenPipe.into());
                };
                let leader = pid(&child)?;
                let input = tokio::spawn(async move {
                    let mut inbound = inbound;
                    // A program that does not read to the end is its own business.
                    let _ended = tokio::io::copy(&mut inbound, &mut stdin).await;
                });
                tokio::spawn(async move {
                    let outputs = async {
                        tokio::join!(flow::to_client(&flow, stdout, out), flow::to_client(&flow, stderr, err))
                    };
                    let ((), ended) = tokio::join!(until(closed, outputs), ended::wait(child));
                    input.abort();
                    ended::tell(&client, channel, ended).await;
                });
                (leader, None)
            }
        };
        self.running = Some(Running { feed: Some(feed), leader, master, _open: open });
        Ok(())
    }
}

/// Does something until nobody wants it any more; what it had is dropped then, so that a program that goes on writing
/// learns of it.
pub(crate) async fn until<T>(closed: oneshot::Receiver<()>, work: impl Future<Output = T>) {
    tokio::select! {
        _done = work => {}
        _dropped = closed => {}
    }
}

fn pid(child: &Child) -> io::Result<Pid> {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    pid.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The program, started through [`leader`].
fn command(task: &Task, account: &Account, has_terminal: bool) -> Command {
    let shell = account.shell_of_image();
    let name = shell.file_name().unwrap_or(shell.as_os_str());
    let mut command = Command::new(leader::OURSELVES);
    command.arg(leader::WORD).args(has_terminal.then_some(leader::WITH_TERMINAL)).arg(std::process::id().to_string());
    match task {
        Task::Shell => {
            let mut login = OsString::from("-");
            login.push(name);
            command.arg(shell).arg(login);
        }
        Task::Line(line) => {
            command.arg(shell).arg(name).arg("-c").arg(line);
        }
        Task::Sftp => {
            command.arg(leader::OURSELVES).arg("shifter-sshd").arg(crate::sftp::WORD);
        }
    }
    command.current_dir(account.home_of_image());
    command
}

/// What sshd(8) sets at a login; all else is the environment that the daemon was started with, the container's.
fn login_variables(account: &Account, Ends { client, server }: Ends) -> Vec<(&'static str, OsString)> {
    let home = account.home.clone().into_os_string();
    let shell = Path::new(account.shell_of_image()).into();
    vec![
        ("HOME", home),
        ("USER", account.name.clone().into()),
        ("LOGNAME", account.name.clone().into()),
        ("SHELL", shell),
        ("SSH_CLIENT", format!("{} {} {}", client.ip(), client.port(), server.port()).into()),
        ("SSH_CONNECTION", format!("{} {} {} {}", client.ip(), client.port(), server.ip(), server.port()).into()),
    ]
}
