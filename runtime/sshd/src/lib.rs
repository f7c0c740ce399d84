//! The sshd of a job's container: `ssh` to another node of the job arrives in the job's container there.
//!
//! It has no privilege at all. `setupRoot -s KEY` starts it in the container that it has made, as the user, with
//! everything given up; for root it refuses to run. What it does is told in this order:
//!
//! * [`cli`]: `serve`, which is all of the below, and `new-keys`,
//! * [`keys`]: whom it knows, and whom it is known by,
//! * [`account`]: the user's name, home and shell,
//! * [`keeper`]: the outer process, which leaves nothing behind,
//! * [`daemon`]: the inner one, which listens,
//! * `connection`: one client, logged in by the job's key; `session`, `leader`, `sftp` and `forward`: what he may do,
//! * `flow`: how many bytes may wait on the way.
//!
//! # Keys
//!
//! Nobody is believed at first sight. A job has two key pairs of its own, made where it is submitted by the user's own
//! process (`shifter-sshd new-keys`): one that the user logs in with, one that all hosts of the job are known by. They
//! lie in `~/.udiRoot/ssh/<SHA-256 of the public key>/`, which only the user can read. `setupRoot -s` is told the public
//! key, and with the rights of the user it takes the four files over into the container's own memory, where again only
//! he can read them; so neither a client nor the daemon needs his home in the container. The daemon reads the public key
//! and the host's private one there, a client the other two, by the `/etc/ssh/ssh_config` that `setupRoot` lays beside
//! them.
//!
//! One key for all hosts of a job says the same as one for each: whoever has either is the user, on a node that he has
//! alone. A key of each host's own would have to reach all other hosts before the first log-in, by a way that itself
//! needs trust. Another job has other keys, so neither lets anybody in there, nor passes for one of its hosts.
//!
//! # Life
//!
//! Where the kernel has PID namespaces, `setupRoot` starts the keeper as the first process of one. It ends with it, and
//! everything below it by SIGKILL of the kernel, whoever ends it and however. Without one (a start by hand, or by a
//! workload manager's own step) the keeper collects what loses its parent, and ends it. Sessions end with the daemon
//! (`PR_SET_PDEATHSIG`), the daemon with the keeper.
//!
//! # What is left out
//!
//! Passwords, other users, agents, X11, sockets of Unix, compression, certificates. Names of hosts are not looked for
//! beyond `/etc/hosts`.

pub mod account;
pub mod cli;
mod connection;
pub mod daemon;
mod flow;
mod forward;
pub mod keeper;
pub mod keys;
mod leader;
mod names;
mod session;
mod sftp;
mod silent;
