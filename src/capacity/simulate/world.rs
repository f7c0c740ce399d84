//! One launch at work: what each start does next.

use super::clock::Clock;
use super::collector;
use super::directory::Connections;
use super::gateway::{Desk, Knock, Question};
use super::outcome::{Outcome, Spread};
use super::random::Random;
use super::scenario::{Lookup, Scenario, Time};
use super::store::{Servers, VISITS};

/// What happens at some time.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A start begins.
    Begins(u32),
    /// A client sends a connection request, the first or a repeated one.
    Knocks(Question, u32),
    /// A gateway has an answer.
    Answers(u32, Question),
    /// A client's patience with a gateway ends.
    GivesUp(Question),
    /// The image is known; who is the user?
    AsksDirectory(u32),
    /// A start asks the store of images, for the how-manieth time.
    Visits(u32, u32),
    /// The store's names are known; the node reads the image and builds the container.
    Builds(u32),
    /// The command runs.
    Runs,
}

/// One container on its way.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    /// When it asked a gateway.
    asked: Time,
    /// Gateways that it has given up.
    attempt: u32,
    /// The gateway that it asks.
    place: u32,
    /// Whether it waits for an answer of that attempt.
    is_asking: bool,
}

pub(super) struct World<'a> {
    scenario: &'a Scenario,
    seed: u64,
    clock: Clock<Event>,
    starts: Vec<Start>,
    desks: Vec<Desk>,
    directory: Option<Connections>,
    store: Servers,
    answered: Vec<Time>,
    ready: Vec<Time>,
    told: Outcome,
}

/// When each node begins.
pub(super) fn begins(scenario: &Scenario, seed: u64) -> impl Iterator<Item = Time> {
    let mut random = Random::new(seed);
    (0..scenario.nodes)
        .map(move |node| collector::told_at(&scenario.launch, node) + random.exponential(scenario.launch.lag))
}

impl<'a> World<'a> {
    pub(super) fn new(scenario: &'a Scenario, seed: u64) -> Self {
        let count = u32::try_from(scenario.starts()).unwrap_or(u32::MAX);
        let mut clock = Clock::new();
        for (node, at) in (0..).zip(begins(scenario, seed)) {
            for one in 0..scenario.per_node {
                clock.at(at, Event::Begins(node * scenario.per_node + one));
            }
        }
        let desks = scenario
            .lookup
            .iter()
            .flat_map(|lookup| std::iter::repeat_with(|| Desk::new(&lookup.gateway)).take(lookup.endpoints as usize));
        Self {
            scenario,
            seed,
            clock,
            starts: vec![Start::default(); count as usize],
            desks: desks.collect(),
            directory: scenario.directory.as_ref().map(Connections::new),
            store: Servers::new(&scenario.store),
            answered: Vec::new(),
            ready: Vec::new(),
            told: Outcome { starts: scenario.starts(), ..Outcome::default() },
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        while let Some(event) = self.clock.next() {
            self.happens(event);
        }
        if let Some(gather) = &self.scenario.launch.gather {
            // A start that fails answers too; that it answers at once changes nothing for those that wait.
            let last_told = collector::told_at(&self.scenario.launch, self.scenario.nodes.saturating_sub(1));
            let mut answers = self.ready.clone();
            answers.resize(self.scenario.nodes as usize, last_told);
            self.told.prologue = Some(collector::gather(gather, &mut answers, last_told));
        }
        self.told.lookups = self.desks.iter().map(|desk| desk.answered).sum();
        self.told.longest_queue = self.desks.iter().map(|desk| desk.longest).max().unwrap_or(0);
        self.told.store_requests = self.store.requests;
        if let Some(directory) = &self.directory {
            (self.told.connections, self.told.no_user) = (directory.most, u64::from(directory.refused));
        }
        self.told.ready = Spread::of(&mut self.ready);
        self.told.answered = Spread::of(&mut self.answered);
        self.told
    }

    fn happens(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Begins(start) => match &self.scenario.lookup {
                Some(lookup) => {
                    let question = Question { start, attempt: 0 };
                    self.starts[start as usize].asked = now + lookup.client.before;
                    self.asks(lookup, question, now + lookup.client.before);
                }
                None => self.clock.at(now, Event::AsksDirectory(start)),
            },
            Event::Knocks(question, tries) => self.knocks(question, tries),
            Event::Answers(desk, question) => self.answers(desk, question),
            Event::GivesUp(question) => self.gives_up(question),
            Event::AsksDirectory(start) => {
                let wait = match (&mut self.directory, &self.scenario.directory) {
                    (Some(connections), Some(directory)) => connections.open().then_some(directory.query),
                    _ => Some(0),
                };
                if let Some(wait) = wait {
                    self.clock.at(now + wait, Event::Visits(start, 0));
                }
            }
            Event::Visits(start, nth) => {
                let done = self.store.visit(now, nth);
                let next = if nth + 1 < VISITS { Event::Visits(start, nth + 1) } else { Event::Builds(start) };
                self.clock.at(done, next);
            }
            Event::Builds(start) => {
                let done = self.builds(start, now);
                self.clock.at(done, Event::Runs);
            }
            Event::Runs => {
                self.ready.push(now);
                if let Some(directory) = &mut self.directory {
                    directory.close();
                }
            }
        }
    }

