//! What is simulated, in numbers alone.

/// A time or a span of time: nanoseconds.
pub type Time = u64;

/// One launch of containers on all nodes of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Nodes of the job.
    pub nodes: u32,
    /// Containers that start on one node at the same time.
    pub per_node: u32,
    /// How nodes are told to start, and how the answers come back.
    pub launch: Launch,
    /// Whom a start asks for its image; none where the answer lies in a file.
    pub lookup: Option<Lookup>,
    /// Whom a start asks for the user's groups; none where the node knows.
    pub directory: Option<Directory>,
    /// What a start asks of the store of images.
    pub store: Store,
    /// What building the container costs on the node itself.
    pub setup: Time,
    /// What a further container costs on the same node, with the image in use.
    pub further_setup: Time,
    /// How many containers a node builds at the same time.
    pub cores: u32,
}

/// A tool that starts something on all nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// How many nodes each node passes the word to.
    pub width: u32,
    /// What passing it on takes.
    pub hop: Time,
    /// How much later than told a node starts: the mean of an exponential distribution.
    pub lag: Time,
    /// The prologue that waits for all nodes; none where nobody waits.
    pub gather: Option<Gather>,
}

/// A prologue that runs commands on all nodes from one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Gather {
    /// What taking one node's answer costs, one after the other.
    pub each: Time,
    /// Commands that are run on all nodes before the one that starts the container.
    pub before: u32,
    /// The workload manager ends the prologue then; none: never.
    pub limit: Option<Time>,
}

/// The gateways and how they are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// How many a client knows.
    pub endpoints: u32,
    /// What each of them is.
    pub gateway: Gateway,
    /// How a client asks.
    pub client: Client,
}

/// One gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    /// What an answer costs it.
    pub service: Time,
    /// Answers it works on at the same time.
    pub servers: u32,
    /// Connections that may wait for it; what comes when as many wait is dropped without a word (listen(2)).
    pub room: u32,
}

/// A client's patience.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// What it does before it connects: a program is started, a credential is made.
    pub before: Time,
    /// How long it waits before it repeats a connection request that nobody answers; twice as long each time (tcp(7)).
    pub first_retry: Time,
    /// How many waits are as long as the first before they double (tcp_syn_linear_timeouts, Linux 6.5).
    pub even_retries: u32,
    /// How often it repeats it.
    pub retries: u32,
    /// How long it waits for one gateway in all; none: as long as the connection lasts.
    pub timeout: Option<Time>,
}

/// A directory service.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Connections it has for these nodes; a further one gets no answer, and the start fails.
    pub connections: u32,
    /// How long its answers take. The connection stays until the start is done.
    pub query: Time,
}

/// The file system that images lie on.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Requests for names and attributes of one container's start.
    pub requests: u32,
    /// Such requests that it answers in a second, for all nodes together.
    pub per_second: u32,
    /// What one request takes when nobody else asks.
    pub latency: Time,
    /// Bytes of the image that a node reads until the command runs.
    pub read: u64,
    /// Bytes of one file that it sends in a second, to all nodes together.
    pub bytes_per_second: u64,
}

impl Client {
    /// How long it waits for an answer to its request after so many repetitions.
    #[must_use]
    pub fn wait(&self, repeated: u32) -> Time {
        self.first_retry.saturating_mul(1 << repeated.saturating_sub(self.even_retries).min(32))
    }
}

impl Scenario {
    /// Containers of the whole launch.
    #[must_use]
    pub fn starts(&self) -> u64 {
        u64::from(self.nodes) * u64::from(self.per_node)
    }
}