    /// A client turns to the next gateway of its own order.
    fn asks(&mut self, lookup: &Lookup, question: Question, at: Time) {
        let place = Random::of(self.seed, question.start).nth(question.attempt, lookup.endpoints);
        let start = &mut self.starts[question.start as usize];
        (start.attempt, start.place, start.is_asking) = (question.attempt, place, true);
        self.clock.at(at, Event::Knocks(question, 0));
        if let Some(timeout) = lookup.client.timeout {
            self.clock.at(at + timeout, Event::GivesUp(question));
        }
    }

    fn is_current(&self, question: Question) -> bool {
        let start = self.starts[question.start as usize];
        start.is_asking && start.attempt == question.attempt
    }

    fn knocks(&mut self, question: Question, tries: u32) {
        let Some(lookup) = &self.scenario.lookup else { return };
        if !self.is_current(question) {
            return;
        }
        let now = self.clock.now();
        let place = self.starts[question.start as usize].place;
        match self.desks[place as usize].knock(question) {
            Knock::Begun(span) => self.clock.at(now + span, Event::Answers(place, question)),
            Knock::Waits => {}
            Knock::Dropped => {
                self.told.dropped += 1;
                let again = now + lookup.client.wait(tries);
                let next = if tries < lookup.client.retries {
                    Event::Knocks(question, tries + 1)
                } else {
                    Event::GivesUp(question)
                };
                self.clock.at(again, next);
            }
        }
    }

    fn answers(&mut self, place: u32, question: Question) {
        let now = self.clock.now();
        if let Some((next, span)) = self.desks[place as usize].done() {
            self.clock.at(now + span, Event::Answers(place, next));
        }
        if self.is_current(question) {
            let start = &mut self.starts[question.start as usize];
            start.is_asking = false;
            self.answered.push(now - start.asked);
            self.clock.at(now, Event::AsksDirectory(question.start));
        }
    }

    fn gives_up(&mut self, question: Question) {
        let Some(lookup) = &self.scenario.lookup else { return };
        if !self.is_current(question) {
            return;
        }
        if question.attempt + 1 < lookup.endpoints {
            let next = Question { attempt: question.attempt + 1, ..question };
            self.asks(lookup, next, self.clock.now());
        } else {
            self.starts[question.start as usize].is_asking = false;
            self.told.no_lookup += 1;
        }
    }

    /// When the container is built: the first of a node reads the image, and no more are built at once than the node has cores.
    fn builds(&mut self, start: u32, now: Time) -> Time {
        let turn = start % self.scenario.per_node.max(1);
        if turn == 0 {
            self.store.read(now) + self.scenario.setup
        } else {
            now + self.scenario.further_setup * u64::from(turn / self.scenario.cores.max(1) + 1)
        }
    }
}
